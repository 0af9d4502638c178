{{/* Ours come first: a label that the selectors need is not replaced. */}}
{{- define "sconce.podLabels" -}}
{{- $ours := printf "%s\n%s" (include "sconce.selectorLabels" .) (include "sconce.versionLabels" .) -}}
{{- merge (fromYaml $ours) .Values.podLabels | toYaml -}}
{{- end -}}

{{/* The pod that serves. Without service links: those of a Service called
sconce would set SCONCE_PORT and the like. */}}

{{- define "sconce.podSpec" -}}
serviceAccountName: {{ include "sconce.serviceAccount" . }}
automountServiceAccountToken: false
enableServiceLinks: false
terminationGracePeriodSeconds: {{ int64 .Values.terminationGracePeriodSeconds }}
securityContext:
  {{- toYaml .Values.podSecurityContext | nindent 2 }}
{{- include "sconce.placement" . }}
{{- if .Values.models.puller.image }}
initContainers:
  {{- include "sconce.puller" . | nindent 2 }}
{{- end }}
containers:
  - name: sconce
    image: {{ include "sconce.image" . | quote }}
    imagePullPolicy: {{ .Values.image.pullPolicy }}
    args:
      {{- include "sconce.args" . | nindent 6 }}
    {{- with .Values.extraEnv }}
    env:
      {{- toYaml . | nindent 6 }}
    {{- end }}
    ports:
      {{- include "sconce.ports" . | nindent 6 }}
    {{- include "sconce.probes" . | nindent 4 }}
    terminationMessagePolicy: FallbackToLogsOnError
    {{- with int64 .Values.drain.preStopSeconds }}
    lifecycle:
      preStop:
        sleep: {seconds: {{ . }}}
    {{- end }}
    resources:
      {{- include "sconce.resources" . | nindent 6 }}
    securityContext:
      {{- toYaml .Values.securityContext | nindent 6 }}
    volumeMounts:
      {{- include "sconce.mounts" . | nindent 6 }}
volumes:
  {{- include "sconce.volumes" . | nindent 2 }}
{{- end -}}

{{/* What decides on which node it runs, and with what right. */}}
{{- define "sconce.placement" -}}
{{- range $key := list "imagePullSecrets" "runtimeClassName" "priorityClassName" "nodeSelector" "tolerations" "affinity" }}
{{- with index $.Values $key }}
{{ $key }}:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}
{{- with .Values.topologySpread }}
topologySpreadConstraints:
  {{- range . }}
  - {{ toYaml . | nindent 4 | trim }}
    labelSelector:
      matchLabels:
        {{- include "sconce.selectorLabels" $ | nindent 8 }}
    matchLabelKeys: [pod-template-hash]
  {{- end }}
{{- end }}
{{- end -}}
