{{/* What both pods have. */}}

{{- define "trial.labels" -}}
app.kubernetes.io/name: {{ . }}
app.kubernetes.io/part-of: waybill-trial
{{- end -}}

{{- define "trial.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ .uid | int }}
runAsGroup: {{ .uid | int }}
fsGroup: {{ .uid | int }}
seccompProfile: {type: RuntimeDefault}
{{- end -}}

{{- define "trial.security" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end -}}

{{/* The volume with the data: a claim of the StatefulSet, or an empty folder. */}}
{{- define "trial.claims" -}}
{{- if .root.Values.persistent }}
volumeClaimTemplates:
  - metadata: {name: data}
    spec:
      accessModes: [ReadWriteOnce]
      {{- with .root.Values.storageClass }}
      storageClassName: {{ . }}
      {{- end }}
      resources: {requests: {storage: {{ .of.storage }}}}
{{- end }}
{{- end -}}
