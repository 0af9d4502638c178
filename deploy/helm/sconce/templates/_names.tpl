{{/* Names and labels. */}}

{{- define "sconce.name" -}}
{{- .Values.nameOverride | default .Chart.Name | trunc 63 | trimSuffix "-" -}}
{{- end -}}

{{/* 52 letters at most: with the longest ending, -management, 63. */}}
{{- define "sconce.fullname" -}}
{{- $name := include "sconce.name" . -}}
{{- $own := ternary .Release.Name (printf "%s-%s" .Release.Name $name) (contains $name .Release.Name) -}}
{{- .Values.fullnameOverride | default $own | trunc 52 | trimSuffix "-" -}}
{{- end -}}

{{- define "sconce.serviceAccount" -}}
{{- .Values.serviceAccount.name | default (ternary (include "sconce.fullname" .) "default" .Values.serviceAccount.create) -}}
{{- end -}}

{{- define "sconce.instanceLabels" -}}
app.kubernetes.io/name: {{ include "sconce.name" . }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{/* Of the pods that serve, and of nothing else. */}}
{{- define "sconce.selectorLabels" -}}
{{ include "sconce.instanceLabels" . }}
app.kubernetes.io/component: server
{{- end -}}

{{/* Of every pod, whoever manages it: what changes here replaces them all. */}}
{{- define "sconce.versionLabels" -}}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/part-of: sconce
{{- end -}}

{{- define "sconce.labels" -}}
{{ include "sconce.selectorLabels" . }}
{{ include "sconce.versionLabels" . }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version | replace "+" "_" | trunc 63 | trimSuffix "-" }}
{{- end -}}

{{/* name, namespace and labels; takes the context and an ending of the name. */}}
{{- define "sconce.metadata" -}}
{{- $context := index . 0 -}}
name: {{ include "sconce.fullname" $context }}{{ index . 1 }}
namespace: {{ $context.Release.Namespace }}
labels:
  {{- include "sconce.labels" $context | nindent 2 }}
{{- end -}}

{{/* The tags that `make image` gives, of a version: under one that stays the
same a node would keep the image of before. */}}
{{- define "sconce.image" -}}
{{- $image := .Values.image -}}
{{- $tag := $image.tag | default (printf "%s-%s" .Chart.AppVersion (ternary "cuda" "cpu" (gt (int .Values.gpu.count) 0))) -}}
{{- ternary (printf "%s@%s" $image.repository $image.digest) (printf "%s:%s" $image.repository $tag) (ne $image.digest "") -}}
{{- end -}}
