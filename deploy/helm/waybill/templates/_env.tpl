{{/*
The environment of a service: {variable: text} as JSON. What the chart sets comes from other values;
`env` cannot have it. Call with {root, service}.
*/}}
{{- define "waybill.env" -}}
{{- $root := .root -}}{{- $service := .service -}}
{{- $values := $service.values -}}{{- $settings := $service.facts.settings -}}
{{- $env := dict "WAYBILL_HOST" "0.0.0.0" "WAYBILL_PORT" "8000" -}}

{{- with $root.Values.access -}}
  {{- if .issuer -}}
    {{- $_ := set $env "WAYBILL_ACCESS" .issuer -}}
    {{- $_ := set $env "WAYBILL_ACCESS_AUDIENCE" .audience -}}
  {{- end -}}
  {{- if .tokenTypes -}}{{- $_ := set $env "WAYBILL_ACCESS_TOKEN_TYPES" .tokenTypes -}}{{- end -}}
{{- end -}}

{{- if and $service.facts.database $root.Values.database.ca.existingSecret -}}
  {{- $_ := set $env "PGSSLMODE" "verify-full" -}}
{{- end -}}

{{/* Pods migrate their database; replicas wait for each other. */}}
{{- if hasKey $settings "WAYBILL_MIGRATE" -}}
  {{- $_ := set $env "WAYBILL_MIGRATE" "true" -}}
{{- end -}}
{{- if hasKey $settings "WAYBILL_KAFKA_BOOTSTRAP_SERVERS" -}}
  {{- $security := $root.Values.kafka.security -}}
  {{- $_ := set $env "WAYBILL_KAFKA_BOOTSTRAP_SERVERS" $root.Values.kafka.bootstrapServers -}}
  {{- $_ := set $env "WAYBILL_KAFKA_SECURITY_PROTOCOL" $security.protocol -}}
  {{- if hasPrefix "SASL_" $security.protocol -}}
    {{- $_ := set $env "WAYBILL_KAFKA_SASL_MECHANISM" $security.mechanism -}}
    {{- if and $service.hasEvents (include "waybill.hasKafkaPassword" $root) -}}
      {{- $_ := set $env "WAYBILL_KAFKA_SASL_USERNAME" (include "waybill.kafkaUser" .) -}}
    {{- end -}}
  {{- end -}}
{{- end -}}
{{- if hasKey $settings "WAYBILL_KAFKA_PREFIX" -}}
  {{- $_ := set $env "WAYBILL_KAFKA_PREFIX" $root.Values.kafka.prefix -}}
{{- end -}}
{{- if hasKey $settings "WAYBILL_KAFKA_CREATE_TOPICS" -}}
  {{- $creates := and $root.Values.kafka.createTopics (not $root.Values.strimzi.topics) -}}
  {{- $_ := set $env "WAYBILL_KAFKA_CREATE_TOPICS" (toString $creates) -}}
{{- end -}}

{{- if hasKey $settings "WAYBILL_UPSTREAMS" -}}
  {{- $_ := set $env "WAYBILL_UPSTREAMS" (include "waybill.upstreams" .) -}}
{{- end -}}
{{- if hasKey $settings "WAYBILL_RATE_LIMIT_REPLICAS" -}}
  {{- $scaling := $values.autoscaling -}}
  {{- $replicas := ternary $scaling.maxReplicas $values.replicas $scaling.enabled -}}
  {{- $_ := set $env "WAYBILL_RATE_LIMIT_REPLICAS" (max 1 (int $replicas) | toString) -}}
{{- end -}}

{{- with $root.Values.tracing -}}
  {{- if .otlpEndpoint -}}
    {{- $_ := set $env "OTEL_EXPORTER_OTLP_ENDPOINT" .otlpEndpoint -}}
    {{- $_ := set $env "OTEL_TRACES_SAMPLER" "parentbased_traceidratio" -}}
    {{- $_ := set $env "OTEL_TRACES_SAMPLER_ARG" (toJson .sampleRatio) -}}
  {{- end -}}
{{- end -}}

{{- range $mount := include "waybill.mounts" . | fromJsonArray -}}
  {{- range $variable, $file := $mount.env -}}
    {{- $path := printf "/etc/waybill/%s" $mount.name -}}
    {{- $_ := set $env $variable (ternary (printf "%s/%s" $path $file) $path (ne $file "")) -}}
  {{- end -}}
{{- end -}}
{{- range $setting, $value := $values.env -}}
  {{/* JSON: Go prints a large number with an exponent. */}}
  {{- $_ := set $env $setting (ternary $value (toJson $value) (kindIs "string" $value)) -}}
{{- end -}}
{{- toJson $env -}}
{{- end -}}

{{/* Whether services have a password at the brokers: OAUTHBEARER may do without. */}}
{{- define "waybill.hasKafkaPassword" -}}
{{- $security := .Values.kafka.security -}}
{{- if hasPrefix "SASL_" $security.protocol -}}
  {{- if or (ne $security.mechanism "OAUTHBEARER") $security.existingSecret -}}true{{- end -}}
{{- end -}}
{{- end -}}

{{/* The user of a service at the brokers. */}}
{{- define "waybill.kafkaUser" -}}
{{- if .root.Values.strimzi.users -}}
  {{- .service.fullname -}}
{{- else -}}
  {{- include "waybill.of" (list .root.Values.kafka.security.username .service) -}}
{{- end -}}
{{- end -}}

{{/* The addresses of the services that this one calls, as JSON. */}}
{{- define "waybill.upstreams" -}}
{{- $caller := .service.name -}}{{- $upstreams := dict -}}
{{- range $name, $service := include "waybill.services" .root | fromJson -}}
  {{- if has $caller $service.facts.callers -}}
    {{- $here := printf "%s://%s:8000" $service.scheme $service.fullname -}}
    {{- $_ := set $upstreams $name ($service.values.upstream | default $here) -}}
  {{- end -}}
{{- end -}}
{{- toJson $upstreams -}}
{{- end -}}
