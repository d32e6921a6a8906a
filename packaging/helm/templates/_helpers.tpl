{{- define "handloom.name" -}}
{{- if contains "handloom" .Release.Name }}{{ .Release.Name | trunc 50 | trimSuffix "-" }}{{ else }}{{ printf "%s-handloom" .Release.Name | trunc 50 | trimSuffix "-" }}{{ end }}
{{- end }}

{{- define "handloom.selector" -}}
app.kubernetes.io/name: handloom
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "handloom.labels" -}}
{{ include "handloom.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end }}

{{- define "handloom.check" -}}
{{- if not .Values.existingSecret }}{{ fail "existingSecret: name a Secret with the keys database and secret-key" }}{{ end }}
{{- if and (gt (int .Values.replicas) 1) (not .Values.usesDatabase) }}{{ fail "replicas: several servers need a PostgreSQL database (usesDatabase)" }}{{ end }}
{{- if and (gt (int .Values.replicas) 1) (not .Values.data.existingClaim) (ne .Values.data.accessMode "ReadWriteMany") }}{{ fail "data.accessMode: several servers need a volume that all can write (ReadWriteMany)" }}{{ end }}
{{- if and .Values.ingress.enabled (not .Values.publicUrl) }}{{ fail "publicUrl: the ingress needs the address at which people reach the servers" }}{{ end }}
{{- end }}
