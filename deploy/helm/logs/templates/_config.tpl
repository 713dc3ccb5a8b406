{{/* The settings of the collector. */}}
{{- define "logs.config" -}}
{{- $sinks := list }}
{{- if .Values.loki.endpoint }}{{ $sinks = append $sinks "otlp_http/loki" }}{{ end }}
{{- if .Values.elasticsearch.endpoint }}{{ $sinks = append $sinks "elasticsearch" }}{{ end }}
{{- if not $sinks }}{{ fail "Say where logs go: loki.endpoint, elasticsearch.endpoint, or both" }}{{ end -}}
extensions:
  # Where the files were read to: nothing is lost or sent again after a restart.
  file_storage: {directory: /var/lib/waybill-logs}
receivers:
  filelog:
    include: ["/var/log/pods/{{ .Values.namespace }}_*/*/*.log"]
    start_at: beginning
    storage: file_storage
    include_file_path: true
    operators:
      # What the container runtime writes before each line, and the pod in the path of the file.
      - type: container
      # Other programs in the namespace may write other lines, which stay as they are.
      - type: json_parser
        if: body startsWith "{"
        parse_ints: true
        timestamp:
          parse_from: attributes.time
          layout_type: gotime
          layout: "2006-01-02T15:04:05.999999999Z07:00"
        severity:
          parse_from: attributes.level
          mapping: {warn: WARNING, fatal: CRITICAL}
      - {type: trace_parser, if: attributes.trace_id != nil, trace_id: {parse_from: attributes.trace_id}}
      - {type: move, if: attributes.service != nil, from: attributes.service, to: 'resource["service.name"]'}
      - {type: move, if: attributes.message != nil, from: attributes.message, to: body}
      {{- range list "time" "level" "trace_id" "logtag" }}
      - {type: remove, if: attributes.{{ . }} != nil, field: attributes.{{ . }}}
      {{- end }}
exporters:
  {{- with .Values.loki }}
  {{- if .endpoint }}
  otlp_http/loki:
    endpoint: {{ .endpoint | quote }}
    {{- with .headers }}
    headers:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    # While Loki is away no line is lost: files are read on when it is back.
    retry_on_failure: {max_elapsed_time: 0}
    sending_queue: {block_on_overflow: true}
  {{- end }}
  {{- end }}
  {{- with .Values.elasticsearch }}
  {{- if .endpoint }}
  elasticsearch:
    endpoint: {{ .endpoint | quote }}
    {{- if .existingSecret }}
    api_key: ${env:ELASTICSEARCH_API_KEY}
    {{- if .caKey }}
    tls: {ca_file: /etc/elasticsearch/ca.crt}
    {{- end }}
    {{- end }}
    sending_queue: {block_on_overflow: true}
  {{- end }}
  {{- end }}
service:
  extensions: [file_storage]
  telemetry:
    metrics: {level: none}
  pipelines:
    logs:
      receivers: [filelog]
      exporters: {{ $sinks | toJson }}
{{- end -}}
