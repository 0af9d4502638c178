{{/* The pod of `helm test`. */}}

{{- define "sconce.testLabels" -}}
{{ include "sconce.instanceLabels" . }}
app.kubernetes.io/component: test
{{- end -}}

{{/* How sconce-load reaches the server; predict.sh adds the certificates. */}}
{{- define "sconce.testConnection" -}}
{{- $name := include "sconce.fullname" . -}}
- {{ $name }}:{{ int64 .Values.service.port }}
- --metrics=off
- --management={{ ternary (printf "%s-management:8003" $name) "off" .Values.management.enabled }}
{{- if .Values.tls.enabled }}
- --tls
{{- end }}
{{- end -}}

{{/* The authority of the server, where its Secret names it, and a client's own
certificate. */}}
{{- define "sconce.testCertificates" -}}
- name: tls
  projected:
    sources:
      - secret:
          name: {{ include "sconce.tlsSecret" . }}
          items: [{key: ca.crt, path: ca.crt}]
          optional: true
      {{- with .Values.test.clientSecret }}
      - secret:
          name: {{ . }}
          items: [{key: tls.crt, path: tls.crt}, {key: tls.key, path: tls.key}]
      {{- end }}
{{- end -}}
