{{/* The server's container. */}}

{{/* A number of values is a float64; a whole one would be written as 1e+06. */}}
{{- define "sconce.plain" -}}
{{- if and (kindIs "float64" .) (eq (toString .) (toString (floor .))) -}}
{{- printf "%d" (int64 .) -}}
{{- else -}}
{{- toString . -}}
{{- end -}}
{{- end -}}

{{/* YAML reads `off` as false, and only one flag takes that word. */}}
{{- define "sconce.flagValue" -}}
{{- $value := index . 1 -}}
{{- if and (kindIs "bool" $value) (ne (index . 0) "strict-readiness") -}}
{{- ternary "on" "off" $value -}}
{{- else -}}
{{- include "sconce.plain" $value -}}
{{- end -}}
{{- end -}}

{{/* A pod that waits for a GPU does not serve on the CPU when it fails. */}}
{{- define "sconce.deviceFlags" -}}
{{- if and (gt (int .gpu.count) 0) (not (regexMatch "(^| )--device( |=|$)" (join " " .extraArgs))) -}}
device: cuda
{{- end -}}
{{- end -}}

{{- define "sconce.args" -}}
- --listen=0.0.0.0
- --grpc-port=8001
- --http-port=8002
- --management-address={{ ternary "0.0.0.0:8003" "off" .Values.management.enabled }}
- --drain-timeout={{ int64 .Values.drain.timeoutSeconds }}s
- --max-connection-age={{ int64 .Values.drain.maxConnectionAgeSeconds }}s
{{- range $name, $path := .Values.models.serve }}
- {{ printf "--model=%s=/models/%s" $name $path | quote }}
{{- else }}
- --model-repository=/models
{{- end }}
{{- if .Values.tls.enabled }}
- --tls=/tls
{{- end }}
{{- range $flag, $value := merge (dict) .Values.config (include "sconce.deviceFlags" .Values | fromYaml) (include "sconce.memoryFlags" .Values | fromYaml) }}
{{- range (kindIs "slice" $value | ternary $value (list $value)) }}
- {{ printf "--%s=%s" $flag (include "sconce.flagValue" (list $flag .)) | quote }}
{{- end }}
{{- end }}
{{- range .Values.extraArgs }}
- {{ . | quote }}
{{- end }}
{{- end -}}

{{- define "sconce.ports" -}}
- {name: grpc, containerPort: 8001}
- {name: http, containerPort: 8002}
{{- if .Values.management.enabled }}
- {name: management, containerPort: 8003}
{{- end }}
{{- end -}}

{{/* The kubelet's gRPC probes speak no TLS; the HTTP port has none. */}}
{{- define "sconce.probes" -}}
{{- $live := dict "grpc" (dict "port" 8001 "service" "sconce.live") -}}
{{- $ready := dict "grpc" (dict "port" 8001 "service" .Values.probes.readiness.model) -}}
{{- if .Values.tls.enabled -}}
{{- $live = dict "httpGet" (dict "path" "/livez" "port" "http") -}}
{{- $ready = dict "httpGet" (dict "path" "/readyz" "port" "http") -}}
{{- end -}}
startupProbe:
  {{- merge (dict) $live .Values.probes.startup | toYaml | nindent 2 }}
readinessProbe:
  {{- merge (dict) $ready (omit .Values.probes.readiness "model") | toYaml | nindent 2 }}
livenessProbe:
  {{- merge (dict) $live .Values.probes.liveness | toYaml | nindent 2 }}
{{- end -}}

{{- define "sconce.resources" -}}
{{- $resources := deepCopy .Values.resources -}}
{{- if gt (int .Values.gpu.count) 0 -}}
{{- $device := dict .Values.gpu.resource (int .Values.gpu.count) -}}
{{- $resources = merge (dict "limits" $device) $resources -}}
{{- end -}}
{{- toYaml $resources -}}
{{- end -}}
