{{/*
The services: what files/services.yaml says of each, with its values. Named templates return text,
so these return JSON.
*/}}

{{/* Merge `over` into `base`, at every depth. Null removes a value. */}}
{{- define "waybill.merged" -}}
{{- $merged := deepCopy .base -}}
{{- range $key, $value := .over -}}
  {{- $existing := get $merged $key -}}
  {{- if kindIs "invalid" $value -}}
    {{- $_ := unset $merged $key -}}
  {{- else if and (kindIs "map" $value) (kindIs "map" $existing) -}}
    {{- $below := include "waybill.merged" (dict "base" $existing "over" $value) | fromJson -}}
    {{- $_ := set $merged $key $below -}}
  {{- else -}}
    {{- $_ := set $merged $key $value -}}
  {{- end -}}
{{- end -}}
{{- toJson $merged -}}
{{- end -}}

{{/*
Every service by name, also those that are not enabled: {facts, values, fullname, hasTls, port}.
Defaults of settings that a service does not have are left out.
*/}}
{{- define "waybill.services" -}}
{{- $services := dict -}}
{{- $document := .Files.Get "files/services.yaml" | fromYaml -}}
{{- range $name, $facts := $document.services -}}
  {{- $defaults := deepCopy $.Values.defaults -}}
  {{- range $group := list "env" "secrets" "files" "folders" -}}
    {{- $known := dict -}}
    {{- range $setting, $value := get $defaults $group | default dict -}}
      {{- if hasKey $facts.settings $setting -}}{{- $_ := set $known $setting $value -}}{{- end -}}
    {{- end -}}
    {{- $_ := set $defaults $group $known -}}
  {{- end -}}
  {{- $over := get $.Values.services $name | default dict -}}
  {{- $values := include "waybill.merged" (dict "base" $defaults "over" $over) | fromJson -}}
  {{- $_ := set $services $name (dict
      "name" $name
      "facts" $facts
      "values" $values
      "enabled" (ne (toString (get $over "enabled")) "false")
      "fullname" (printf "%s-%s" (include "waybill.fullname" $) $name)
      "scheme" (ternary "https" "http" (ne $.Values.tls.existingSecret ""))
      "hasEvents" (gt (len (concat $facts.sends $facts.receives)) 0)
  ) -}}
{{- end -}}
{{- toJson $services -}}
{{- end -}}

{{- define "waybill.enabledServices" -}}
{{- $enabled := dict -}}
{{- range $name, $service := include "waybill.services" . | fromJson -}}
  {{- if $service.enabled -}}{{- $_ := set $enabled $name $service -}}{{- end -}}
{{- end -}}
{{- toJson $enabled -}}
{{- end -}}

{{/* Whether a service has two replicas or more: a budget for one would block every drain. */}}
{{- define "waybill.isReplicated" -}}
{{- $scaling := .autoscaling -}}
{{- $fewest := ternary 0 (int $scaling.minReplicas) $scaling.keda.scaleToZero -}}
{{- if gt (ternary $fewest (int .replicas) $scaling.enabled) 1 -}}true{{- end -}}
{{- end -}}

{{/* Replace {service} in a text: (list text service). */}}
{{- define "waybill.of" -}}
{{- index . 0 | replace "{service}" (index . 1).name -}}
{{- end -}}
