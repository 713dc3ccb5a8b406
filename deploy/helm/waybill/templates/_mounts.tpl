{{/*
What a pod mounts: secrets and files. Returns JSON, a list of
{name, path, env: {variable: file in it, or ""}, volume}. Secrets are files, not variables: a file is
not in the environment of child processes, and follows its Secret. Call with {root, service}.
*/}}
{{- define "waybill.mounts" -}}
{{- $root := .root -}}{{- $service := .service -}}
{{- $values := $service.values -}}{{- $settings := $service.facts.settings -}}
{{- $mounts := list -}}

{{- if $service.facts.database -}}
  {{- $secret := include "waybill.databaseSecret" . | fromJson -}}
  {{- $mounts = append $mounts (dict "name" "database" "env" (dict "WAYBILL_DATABASE_URL_FILE" "url")
      "volume" (include "waybill.secret" (list $secret.name (dict $secret.key "url")) | fromJson)) -}}
  {{- with $root.Values.database.ca -}}{{- if .existingSecret -}}
    {{- $mounts = append $mounts (dict "name" "database-ca" "env" (dict "PGSSLROOTCERT" "ca.crt")
        "volume" (include "waybill.secret" (list .existingSecret (dict .key "ca.crt")) | fromJson)) -}}
  {{- end -}}{{- end -}}
{{- end -}}

{{- with $root.Values.access -}}
  {{- if .existingSecret -}}
    {{- $mounts = append $mounts (dict "name" "access" "env" (dict "WAYBILL_ACCESS" "tokens.json")
        "volume" (include "waybill.secret" (list .existingSecret (dict .key "tokens.json")) | fromJson)) -}}
  {{- end -}}
  {{- if .ca.existingSecret -}}
    {{- $mounts = append $mounts (dict "name" "access-ca" "env" (dict "SSL_CERT_FILE" "ca.crt")
        "volume" (include "waybill.secret" (list .ca.existingSecret (dict .ca.key "ca.crt")) | fromJson)) -}}
  {{- end -}}
{{- end -}}

{{- if $service.hasEvents -}}
  {{- $kafka := $root.Values.kafka.security -}}
  {{- if include "waybill.hasKafkaPassword" $root -}}
    {{- $secret := include "waybill.kafkaSecret" . | fromJson -}}
    {{- $mounts = append $mounts (dict "name" "kafka-password"
        "env" (dict "WAYBILL_KAFKA_SASL_PASSWORD_FILE" "password")
        "volume" (include "waybill.secret" (list $secret.name (dict $secret.key "password")) | fromJson)) -}}
  {{- end -}}
  {{- if $kafka.ca.existingSecret -}}
    {{- $mounts = append $mounts (dict "name" "kafka-ca" "env" (dict "WAYBILL_KAFKA_SSL_CA" "ca.crt")
        "volume" (include "waybill.secret" (list $kafka.ca.existingSecret (dict $kafka.ca.key "ca.crt")) | fromJson)) -}}
  {{- end -}}
  {{- with $kafka.certificate -}}{{- if .existingSecret -}}
    {{- $name := include "waybill.of" (list .existingSecret $service) -}}
    {{- $mounts = append $mounts (dict "name" "kafka-certificate"
        "env" (dict "WAYBILL_KAFKA_SSL_CERTIFICATE" "tls.crt" "WAYBILL_KAFKA_SSL_KEY" "tls.key")
        "volume" (include "waybill.secret" (list $name (dict .certificateKey "tls.crt" .privateKey "tls.key")) | fromJson)) -}}
  {{- end -}}{{- end -}}
{{- end -}}

{{- with $root.Values.tracing -}}{{- if .otlpEndpoint -}}
  {{- with .headers -}}{{- if .existingSecret -}}
    {{- $mounts = append $mounts (dict "name" "trace-headers"
        "env" (dict "OTEL_EXPORTER_OTLP_HEADERS_FILE" "headers")
        "volume" (include "waybill.secret" (list .existingSecret (dict .key "headers")) | fromJson)) -}}
  {{- end -}}{{- end -}}
  {{- with .ca -}}{{- if .existingSecret -}}
    {{- $mounts = append $mounts (dict "name" "trace-ca" "env" (dict "OTEL_EXPORTER_OTLP_CERTIFICATE" "ca.crt")
        "volume" (include "waybill.secret" (list .existingSecret (dict .key "ca.crt")) | fromJson)) -}}
  {{- end -}}{{- end -}}
{{- end -}}{{- end -}}

{{- with $root.Values.tls -}}
  {{- if .existingSecret -}}
    {{- $name := include "waybill.of" (list .existingSecret $service) -}}
    {{- $mounts = append $mounts (dict "name" "tls"
        "env" (dict "WAYBILL_TLS_CERTIFICATE" "tls.crt" "WAYBILL_TLS_KEY" "tls.key")
        "volume" (include "waybill.secret" (list $name (dict "tls.crt" "tls.crt" "tls.key" "tls.key")) | fromJson)) -}}
  {{- end -}}
  {{- if and .ca.existingSecret (hasKey $settings "WAYBILL_UPSTREAM_CA") -}}
    {{- $mounts = append $mounts (dict "name" "upstream-ca" "env" (dict "WAYBILL_UPSTREAM_CA" "ca.crt")
        "volume" (include "waybill.secret" (list .ca.existingSecret (dict .ca.key "ca.crt")) | fromJson)) -}}
  {{- end -}}
{{- end -}}

{{- range $setting, $value := $values.secrets -}}
  {{- $name := include "waybill.of" (list ($value.existingSecret | default "") $service) -}}
  {{- $key := include "waybill.of" (list ($value.key | default "") $service) -}}
  {{- $mounts = append $mounts (dict "name" (include "waybill.mountName" $setting)
      "env" (dict (printf "%s_FILE" $setting) "value")
      "volume" (include "waybill.secret" (list $name (dict $key "value")) | fromJson)) -}}
{{- end -}}
{{- range $setting, $value := $values.files -}}
  {{- $volume := dict "configMap" (dict "name" $value.configMap "items" (list (dict "key" $value.key "path" $value.key))) -}}
  {{- if $value.existingSecret -}}
    {{- $volume = include "waybill.secret" (list $value.existingSecret (dict $value.key $value.key)) | fromJson -}}
  {{- end -}}
  {{- $mounts = append $mounts (dict "name" (include "waybill.mountName" $setting)
      "env" (dict $setting $value.key) "volume" $volume) -}}
{{- end -}}
{{- range $setting, $value := $values.folders -}}
  {{- $volume := dict "emptyDir" dict -}}
  {{- if $value.existingSecret -}}
    {{- $volume = dict "secret" (dict "secretName" $value.existingSecret "defaultMode" 288) -}}
  {{- else if $value.persistentVolumeClaim -}}
    {{- $volume = dict "persistentVolumeClaim" (dict "claimName" $value.persistentVolumeClaim) -}}
  {{- end -}}
  {{- $mounts = append $mounts (dict "name" (include "waybill.mountName" $setting)
      "env" (dict $setting "") "volume" $volume "writable" (not $value.existingSecret)) -}}
{{- end -}}
{{- toJson $mounts -}}
{{- end -}}

{{/* A volume with keys of a Secret as files that the group may read: (list name {key: file}). */}}
{{- define "waybill.secret" -}}
{{- $items := list -}}
{{- range $key, $file := index . 1 -}}
  {{- $items = append $items (dict "key" $key "path" $file) -}}
{{- end -}}
{{- toJson (dict "secret" (dict "secretName" (index . 0) "items" $items "defaultMode" 288)) -}}
{{- end -}}

{{- define "waybill.mountName" -}}
{{- . | trimPrefix "WAYBILL_" | lower | replace "_" "-" -}}
{{- end -}}

{{/* The Secret with the database of a service: {name, key}. */}}
{{- define "waybill.databaseSecret" -}}
{{- $own := .service.values.database | default dict -}}
{{- $name := $own.existingSecret | default .root.Values.database.existingSecret -}}
{{- $key := $own.key | default .root.Values.database.key -}}
{{- dict "name" (include "waybill.of" (list $name .service)) "key" (include "waybill.of" (list $key .service)) | toJson -}}
{{- end -}}

{{/* The Secret with the password of a service for the brokers; by default that of its KafkaUser. */}}
{{- define "waybill.kafkaSecret" -}}
{{- $security := .root.Values.kafka.security -}}
{{- if and .root.Values.strimzi.users (not $security.existingSecret) -}}
  {{- dict "name" .service.fullname "key" "password" | toJson -}}
{{- else -}}
  {{- dict "name" (include "waybill.of" (list $security.existingSecret .service)) "key" (include "waybill.of" (list $security.key .service)) | toJson -}}
{{- end -}}
{{- end -}}
