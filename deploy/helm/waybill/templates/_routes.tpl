{{/* The paths that are published, as JSON: {path: "Prefix" or "Exact"}. */}}
{{- define "waybill.publicPaths" -}}
{{- $paths := dict -}}
{{- range (.root.Files.Get "files/services.yaml" | fromYaml).publicPaths -}}
  {{- $_ := set $paths . "Prefix" -}}
{{- end -}}
{{- if .docs -}}
  {{- $paths = merge $paths (dict "/" "Exact" "/docs" "Prefix" "/openapi.json" "Exact" "/asyncapi" "Prefix") -}}
{{- end -}}
{{- toJson $paths -}}
{{- end -}}

{{/* The service that is reached from outside. */}}
{{- define "waybill.gateway" -}}
{{- toJson (get (include "waybill.services" . | fromJson) "gateway") -}}
{{- end -}}
