{{/*
Values that no schema can judge alone: what is missing, and what contradicts something else. Each
template returns lines of faults.
*/}}

{{- define "waybill.faults" -}}
{{ include "waybill.faultsOfConnections" . }}
{{ include "waybill.faultsOfKafka" . }}
{{ include "waybill.faultsOfRoutes" . }}
{{- range $name, $service := include "waybill.services" . | fromJson }}
{{- $of := dict "root" $ "service" $service "at" (printf "services.%s" $name) }}
{{- if $service.enabled }}
{{ include "waybill.faultsOfSettings" $of }}
{{ include "waybill.faultsOfTokens" $of }}
{{ include "waybill.faultsOfScaling" $of }}
{{ include "waybill.faultsOfStopping" $of }}
{{- end }}
{{- if and $service.enabled $service.values.upstream }}
services.{{ $name }}.upstream says that it runs elsewhere: set services.{{ $name }}.enabled to false.
{{- end }}
{{- end }}
{{- end -}}

{{- define "waybill.faultsOfConnections" -}}
{{- $values := .Values }}
{{- if not $values.image.repository }}
image.repository is not set: the registry and name of the image.
{{- end }}
{{- $without := list }}
{{- range $name, $service := include "waybill.enabledServices" . | fromJson }}
{{- if and $service.facts.database (not (include "waybill.databaseSecret" (dict "root" $ "service" $service) | fromJson).name) }}
{{- $without = append $without $name }}
{{- end }}
{{- end }}
{{- if $without }}
database.existingSecret is not set, nor services.NAME.database.existingSecret of {{ join ", " $without }}: a Secret with the address of each database.
{{- end }}
{{- with $values.access }}
{{- if not (or .issuer .existingSecret) }}
access.issuer is not set, nor access.existingSecret: who may call.
{{- end }}
{{- if and .issuer .existingSecret }}
access.issuer and access.existingSecret exclude each other: set one of them.
{{- end }}
{{- if and .issuer (not .audience) }}
access.issuer needs access.audience.
{{- end }}
{{- if and .ca.existingSecret (not .issuer) }}
access.ca.existingSecret needs access.issuer.
{{- end }}
{{- end }}
{{- with $values.tracing }}
{{- if and .headers.existingSecret (not (hasPrefix "https://" .otlpEndpoint)) }}
tracing.headers.existingSecret needs an https address in tracing.otlpEndpoint: headers are secrets.
{{- end }}
{{- if and .ca.existingSecret (not (hasPrefix "https://" .otlpEndpoint)) }}
tracing.ca.existingSecret needs an https address in tracing.otlpEndpoint.
{{- end }}
{{- end }}
{{- if and $values.tls.ca.existingSecret (not $values.tls.existingSecret) }}
tls.ca.existingSecret needs tls.existingSecret.
{{- end }}
{{- if and (not $values.serviceAccount.create) $values.serviceAccount.annotations }}
serviceAccount.annotations needs serviceAccount.create.
{{- end }}
{{- end -}}

{{- define "waybill.faultsOfKafka" -}}
{{- $kafka := .Values.kafka }}{{- $security := $kafka.security }}{{- $strimzi := .Values.strimzi }}
{{- $protocol := printf "kafka.security.protocol is %s, and" $security.protocol }}
{{- if not $kafka.bootstrapServers }}
kafka.bootstrapServers is not set: host:port of one or more brokers.
{{- end }}
{{- if hasPrefix "SASL_" $security.protocol }}
{{- if not (or $security.existingSecret $strimzi.users (eq $security.mechanism "OAUTHBEARER")) }}
{{ $protocol }} kafka.security.existingSecret is not set: a Secret with the passwords.
{{- end }}
{{- if and (has $security.mechanism (list "PLAIN" "OAUTHBEARER")) (eq $security.protocol "SASL_PLAINTEXT") }}
{{ $protocol }} kafka.security.mechanism is {{ $security.mechanism }}, which sends the secret: use SASL_SSL or SCRAM.
{{- end }}
{{- if and $strimzi.users (ne $security.mechanism "SCRAM-SHA-512") }}
strimzi.users is on, and kafka.security.mechanism is {{ $security.mechanism }}: Strimzi has SCRAM-SHA-512.
{{- end }}
{{- else if $security.existingSecret }}
{{ $protocol }} kafka.security.existingSecret is set: passwords need SASL_SSL or SASL_PLAINTEXT.
{{- end }}
{{- if not (hasSuffix "SSL" $security.protocol) }}
{{- range $group := list "ca" "certificate" }}
{{- if (get $security $group).existingSecret }}
{{ $protocol }} kafka.security.{{ $group }}.existingSecret is set: it needs SSL or SASL_SSL.
{{- end }}
{{- end }}
{{- end }}
{{- if and $strimzi.users (not (or (hasPrefix "SASL_" $security.protocol) $security.certificate.existingSecret)) }}
strimzi.users is on, and kafka.security.protocol is {{ $security.protocol }}: users need SASL, or certificates.
{{- end }}
{{- if and $strimzi.users $strimzi.namespace (hasPrefix "SASL_" $security.protocol) (not $security.existingSecret) }}
strimzi.namespace is set, and kafka.security.existingSecret is not: the Secrets of strimzi.users are in that namespace.
{{- end }}
{{- if and (or $strimzi.topics $strimzi.users) (not $strimzi.cluster) }}
strimzi.{{ ternary "topics" "users" $strimzi.topics }} needs strimzi.cluster: the name of the Kafka resource.
{{- end }}
{{- end -}}

{{/* OAUTHBEARER takes tokens from one place. */}}
{{- define "waybill.faultsOfTokens" -}}
{{- $security := .root.Values.kafka.security }}{{- $values := .service.values }}
{{- $file := hasKey $values.files "WAYBILL_KAFKA_SASL_TOKEN_FILE" }}
{{- $endpoint := hasKey $values.env "WAYBILL_KAFKA_SASL_TOKEN_ENDPOINT" }}
{{- if and .service.hasEvents (hasPrefix "SASL_" $security.protocol) (eq $security.mechanism "OAUTHBEARER") }}
{{- if eq $file $endpoint }}
kafka.security.mechanism is OAUTHBEARER, and {{ .at }} needs either files.WAYBILL_KAFKA_SASL_TOKEN_FILE or env.WAYBILL_KAFKA_SASL_TOKEN_ENDPOINT.
{{- end }}
{{- if and $endpoint (not $security.existingSecret) }}
{{ .at }}.env.WAYBILL_KAFKA_SASL_TOKEN_ENDPOINT needs kafka.security.existingSecret: the secret of the client.
{{- end }}
{{- else if or $file $endpoint }}
{{ .at }} has tokens for Kafka, and kafka.security.mechanism is not OAUTHBEARER over SASL_SSL.
{{- end }}
{{- end -}}

{{- define "waybill.faultsOfRoutes" -}}
{{- if and .Values.ingress.enabled (not .Values.ingress.host) }}
ingress.enabled needs ingress.host.
{{- end }}
{{- if and .Values.httpRoute.enabled (not .Values.httpRoute.parentRefs) }}
httpRoute.enabled needs httpRoute.parentRefs: the Gateways.
{{- end }}
{{- end -}}

{{/* Required settings that are not there, and mounts without a source or with two. */}}
{{- define "waybill.faultsOfSettings" -}}
{{- $at := .at }}{{- $values := .service.values }}
{{- $env := include "waybill.env" . | fromJson }}
{{- $groups := dict "value" "env" "secret" "secrets" "file" "files" "folder" "folders" }}
{{- range $setting, $facts := .service.facts.settings }}
{{- if and $facts.required (not (or (hasKey $env $setting) (hasKey $env (printf "%s_FILE" $setting)))) }}
{{- if not (has $setting (list "WAYBILL_ACCESS" "WAYBILL_DATABASE_URL" "WAYBILL_KAFKA_BOOTSTRAP_SERVERS")) }}
{{ $at }}.{{ get $groups $facts.kind }}.{{ $setting }} is not set.
{{- end }}
{{- end }}
{{- end }}
{{- range $setting, $value := $values.secrets }}
{{- if not (and $value.existingSecret $value.key) }}
{{ $at }}.secrets.{{ $setting }} needs existingSecret and key.
{{- end }}
{{- end }}
{{- range $setting, $value := $values.files }}
{{- if or (not $value.key) (eq (empty $value.existingSecret) (empty $value.configMap)) }}
{{ $at }}.files.{{ $setting }} needs key, and either existingSecret or configMap.
{{- end }}
{{- end }}
{{- range $setting, $value := $values.folders }}
{{- if ne (len (compact (list $value.existingSecret $value.persistentVolumeClaim (ternary "emptyDir" "" ($value.emptyDir | default false))))) 1 }}
{{ $at }}.folders.{{ $setting }} needs one of existingSecret, persistentVolumeClaim and emptyDir.
{{- end }}
{{- end }}
{{- $keys := get $values.folders "WAYBILL_TOKEN_KEYS" | default dict }}
{{- if hasKey $values.env "WAYBILL_TOKEN_KEY_SECONDS" }}
{{- $seconds := get $values.env "WAYBILL_TOKEN_KEY_SECONDS" | float64 }}
{{- if and $keys.existingSecret (ne $seconds 0.0) }}
{{ $at }}.env.WAYBILL_TOKEN_KEY_SECONDS is not 0, and {{ $at }}.folders.WAYBILL_TOKEN_KEYS.existingSecret cannot be written to.
{{- end }}
{{- if and $keys.persistentVolumeClaim (eq $seconds 0.0) }}
{{ $at }}.env.WAYBILL_TOKEN_KEY_SECONDS is 0, and {{ $at }}.folders.WAYBILL_TOKEN_KEYS.persistentVolumeClaim is a folder in which orders must create keys: set 60.
{{- end }}
{{- end }}
{{- if $keys.emptyDir }}
{{ $at }}.folders.WAYBILL_TOKEN_KEYS.emptyDir cannot be shared: use existingSecret or persistentVolumeClaim.
{{- end }}
{{- end -}}

{{- define "waybill.faultsOfScaling" -}}
{{- $scaling := .service.values.autoscaling }}{{- $keda := $scaling.keda }}{{- $at := printf "%s.autoscaling" .at }}
{{- $partitions := .service.facts.partitionsReceived | int }}
{{- $requests := (.service.values.resources | default dict).requests | default dict }}
{{- if and $keda.enabled (not $scaling.enabled) }}
{{ $at }}.keda.enabled needs {{ $at }}.enabled.
{{- end }}
{{- if and $keda.scaleToZero (not $keda.enabled) }}
{{ $at }}.keda.scaleToZero needs {{ $at }}.keda.enabled.
{{- end }}
{{- if $scaling.enabled }}
{{- if gt (int $scaling.minReplicas) (int $scaling.maxReplicas) }}
{{ $at }}.minReplicas is {{ int $scaling.minReplicas }}, and {{ $at }}.maxReplicas is {{ int $scaling.maxReplicas }}.
{{- end }}
{{- if and $scaling.cpu (not $requests.cpu) }}
{{ $at }}.cpu needs {{ .at }}.resources.requests.cpu.
{{- end }}
{{- if and $scaling.memory (not $requests.memory) }}
{{ $at }}.memory needs {{ .at }}.resources.requests.memory.
{{- end }}
{{- if not (or $scaling.cpu $scaling.memory $keda.enabled) }}
{{ $at }}.enabled needs {{ $at }}.cpu, memory or keda.
{{- end }}
{{- end }}
{{- if $keda.enabled }}
{{- if and $partitions (gt (int $scaling.maxReplicas) $partitions) }}
{{ $at }}.maxReplicas is {{ int $scaling.maxReplicas }}, and the topics that {{ .service.name }} receives have {{ $partitions }} partitions (x-partitions): more replicas would get none.
{{- end }}
{{- if and $keda.scaleToZero (not $partitions) }}
{{ $at }}.keda.scaleToZero is on, and {{ .service.name }} receives no events that could start it again.
{{- end }}
{{- if not .service.hasEvents }}
{{ $at }}.keda.enabled is on, and {{ .service.name }} has no events.
{{- end }}
{{- if and $partitions (ne .root.Values.kafka.security.protocol "PLAINTEXT") (not $keda.authentication) }}
{{ $at }}.keda.authentication is not set, and kafka.security.protocol is {{ .root.Values.kafka.security.protocol }}.
{{- end }}
{{- end }}
{{- end -}}

{{- define "waybill.faultsOfStopping" -}}
{{- $values := .service.values }}
{{- $graceful := get $values.env "WAYBILL_GRACEFUL_STOP_SECONDS" | default 10 | float64 }}
{{- if le (float64 $values.terminationGracePeriodSeconds) (addf $graceful (float64 $values.preStopSleepSeconds)) }}
{{ .at }}.terminationGracePeriodSeconds is {{ int $values.terminationGracePeriodSeconds }}: it must be more than preStopSleepSeconds, {{ int $values.preStopSleepSeconds }}, and WAYBILL_GRACEFUL_STOP_SECONDS, {{ $graceful }}, together.
{{- end }}
{{- end -}}
