{{/* Labels of one component: (dict "root" $ "name" "kafka" "component" "kafka"). */}}
{{- define "kafka.selector" -}}
app.kubernetes.io/name: {{ .name }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "kafka.labels" -}}
{{ include "kafka.selector" . }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ .root.Chart.Name }}-{{ .root.Chart.Version }}
{{- end }}

{{- define "kafka.image" -}}
{{ .registry }}/{{ .repository }}:{{ .tag }}
{{- end }}

{{/* What is the same in every pod: where it may run, and as whom. */}}
{{- define "kafka.pod" -}}
automountServiceAccountToken: false
terminationGracePeriodSeconds: {{ .root.Values.terminationGracePeriodSeconds }}
securityContext:
  runAsNonRoot: true
  fsGroup: 1001
  seccompProfile: {type: RuntimeDefault}
affinity:
  podAntiAffinity:
    preferredDuringSchedulingIgnoredDuringExecution:
      - weight: 1
        podAffinityTerm:
          topologyKey: kubernetes.io/hostname
          labelSelector:
            matchLabels: {{- include "kafka.selector" . | nindent 14 }}
{{- if .root.Values.zoneSpread }}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: topology.kubernetes.io/zone
    whenUnsatisfiable: DoNotSchedule
    labelSelector:
      matchLabels: {{- include "kafka.selector" . | nindent 8 }}
{{- end }}
{{- end }}

{{- define "kafka.container" -}}
securityContext:
  runAsUser: 1001
  runAsNonRoot: true
  allowPrivilegeEscalation: false
  capabilities: {drop: [ALL]}
command: [/scripts/setup.sh]
{{- end }}

{{- define "kafka.claim" -}}
volumeClaimTemplates:
  - metadata:
      name: data
    spec:
      accessModes: [ReadWriteOnce]
      resources: {requests: {storage: 8Gi}}
{{- end }}

{{/* NUMBER@HOST:9094 of each controller. */}}
{{- define "kafka.voters" -}}
{{- $name := .Release.Name }}{{ $first := 0 }}{{ $count := int .Values.replicas }}
{{- if .Values.kraft.controllers }}
{{- $name = printf "%s-controller" .Release.Name }}{{ $first = 100 }}{{ $count = int .Values.kraft.controllers }}
{{- end }}
{{- $all := list }}
{{- range $i := until $count }}
{{- $all = append $all (printf "%d@%s-%d.%s-headless.%s.svc.cluster.local:9094" (add $first $i) $name $i $name $.Release.Namespace) }}
{{- end }}
{{- join "," $all }}
{{- end }}

{{/* Properties of a node: (dict "root" $ "broker" true "controller" false "headless" NAME), by name, as a map in YAML. */}}
{{- define "kafka.properties" -}}
{{- $listeners := list }}{{ $advertised := list }}{{ $map := list }}
{{- $host := printf "$(MY_POD_NAME).%s.%s.svc.cluster.local" .headless .root.Release.Namespace }}
{{- if .broker }}
{{- $listeners = list "INTERNAL://:9093" "CLIENT://:9092" }}
{{- $advertised = list (printf "INTERNAL://%s:9093" $host) (printf "CLIENT://%s:9092" $host) }}
{{- end }}
{{- $map = list "INTERNAL:PLAINTEXT" (printf "CLIENT:%s" .root.Values.clientProtocol) }}
{{- if .controller }}{{ $listeners = append $listeners "CONTROLLER://:9094" }}{{ end }}
{{- if eq .root.Values.mode "kraft" }}
{{- $map = append $map "CONTROLLER:PLAINTEXT" }}
controller.listener.names: CONTROLLER
controller.quorum.voters: {{ include "kafka.voters" .root }}
process.roles: {{ ternary "broker,controller" (ternary "broker" "controller" .broker) (and .broker .controller) }}
{{- else }}
zookeeper.connect: {{ .root.Release.Name }}-zookeeper
# They start together.
zookeeper.connection.timeout.ms: "60000"
{{- with .root.Values.interBrokerProtocolVersion }}
inter.broker.protocol.version: {{ . | quote }}
{{- end }}
{{- end }}
listener.security.protocol.map: {{ join "," $map }}
listeners: {{ join "," $listeners | quote }}
{{- if .broker }}
advertised.listeners: {{ join "," $advertised }}
{{- end }}
log.dirs: /bitnami/kafka/data
{{ merge (dict) .root.Values.extraConfig .root.Values.config | toYaml }}
{{- end }}

{{/* A StatefulSet of Kafka's own: as "kafka.properties", with "name", "component" and "first", its smallest number. */}}
{{- define "kafka.statefulset" -}}
{{- $of := dict "root" .root "name" "kafka" "component" .component -}}
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: {{ .name }}
  namespace: {{ .root.Release.Namespace }}
  labels: {{- include "kafka.labels" $of | nindent 4 }}
spec:
  replicas: {{ .replicas }}
  podManagementPolicy: {{ .root.Values.podManagementPolicy }}
  serviceName: {{ .headless }}
  updateStrategy: {type: {{ .root.Values.updateStrategy }}}
  selector:
    matchLabels: {{- include "kafka.selector" $of | nindent 6 }}
  template:
    metadata:
      labels: {{- include "kafka.labels" $of | nindent 8 }}
    spec:
      {{- include "kafka.pod" $of | nindent 6 }}
      containers:
        - name: kafka
          image: {{ include "kafka.image" .root.Values.image }}
          imagePullPolicy: IfNotPresent
          {{- include "kafka.container" . | nindent 10 }}
          env:
            - {name: MY_POD_NAME, valueFrom: {fieldRef: {fieldPath: metadata.name}}}
            - {name: FIRST_ID, value: {{ .first | quote }}}
            - {name: KAFKA_HEAP_OPTS, value: {{ .root.Values.heap | quote }}}
            {{- if .broker }}
            - {name: KAFKA_INTER_BROKER_LISTENER_NAME, value: INTERNAL}
            {{- end }}
            {{- if eq .root.Values.mode "kraft" }}
            - {name: KAFKA_KRAFT_CLUSTER_ID, value: {{ .root.Values.kraft.clusterId }}}
            {{- end }}
            {{- range $key, $value := include "kafka.properties" . | fromYaml }}
            - name: KAFKA_CFG_{{ $key | upper | replace "." "_" }}
              value: {{ $value | quote }}
            {{- end }}
            {{- if .root.Values.metrics }}
            - {name: JMX_PORT, value: "5555"}
            {{- end }}
          ports:
            {{- if .broker }}
            - {name: kafka-client, containerPort: 9092}
            - {name: kafka-internal, containerPort: 9093}
            {{- end }}
            {{- if .controller }}
            - {name: kafka-ctlr, containerPort: 9094}
            {{- end }}
          {{- $port := ternary "kafka-client" "kafka-ctlr" .broker }}
          livenessProbe:
            {{- toYaml .root.Values.livenessProbe | nindent 12 }}
            tcpSocket: {port: {{ $port }}}
          readinessProbe:
            {{- toYaml .root.Values.readinessProbe | nindent 12 }}
            tcpSocket: {port: {{ $port }}}
          resources: {{- toYaml .root.Values.resources | nindent 12 }}
          volumeMounts:
            - {name: data, mountPath: /bitnami/kafka}
            - {name: scripts, mountPath: /scripts}
        {{- if .root.Values.metrics }}
        - name: jmx-exporter
          image: local/standin:1
          imagePullPolicy: IfNotPresent
          securityContext: {runAsUser: 1001, runAsNonRoot: true, allowPrivilegeEscalation: false, capabilities: {drop: [ALL]}}
          env:
            - {name: PORT, value: "5556"}
          ports:
            - {name: metrics, containerPort: 5556}
        {{- end }}
      volumes:
        - {name: scripts, configMap: {name: {{ .root.Release.Name }}-scripts, defaultMode: 0755}}
  {{- include "kafka.claim" . | nindent 2 }}
{{- end }}
