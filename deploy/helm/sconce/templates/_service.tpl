{{/* Tells proxies that it is HTTP/2 without TLS; there is no name for gRPC over
TLS. */}}
{{- define "sconce.appProtocol" -}}
{{- if not .Values.tls.enabled -}}
appProtocol: kubernetes.io/h2c
{{- end -}}
{{- end -}}
