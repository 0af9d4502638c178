{{/* What a schema cannot say: values that do not go together. */}}

{{- define "sconce.checks" -}}
{{- include "sconce.checkImage" .Values -}}
{{- include "sconce.checkModels" .Values.models -}}
{{- include "sconce.checkServed" .Values.models -}}
{{- include "sconce.checkReadiness" .Values -}}
{{- include "sconce.checkDrain" .Values -}}
{{- include "sconce.checkScale" .Values -}}
{{- include "sconce.checkBudget" .Values -}}
{{- include "sconce.checkMemory" .Values -}}
{{- include "sconce.checkNetwork" .Values -}}
{{- include "sconce.checkArgs" .Values -}}
{{- end -}}

{{- define "sconce.checkImage" -}}
{{- if regexMatch ":[^/]*$" .image.repository -}}
{{- fail (printf "image.repository: %s has a tag in it, or a port without a name behind it; the tag is image.tag" .image.repository) -}}
{{- else if eq .image.tag "latest" -}}
{{- fail "image.tag: latest is whatever comes; name a version" -}}
{{- end -}}
{{- range $field, $image := dict "models.puller.image" .models.puller.image "models.image.reference" .models.image.reference -}}
{{- if hasSuffix ":latest" $image -}}
{{- fail (printf "%s: %s is whatever comes; name a version" $field $image) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* A source that is not the one would be ignored, and the folder be empty. */}}
{{- define "sconce.checkModels" -}}
{{- range list (list "claim" "models.claim.name" .claim.name) (list "claim" "models.claim.subPath" .claim.subPath) (list "hostPath" "models.hostPath" .hostPath) (list "image" "models.image.reference" .image.reference) -}}
{{- if and (index . 2) (ne (index . 0) $.source) -}}
{{- fail (printf "%s: models.source is %s, so that it would be ignored; set models.source to %s" (index . 1) $.source (index . 0)) -}}
{{- end -}}
{{- end -}}
{{- if and (eq .source "claim") (not .claim.name) -}}
{{- fail "models.claim.name: models.source is claim; name the PersistentVolumeClaim" -}}
{{- else if and (eq .source "hostPath") (not .hostPath) -}}
{{- fail "models.hostPath: models.source is hostPath; name the nodes' folder" -}}
{{- else if and (eq .source "image") (not .image.reference) -}}
{{- fail "models.image.reference: models.source is image; name the image that holds the models" -}}
{{- else if and .puller.image (ne .source "emptyDir") -}}
{{- fail (printf "models.puller.image: only an emptyDir is filled; models.source is %s" .source) -}}
{{- end -}}
{{- end -}}

{{- define "sconce.checkServed" -}}
{{- $paths := dict "models.claim.subPath" .claim.subPath -}}
{{- range $model, $path := .serve -}}
{{- $_ := set $paths (printf "models.serve.%s" $model) $path -}}
{{- end -}}
{{- range $field, $path := $paths -}}
{{- if regexMatch "(^|/)\\.\\.(/|$)" $path -}}
{{- fail (printf "%s: %s leads out of the folder of models; name a place below it, without .." $field $path) -}}
{{- else if hasPrefix "/" $path -}}
{{- fail (printf "%s: %s is below the folder of models; begin without /" $field $path) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{- define "sconce.checkReadiness" -}}
{{- $model := .probes.readiness.model -}}
{{- if and $model .models.serve (not (hasKey .models.serve $model)) -}}
{{- fail (printf "probes.readiness.model: %s is not in models.serve, which is all that is served; no pod would ever be ready" $model) -}}
{{- end -}}
{{- end -}}

{{- define "sconce.checkDrain" -}}
{{- $drain := .drain -}}
{{- $needed := add $drain.preStopSeconds $drain.timeoutSeconds 5 -}}
{{- if gt $needed (int64 .terminationGracePeriodSeconds) -}}
{{- fail (printf "terminationGracePeriodSeconds: %d is too short: drain.preStopSeconds %d + drain.timeoutSeconds %d + 5 = %d; the pod would be killed while it drains" (int64 .terminationGracePeriodSeconds) (int64 $drain.preStopSeconds) (int64 $drain.timeoutSeconds) $needed) -}}
{{- end -}}
{{- if ge (mul 2 $drain.maxConnectionAgeSeconds) (int64 $drain.timeoutSeconds) -}}
{{- fail (printf "drain.maxConnectionAgeSeconds: %d has to be shorter than half of drain.timeoutSeconds, %d, or connections do not move in time" (int64 $drain.maxConnectionAgeSeconds) (int64 $drain.timeoutSeconds)) -}}
{{- end -}}
{{- end -}}

{{- define "sconce.checkScale" -}}
{{- $scaling := .autoscaling -}}
{{- if has (toString .strategy.maxSurge) (list "0" "0%") -}}
{{- if has (toString .strategy.maxUnavailable) (list "0" "0%") -}}
{{- fail "strategy.maxUnavailable: both it and strategy.maxSurge are 0; no pod could ever be replaced" -}}
{{- end -}}
{{- end -}}
{{- if $scaling.enabled -}}
{{- if gt (int64 $scaling.minReplicas) (int64 $scaling.maxReplicas) -}}
{{- fail (printf "autoscaling.minReplicas: %d is more than autoscaling.maxReplicas, %d" (int64 $scaling.minReplicas) (int64 $scaling.maxReplicas)) -}}
{{- else if not (or $scaling.queueMilliseconds $scaling.queuedRequests $scaling.cpuPercent) -}}
{{- fail "autoscaling.queueMilliseconds: it, queuedRequests and cpuPercent are 0; one has to be given" -}}
{{- else if and (eq $scaling.engine "keda") (not $scaling.keda.serverAddress) -}}
{{- fail "autoscaling.keda.serverAddress: autoscaling.engine is keda; name the Prometheus server" -}}
{{- else if and .management.enabled (not .models.readOnly) (has .models.source (list "claim" "hostPath")) -}}
{{- fail "autoscaling.enabled: models.readOnly is false, so that all pods would write one folder; one of them keeps its state and takes uploads, the others refuse them. Have one server for uploads, and others that read" -}}
{{- end -}}
{{- end -}}
{{- if and .metrics.serviceMonitor.enabled .metrics.podMonitor.enabled -}}
{{- fail "metrics.podMonitor.enabled: metrics.serviceMonitor is enabled too; every pod would be counted twice" -}}
{{- end -}}
{{- end -}}

{{/* A budget of none holds up every node's drain. */}}
{{- define "sconce.checkBudget" -}}
{{- $budget := .podDisruptionBudget -}}
{{- $replicas := int64 (ternary .autoscaling.minReplicas .replicas .autoscaling.enabled) -}}
{{- if $budget.enabled -}}
{{- if eq (kindIs "invalid" $budget.minAvailable) (kindIs "invalid" $budget.maxUnavailable) -}}
{{- fail "podDisruptionBudget.minAvailable: give either it or podDisruptionBudget.maxUnavailable; the other one is null" -}}
{{- else if has (toString $budget.maxUnavailable) (list "0" "0%") -}}
{{- fail "podDisruptionBudget.maxUnavailable: with 0 no node that has a pod could ever be drained" -}}
{{- else if or (eq (toString $budget.minAvailable) "100%") (and (gt $replicas 0) (has (kindOf $budget.minAvailable) (list "float64" "int64")) (ge (int64 $budget.minAvailable) $replicas)) -}}
{{- fail (printf "podDisruptionBudget.minAvailable: %s of %d replicas leaves none to take away; no node that has a pod could ever be drained" (include "sconce.plain" $budget.minAvailable) $replicas) -}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* What _memory.tpl leaves to values; 0 is no limit, and one's own business. */}}
{{- define "sconce.checkMemory" -}}
{{- $text := dig "limits" "memory" "" .resources -}}
{{- $limit := include "sconce.bytes" $text | int64 -}}
{{- if and $limit (lt $limit 536870912) -}}
{{- fail (printf "resources.limits.memory: %v is too little: 256Mi are the server's own, and models, runs and requests that wait come on top; 512Mi at least" $text) -}}
{{- end -}}
{{- $models := include "sconce.flagBytes" (get .config "max-model-memory" | default 0) | int64 -}}
{{- $run := include "sconce.flagBytes" (get .config "max-request-memory" | default 0) | int64 -}}
{{- $lanes := include "sconce.lanes" . | int64 -}}
{{- $needed := add 268435456 $models (mul $lanes $run) -}}
{{- if and $limit (or $models $run) (gt $needed $limit) -}}
{{- fail (printf "resources.limits.memory: %v is less than 256Mi + config.max-model-memory + %d lanes * config.max-request-memory = %dMi; the kernel would end the pod" $text $lanes (div $needed 1048576)) -}}
{{- end -}}
{{- end -}}

{{- define "sconce.checkNetwork" -}}
{{- if and .grpcRoute.enabled (not .grpcRoute.parentRefs) -}}
{{- fail "grpcRoute.parentRefs: name the gateway" -}}
{{- else if and .grpcRoute.enabled .tls.enabled -}}
{{- fail "grpcRoute.enabled: the gateway speaks to the pods without TLS; tls.enabled does not go with it" -}}
{{- end -}}
{{- if .tls.enabled -}}
{{- if and .tls.certManager.enabled (not .tls.certManager.issuerRef.name) -}}
{{- fail "tls.certManager.issuerRef.name: name the issuer of the certificate" -}}
{{- else if not (or .tls.certManager.enabled .tls.secretName) -}}
{{- fail "tls.secretName: name a Secret of type kubernetes.io/tls, or enable tls.certManager" -}}
{{- else if .probes.readiness.model -}}
{{- fail "probes.readiness.model: the kubelet's gRPC probe cannot speak TLS, and /readyz is about every model; leave it empty with tls.enabled" -}}
{{- end -}}
{{- else if .tls.certManager.enabled -}}
{{- fail "tls.certManager.enabled: tls.enabled is false" -}}
{{- else if .tls.clientCA.secretName -}}
{{- fail "tls.clientCA.secretName: tls.enabled is false; nobody would be asked for a certificate" -}}
{{- else if .tls.secretName -}}
{{- fail "tls.secretName: tls.enabled is false; the ports would be plain" -}}
{{- end -}}
{{- end -}}

{{/* The flags that values set have one place. */}}
{{- define "sconce.checkArgs" -}}
{{- range .extraArgs -}}
{{- if regexMatch "^-[^=\\s]*\\s" . -}}
{{- fail (printf "extraArgs: %q is one argument; write %q" . (regexReplaceAll "^(-[^=\\s]*)\\s+" . "${1}=")) -}}
{{- end -}}
{{- $flag := regexFind "^--[a-z-]+" . -}}
{{- $name := trimPrefix "--" $flag -}}
{{- if has $flag (list "--listen" "--grpc-port" "--http-port" "--management-address" "--drain-timeout" "--max-connection-age" "--model" "--model-repository" "--tls") -}}
{{- fail (printf "extraArgs: %s is set by other values" $flag) -}}
{{- else if hasKey $.config $name -}}
{{- fail (printf "extraArgs: %s is set by config.%s" $flag $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
