{{/* What a schema cannot say: values that do not go together. */}}

{{- define "sconce.checks" -}}
{{- include "sconce.checkModels" .Values.models -}}
{{- include "sconce.checkReadiness" .Values -}}
{{- include "sconce.checkDrain" .Values -}}
{{- include "sconce.checkScale" .Values -}}
{{- include "sconce.checkNetwork" .Values -}}
{{- include "sconce.checkArgs" .Values -}}
{{- end -}}

{{- define "sconce.checkModels" -}}
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
{{- if ge (int64 $drain.maxConnectionAgeSeconds) (int64 $drain.timeoutSeconds) -}}
{{- fail (printf "drain.maxConnectionAgeSeconds: %d has to be shorter than drain.timeoutSeconds, %d, or connections do not move in time" (int64 $drain.maxConnectionAgeSeconds) (int64 $drain.timeoutSeconds)) -}}
{{- end -}}
{{- end -}}

{{- define "sconce.checkScale" -}}
{{- $scaling := .autoscaling -}}
{{- $budget := .podDisruptionBudget -}}
{{- if has (toString .strategy.maxSurge) (list "0" "0%") -}}
{{- if has (toString .strategy.maxUnavailable) (list "0" "0%") -}}
{{- fail "strategy.maxUnavailable: both it and strategy.maxSurge are 0; no pod could ever be replaced" -}}
{{- end -}}
{{- end -}}
{{- if and $budget.enabled (eq (kindIs "invalid" $budget.minAvailable) (kindIs "invalid" $budget.maxUnavailable)) -}}
{{- fail "podDisruptionBudget.minAvailable: give either it or podDisruptionBudget.maxUnavailable; the other one is null" -}}
{{- end -}}
{{- if $scaling.enabled -}}
{{- if gt (int64 $scaling.minReplicas) (int64 $scaling.maxReplicas) -}}
{{- fail (printf "autoscaling.minReplicas: %d is more than autoscaling.maxReplicas, %d" (int64 $scaling.minReplicas) (int64 $scaling.maxReplicas)) -}}
{{- else if not (or $scaling.queueMilliseconds $scaling.queuedRequests $scaling.cpuPercent) -}}
{{- fail "autoscaling.queueMilliseconds: it, queuedRequests and cpuPercent are 0; one has to be given" -}}
{{- else if and (eq $scaling.engine "keda") (not $scaling.keda.serverAddress) -}}
{{- fail "autoscaling.keda.serverAddress: autoscaling.engine is keda; name the Prometheus server" -}}
{{- end -}}
{{- end -}}
{{- if and .metrics.serviceMonitor.enabled .metrics.podMonitor.enabled -}}
{{- fail "metrics.podMonitor.enabled: metrics.serviceMonitor is enabled too; every pod would be counted twice" -}}
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
{{- end -}}
{{- end -}}

{{/* The flags that values set have one place. */}}
{{- define "sconce.checkArgs" -}}
{{- range .extraArgs -}}
{{- $flag := regexFind "^--[a-z-]+" . -}}
{{- $name := trimPrefix "--" $flag -}}
{{- if has $flag (list "--listen" "--grpc-port" "--http-port" "--management-address" "--drain-timeout" "--max-connection-age" "--model" "--model-repository" "--tls") -}}
{{- fail (printf "extraArgs: %s is set by other values" $flag) -}}
{{- else if hasKey $.config $name -}}
{{- fail (printf "extraArgs: %s is set by config.%s" $flag $name) -}}
{{- end -}}
{{- end -}}
{{- end -}}
