{{/* What the server may take of the pod's memory. Its own defaults bound models
and single runs, and together they are more than the limit. */}}

{{/* Bytes of a quantity of Kubernetes'. */}}
{{- define "sconce.bytes" -}}
{{- $text := include "sconce.plain" . -}}
{{- $unit := regexFind "[A-Za-z]+$" $text -}}
{{- $powers := dict "" 1 "k" 1000 "Ki" 1024 "M" 1000000 "Mi" 1048576 "G" 1000000000 "Gi" 1073741824 "T" 1000000000000 "Ti" 1099511627776 -}}
{{- if hasKey $powers $unit -}}
{{- mulf (trimSuffix $unit $text | float64) (get $powers $unit) | int64 -}}
{{- end -}}
{{- end -}}

{{/* Bytes of a flag of the server's, which reads 2G and 2GB as 2GiB. */}}
{{- define "sconce.flagBytes" -}}
{{- $text := include "sconce.plain" . | replace " " "" | trimSuffix "B" | trimSuffix "i" -}}
{{- include "sconce.bytes" (ternary (printf "%si" $text) $text (regexMatch "[KMGT]$" $text)) -}}
{{- end -}}

{{/* Cores that a pod may use, rounded up as the server does, or --lanes. Empty
where the node decides. */}}
{{- define "sconce.lanes" -}}
{{- $lanes := regexFind "^[0-9]+" (include "sconce.plain" (get .config "lanes" | default 0)) | int64 -}}
{{- $cores := dig "limits" "cpu" "" .resources | toString -}}
{{- if gt $lanes 0 -}}
{{- $lanes -}}
{{- else if regexMatch "^[0-9.]+m$" $cores -}}
{{- divf (trimSuffix "m" $cores | float64) 1000 | ceil | int64 -}}
{{- else if regexMatch "^[0-9.]+$" $cores -}}
{{- ceil (float64 $cores) | int64 -}}
{{- end -}}
{{- end -}}

{{/* --max-model-memory and --max-request-memory, where neither config nor
extraArgs has them: of the limit without 256Mi half for models, a quarter for
runs, and a quarter for what waits. */}}
{{- define "sconce.memoryFlags" -}}
{{- $limit := include "sconce.bytes" (dig "limits" "memory" "" .resources) | int64 -}}
{{- $lanes := include "sconce.lanes" . | int64 -}}
{{- if and $limit $lanes (not (regexMatch "--max-(model|request)-memory" (join " " .extraArgs))) -}}
{{- $rest := sub $limit 268435456 -}}
{{- $models := include "sconce.flagBytes" (get .config "max-model-memory" | default 0) | int64 -}}
{{- $run := include "sconce.flagBytes" (get .config "max-request-memory" | default 0) | int64 -}}
{{- if not (hasKey .config "max-model-memory") -}}
{{- $models = div (mul 2 (sub $rest (mul $lanes $run))) (ternary 3 4 (hasKey .config "max-request-memory")) -}}
max-model-memory: {{ div $models 1048576 }}MiB
{{ end -}}
{{- if not (hasKey .config "max-request-memory") -}}
max-request-memory: {{ div (sub $rest $models) (mul 2 $lanes 1048576) }}MiB
{{ end -}}
{{- end -}}
{{- end -}}
