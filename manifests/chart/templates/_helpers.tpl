{{- define "ballast.name" -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- end }}

{{- define "ballast.webhook" -}}
{{ include "ballast.name" . }}-webhook
{{- end }}

{{- define "ballast.selector" -}}
app.kubernetes.io/name: ballast
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: webhook
{{- end }}

{{- define "ballast.labels" -}}
{{ include "ballast.selector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "ballast.controller" -}}
{{ include "ballast.name" . }}-controller
{{- end }}

{{- define "ballast.controllerSelector" -}}
app.kubernetes.io/name: ballast
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: controller
{{- end }}

{{- define "ballast.controllerLabels" -}}
{{ include "ballast.controllerSelector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "ballast.leaveLabels" -}}
app.kubernetes.io/name: ballast
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: leave
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{/* What comes before an uninstall, in the order of the weight, and goes when it is done. Helm 3.18 and later print its log. */}}
{{- define "ballast.leaveHook" -}}
helm.sh/hook: pre-delete
helm.sh/hook-weight: {{ . | quote }}
helm.sh/hook-delete-policy: before-hook-creation,hook-succeeded
helm.sh/hook-output-log-policy: hook-succeeded,hook-failed
{{- end }}

{{/* All pods of the release: webhook and controller. */}}
{{- define "ballast.pods" -}}
app.kubernetes.io/name: ballast
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "ballast.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end }}

{{- define "ballast.secret" -}}
{{ .Values.certificates.secretName | default (printf "%s-tls" (include "ballast.webhook" .)) }}
{{- end }}

{{/* Mode self: who keeps certificates, and the Secret that nobody else reads. */}}
{{- define "ballast.certificates" -}}
{{ include "ballast.name" . }}-certificates
{{- end }}

{{- define "ballast.authoritySecret" -}}
{{ include "ballast.webhook" . }}-authority
{{- end }}

{{- define "ballast.certificatesSelector" -}}
app.kubernetes.io/name: ballast
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/component: certificates
{{- end }}

{{- define "ballast.certificatesLabels" -}}
{{ include "ballast.certificatesSelector" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{- define "ballast.policyConfigMap" -}}
{{- if .Values.policies.existingConfigMap -}}
{{ .Values.policies.existingConfigMap }}
{{- else if .Values.policies.files -}}
{{ include "ballast.webhook" . }}-policies
{{- end -}}
{{- end }}

{{/* With the authorities of whoever may send reviews. */}}
{{- define "ballast.clientCA" -}}
{{- if .Values.webhook.clientCA.configMap -}}
{{ .Values.webhook.clientCA.configMap }}
{{- else if .Values.webhook.clientCA.pem -}}
{{ include "ballast.webhook" . }}-clients
{{- end -}}
{{- end }}

{{/* Whose requests are never held up: who cleans up after a deletion that was allowed already. */}}
{{- define "ballast.notCleanup" -}}
!(request.operation == 'DELETE' && request.userInfo.username in [
  'system:serviceaccount:kube-system:generic-garbage-collector',
  'system:serviceaccount:kube-system:namespace-controller'])
{{- end }}

{{/* Namespaces: the selector, and never those that the cluster itself lives in, nor ours. */}}
{{- define "ballast.namespaceSelector" -}}
{{- with .Values.webhook.namespaceSelector.matchLabels }}
matchLabels: {{- toYaml . | nindent 2 }}
{{- end }}
matchExpressions:
  - key: kubernetes.io/metadata.name
    operator: NotIn
    values:
      - kube-system
      - kube-public
      - kube-node-lease
      - {{ .Release.Namespace }}
      {{- range .Values.webhook.excludeNamespaces }}
      - {{ . }}
      {{- end }}
  {{- if and .Values.controller.enabled .Values.controller.namespaces }}
  # Elsewhere nobody would set the condition that a readiness gate waits for.
  - key: kubernetes.io/metadata.name
    operator: In
    values: {{- toYaml .Values.controller.namespaces | nindent 6 }}
  {{- end }}
  {{- with .Values.webhook.namespaceSelector.matchExpressions }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- end }}

{{/* The same for our programs, which keep nothing of others. */}}
{{- define "ballast.scopeArgs" -}}
- --namespace-selector={{ .Values.webhook.namespaceSelector | toJson }}
- --exclude-namespace={{ .Release.Namespace }}
{{- range .Values.webhook.excludeNamespaces }}
- --exclude-namespace={{ . }}
{{- end }}
{{- if .Values.controller.enabled }}
{{- range .Values.controller.namespaces }}
- --namespace={{ . }}
{{- end }}
{{- end }}
{{- end }}

{{/*
Could this be Kafka or ZooKeeper? Wider than recognition, which has the last word: what must not happen is that
a broker goes by unseen. `o` is the object, `p` where its pod spec stands.
*/}}
{{- define "ballast.looksLikeKafka" -}}
{{- $o := .o -}}{{- $p := .p -}}
(has({{ $o }}.metadata.labels) && {{ $o }}.metadata.labels.exists(k, k == 'ballast.dev/role' || k.startsWith('strimzi.io/') || k.startsWith('eventstreams.ibm.com/') || k == 'kafka_cr' || k == 'platform.confluent.io/type')) ||
{{ $p }}.containers != null && {{ $p }}.containers.exists(c,
  (has(c.image) && c.image.matches('(?i)kafka|zookeeper|strimzi|confluent|koperator')) ||
  (has(c.command) && c.command.exists(w, w.matches('(?i)kafka|zookeeper|zkserver|start-zk'))) ||
  (has(c.args) && c.args.exists(w, w.matches('(?i)kafka|zookeeper|zkserver|start-zk'))) ||
  (has(c.env) && c.env.exists(e, e.name.matches('^(KAFKA|ZOO|ZK_)')))) ||
(has({{ $p }}.initContainers) && {{ $p }}.initContainers.exists(c, has(c.restartPolicy) && c.restartPolicy == 'Always' &&
  ((has(c.image) && c.image.matches('(?i)kafka|zookeeper')) || (has(c.env) && c.env.exists(e, e.name.matches('^(KAFKA|ZOO|ZK_)'))))))
{{- end }}

{{/*
One expression for all kinds, because a webhook has one list of conditions. A subresource that is not there is no
empty one, but missing.
*/}}
{{- define "ballast.kafkaOnly" -}}
has(request.subResource) && request.subResource != '' ? true :
request.resource.resource in ['statefulsets', 'deployments'] ?
  (request.operation == 'DELETE' ?
    ({{ include "ballast.looksLikeKafka" (dict "o" "oldObject" "p" "oldObject.spec.template.spec") }}) :
    ({{ include "ballast.looksLikeKafka" (dict "o" "object" "p" "object.spec.template.spec") }})) :
request.resource.resource == 'pods' ?
  (!(has(object.metadata.ownerReferences) && object.metadata.ownerReferences.exists(r, has(r.controller) && r.controller)) &&
   !(request.userInfo.username.startsWith('system:node:') && has(object.metadata.annotations) && 'kubernetes.io/config.mirror' in object.metadata.annotations) &&
   ({{ include "ballast.looksLikeKafka" (dict "o" "object" "p" "object.spec") }})) :
request.resource.resource == 'services' ?
  (has(object.spec.selector) && ((has(object.spec.clusterIP) && object.spec.clusterIP == 'None') ||
   'statefulset.kubernetes.io/pod-name' in object.spec.selector)) :
true
{{- end }}

{{/* Of Services that are changed, those that validate.ballast.dev is not asked about; and no record of Helm's that is deleted. */}}
{{- define "ballast.notAskedAlready" -}}
request.resource.resource == 'services' && request.operation == 'UPDATE' ?
  !(has(object.spec.selector) && ((has(object.spec.clusterIP) && object.spec.clusterIP == 'None') ||
   'statefulset.kubernetes.io/pod-name' in object.spec.selector)) :
request.resource.resource == 'secrets' ?
  !(has(oldObject.type) && oldObject.type in ['helm.sh/release.v1', 'kubernetes.io/service-account-token']) :
true
{{- end }}

{{- define "ballast.clientConfig" -}}
service:
  name: {{ include "ballast.webhook" .root }}
  namespace: {{ .root.Release.Namespace }}
  path: {{ .path }}
{{- if and (eq .root.Values.certificates.mode "secret") .root.Values.certificates.caBundle }}
caBundle: {{ .root.Values.certificates.caBundle }}
{{- end }}
{{- end }}

{{- define "ballast.matchConditions" -}}
{{- if .Values.controller.enabled -}}
# An upgrade goes on, and companions are kept, while the webhook is away.
- name: not-by-the-controller
  expression: {{ printf "request.userInfo.username != 'system:serviceaccount:%s:%s'" .Release.Namespace (include "ballast.controller" .) | toJson }}
{{ end -}}
- name: not-cleanup
  expression: {{ include "ballast.notCleanup" . | replace "\n" " " | toJson }}
- name: could-be-kafka
  expression: {{ include "ballast.kafkaOnly" . | replace "\n" " " | toJson }}
{{- with .Values.webhook.matchConditions }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* What both programs read of network plugins: beside a policy of theirs, or the cluster's baseline, none is made. */}}
{{- define "ballast.pluginRules" -}}
- apiGroups: [cilium.io]
  resources: [ciliumnetworkpolicies, ciliumclusterwidenetworkpolicies]
  verbs: [list, watch]
- apiGroups: [crd.projectcalico.org, projectcalico.org] # the CRDs, and the API server that Calico puts before them
  resources: [networkpolicies, globalnetworkpolicies]
  verbs: [list, watch]
- apiGroups: [policy.networking.k8s.io]
  resources: [baselineadminnetworkpolicies, clusternetworkpolicies]
  verbs: [list, watch]
{{- end }}
