{{/*
Most of what is here takes (dict "root" $ "kind" "broker"), where the kind is broker, controller or node, which is both.
*/}}

{{- define "kafka.name" -}}
{{- if .Values.fullnameOverride -}}
{{ .Values.fullnameOverride }}
{{- else if contains "kafka" .Release.Name -}}
{{ .Release.Name | trunc 40 | trimSuffix "-" }}
{{- else -}}
{{ .Release.Name | trunc 34 | trimSuffix "-" }}-kafka
{{- end -}}
{{- end }}

{{- define "kafka.member" -}}
{{ include "kafka.name" .root }}-{{ .kind }}
{{- end }}

{{- define "kafka.headless" -}}
{{ include "kafka.member" . }}-headless
{{- end }}

{{/* All pods of the cluster. */}}
{{- define "kafka.pods" -}}
app.kubernetes.io/name: kafka
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{/* Of a pod template there is no more: what changes with the chart's version would restart every member. */}}
{{- define "kafka.selector" -}}
{{ include "kafka.pods" .root }}
app.kubernetes.io/component: {{ .kind }}
{{- end }}

{{- define "kafka.labels" -}}
{{ include "kafka.pods" . }}
app.kubernetes.io/version: {{ .Values.image.tag | default .Chart.AppVersion | trunc 63 | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "kafka.memberLabels" -}}
{{ include "kafka.labels" .root }}
app.kubernetes.io/component: {{ .kind }}
{{- end }}

{{- define "kafka.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end }}

{{/* Sixteen letters are sixteen bytes: the same for the same release, and no other's. */}}
{{- define "kafka.clusterId" -}}
{{- .Values.clusterId | default (printf "%s/%s" .Release.Namespace .Release.Name | sha256sum | trunc 16 | b64enc | trunc 22) -}}
{{- end }}

{{/* Kinds of pods that there are. */}}
{{- define "kafka.kinds" -}}
{{ ternary "node" "broker controller" (eq .Values.mode "combined") }}
{{- end }}

{{- define "kafka.domain" -}}
{{ include "kafka.headless" . }}.{{ .root.Release.Namespace }}.svc.{{ .root.Values.clusterDomain }}
{{- end }}

{{/* Controllers are numbered from 100, so that brokers may become more. */}}
{{- define "kafka.voters" -}}
{{- $combined := eq .Values.mode "combined" }}
{{- $of := dict "root" . "kind" (ternary "node" "controller" $combined) }}
{{- $voters := list }}
{{- range $i := until (int (ternary .Values.brokers.replicas .Values.controllers.replicas $combined)) }}
{{- $voters = append $voters (printf "%d@%s-%d.%s:9093" (add (ternary 0 100 $combined) $i) (include "kafka.member" $of) $i (include "kafka.domain" $of)) }}
{{- end }}
{{- join "," $voters }}
{{- end }}

{{/* Properties of Kafka by name, as a map in YAML. */}}
{{- define "kafka.properties" -}}
{{- $values := .root.Values }}
{{- $brokers := int $values.brokers.replicas }}
{{- $factor := min 3 $brokers }}
{{- $inSync := max 1 (sub $factor 1) }}
{{- $internal := ternary "SSL" "PLAINTEXT" (and $values.tls.enabled $values.tls.internal) }}
{{- $clients := ternary "SSL" "PLAINTEXT" $values.tls.enabled }}
{{- $host := printf "$(POD_NAME).%s" (include "kafka.domain" .) }}
process.roles: {{ get (dict "broker" "broker" "controller" "controller" "node" "broker,controller") .kind }}
node.id: {{ printf "%s$(POD_INDEX)" (ternary "10" "" (eq .kind "controller")) | quote }}
controller.quorum.voters: {{ include "kafka.voters" .root | quote }}
controller.listener.names: CONTROLLER
{{- if eq .kind "controller" }}
listeners: CONTROLLER://:9093
listener.security.protocol.map: CONTROLLER:{{ $internal }}
{{- else }}
listeners: CLIENT://:9092,INTERNAL://:9091{{ if eq .kind "node" }},CONTROLLER://:9093{{ end }}
advertised.listeners: CLIENT://{{ $host }}:9092,INTERNAL://{{ $host }}:9091
listener.security.protocol.map: CLIENT:{{ $clients }},INTERNAL:{{ $internal }},CONTROLLER:{{ $internal }}
inter.broker.listener.name: INTERNAL
{{- end }}
# Not the volume's own folder, where a file system may have one of its own.
log.dirs: /var/lib/kafka/data/log
default.replication.factor: {{ $factor }}
min.insync.replicas: {{ $inSync }}
offsets.topic.replication.factor: {{ $factor }}
transaction.state.log.replication.factor: {{ $factor }}
transaction.state.log.min.isr: {{ $inSync }}
share.coordinator.state.topic.replication.factor: {{ $factor }}
share.coordinator.state.topic.min.isr: {{ $inSync }}
unclean.leader.election.enable: "false"
auto.create.topics.enable: "false"
{{- if $values.tls.enabled }}
{{- $ending := ternary "p12" "jks" (eq $values.tls.type "PKCS12") }}
ssl.keystore.type: {{ $values.tls.type }}
ssl.truststore.type: {{ $values.tls.type }}
ssl.keystore.location: {{ ternary "/run/kafka/keystore.pem" (printf "/etc/kafka/tls/keystore.%s" $ending) (eq $values.tls.type "PEM") }}
ssl.truststore.location: {{ ternary "/etc/kafka/tls/ca.crt" (printf "/etc/kafka/tls/truststore.%s" $ending) (eq $values.tls.type "PEM") }}
{{- if ne .kind "controller" }}
listener.name.client.ssl.client.auth: {{ $values.tls.clientAuth }}
{{- end }}
{{- if $values.tls.internal }}
listener.name.controller.ssl.client.auth: required
{{- if ne .kind "controller" }}
listener.name.internal.ssl.client.auth: required
{{- end }}
{{- end }}
{{- end }}
{{- end }}

{{/* As the image takes them: a dot is one underscore, an underscore two, a dash three. */}}
{{- define "kafka.env" -}}
{{- $own := ternary .root.Values.controllers.config .root.Values.brokers.config (eq .kind "controller") }}
{{- $properties := include "kafka.properties" . | fromYaml }}
{{- range $given := list .root.Values.config $own }}
{{- range $key, $value := $given }}
{{- $_ := set $properties $key $value }}
{{- end }}
{{- end }}
{{- range $key, $value := $properties }}
- name: KAFKA_{{ $key | replace "_" "__" | replace "-" "___" | replace "." "_" | upper }}
  value: {{ include "kafka.text" $value | quote }}
{{- end }}
{{- end }}

{{/* Numbers of YAML are floats, and no million is written as 1e+06. */}}
{{- define "kafka.text" -}}
{{- if and (kindIs "float64" .) (eq (floor .) .) -}}
{{ int64 . }}
{{- else -}}
{{ toString . }}
{{- end -}}
{{- end }}

{{- define "kafka.affinity" -}}
{{- $hosts := .root.Values.placement.hosts }}
{{- $zones := .root.Values.placement.zones }}
{{- if ne $zones "Off" }}
nodeAffinity:
  {{- if eq $zones "Required" }}
  requiredDuringSchedulingIgnoredDuringExecution:
    nodeSelectorTerms:
      - matchExpressions:
          - {key: topology.kubernetes.io/zone, operator: Exists}
  {{- else }}
  preferredDuringSchedulingIgnoredDuringExecution:
    - weight: 100
      preference:
        matchExpressions:
          - {key: topology.kubernetes.io/zone, operator: Exists}
  {{- end }}
{{- end }}
{{- if not (and (eq $zones "Off") (eq $hosts "Off")) }}
podAntiAffinity:
  {{- if eq $hosts "Required" }}
  requiredDuringSchedulingIgnoredDuringExecution:
    - topologyKey: kubernetes.io/hostname
      labelSelector:
        matchLabels: {{- include "kafka.selector" . | nindent 10 }}
  {{- end }}
  {{- if or (eq $hosts "Preferred") (ne $zones "Off") }}
  preferredDuringSchedulingIgnoredDuringExecution:
    {{- range $key, $wanted := dict "kubernetes.io/hostname" (eq $hosts "Preferred") "topology.kubernetes.io/zone" (ne $zones "Off") }}
    {{- if $wanted }}
    - weight: 100
      podAffinityTerm:
        topologyKey: {{ $key }}
        labelSelector:
          matchLabels: {{- include "kafka.selector" $ | nindent 12 }}
    {{- end }}
    {{- end }}
  {{- end }}
{{- end }}
{{- end }}

{{- define "kafka.probe" -}}
tcpSocket: {port: {{ .port }}}
periodSeconds: {{ .every }}
timeoutSeconds: 5
failureThreshold: {{ .failures }}
{{- end }}

{{/* Ports that are for the cluster itself, the smallest first. */}}
{{- define "kafka.privatePorts" -}}
{{- $ports := ternary (list 9091 9093) (list 9091 9092 9093) (empty .Values.networkPolicy.clients) }}
{{- if .Values.metrics.jmx.enabled }}
{{- $jmx := int .Values.metrics.jmx.port }}
{{- $ports = ternary (prepend $ports $jmx) (append $ports $jmx) (lt $jmx 9091) }}
{{- end }}
{{- range $ports }}{{ . }} {{ end }}
{{- end }}

{{/* All others, as ranges. */}}
{{- define "kafka.openPorts" -}}
{{- $first := 1 }}
{{- range $port := splitList " " (include "kafka.privatePorts" . | trim) }}
{{- $port = int $port }}
{{- if lt $first $port }}
- {protocol: TCP, port: {{ $first }}, endPort: {{ sub $port 1 }}}
{{- end }}
{{- $first = add1 $port }}
{{- end }}
{{- if le (int $first) 65535 }}
- {protocol: TCP, port: {{ $first }}, endPort: 65535}
{{- end }}
- {protocol: UDP}
- {protocol: SCTP}
{{- end }}
