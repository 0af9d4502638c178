{{/* What a pod has mounted: the models, a place for temporary files, the
certificate. */}}

{{- define "sconce.modelsVolume" -}}
{{- with .Values.models -}}
{{- if eq .source "claim" -}}
persistentVolumeClaim: {claimName: {{ .claim.name }}, readOnly: {{ .readOnly }}}
{{- else if eq .source "hostPath" -}}
hostPath: {path: {{ .hostPath | quote }}, type: DirectoryOrCreate}
{{- else if eq .source "image" -}}
image: {reference: {{ .image.reference | quote }}, pullPolicy: {{ .image.pullPolicy }}}
{{- else -}}
emptyDir: {sizeLimit: {{ .emptyDir.sizeLimit }}}
{{- end -}}
{{- end -}}
{{- end -}}

{{/* The sources are told apart by their items: a Secret of cert-manager has a
ca.crt, and the server takes one as a wish for clients' certificates. */}}
{{- define "sconce.tlsVolume" -}}
{{- $tls := .Values.tls -}}
projected:
  sources:
    - secret:
        name: {{ include "sconce.tlsSecret" . }}
        items: [{key: tls.crt, path: tls.crt}, {key: tls.key, path: tls.key}]
    {{- if $tls.clientCA.secretName }}
    - secret:
        name: {{ $tls.clientCA.secretName }}
        items: [{key: {{ $tls.clientCA.key }}, path: ca.crt}]
    {{- end }}
{{- end -}}

{{- define "sconce.tlsSecret" -}}
{{- .Values.tls.secretName | default (printf "%s-tls" (include "sconce.fullname" .)) -}}
{{- end -}}

{{- define "sconce.volumes" -}}
- name: models
  {{- include "sconce.modelsVolume" . | nindent 2 }}
- name: tmp
  emptyDir: {sizeLimit: {{ .Values.tmp.sizeLimit }}}
{{- if .Values.tls.enabled }}
- name: tls
  {{- include "sconce.tlsVolume" . | nindent 2 }}
{{- end }}
{{- with .Values.extraVolumes }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "sconce.mounts" -}}
{{- $models := .Values.models -}}
- name: models
  mountPath: /models
  readOnly: {{ or $models.readOnly (eq $models.source "image") }}
  {{- if and (eq $models.source "claim") $models.claim.subPath }}
  subPath: {{ $models.claim.subPath | quote }}
  {{- end }}
- {name: tmp, mountPath: /tmp}
{{- if .Values.tls.enabled }}
- {name: tls, mountPath: /tls, readOnly: true}
{{- end }}
{{- with .Values.extraVolumeMounts }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "sconce.puller" -}}
{{- with .Values.models.puller -}}
- name: pull-models
  image: {{ .image | quote }}
  imagePullPolicy: {{ .pullPolicy }}
  terminationMessagePolicy: FallbackToLogsOnError
  {{- range $key := list "command" "args" "env" "envFrom" }}
  {{- with index $.Values.models.puller $key }}
  {{ $key }}:
    {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- end }}
  volumeMounts:
    - {name: models, mountPath: /models}
    - {name: tmp, mountPath: /tmp}
    {{- with .volumeMounts }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
  resources:
    {{- toYaml .resources | nindent 4 }}
  securityContext:
    {{- toYaml $.Values.securityContext | nindent 4 }}
{{- end -}}
{{- end -}}
