/**
 * Every name of ours that stands in somebody's cluster: labels, annotations, conditions and gates.
 *
 * They are a contract with manifests in Git and with objects that live longer than any release, so each is
 * defined here, once, and a lint refuses it anywhere else. "Written by" says who may set it.
 */
#ifndef BALLAST_API_NAMES_H
#define BALLAST_API_NAMES_H

#define BL_API_GROUP "ballast.dev"
#define BL_API_VERSION "ballast.dev/v1alpha1"

/** The field manager of what the controller applies, and the reporter of its Events. */
#define BL_MANAGER "ballast-controller"
#define BL_REPORTER "ballast.dev/controller"
/** The field manager of the finalizers, which are kept apart: applying anything else must not drop them. */
#define BL_MANAGER_FINALIZER "ballast-controller-finalizer"

/* --- labels --- */

/** On a namespace, written by people: what is in it is enforced. */
#define BL_LABEL_ENFORCE "ballast.dev/enforce"
/** On a workload and its pods, written by people and by the webhook: the role; "none" opts out. */
#define BL_LABEL_ROLE "ballast.dev/role"
/** On a ConfigMap, written by the controller: it is the note that travels in a backup; the digest of what it holds. */
#define BL_LABEL_NOTE "ballast.dev/note"
/** On what a rehearsal restored, written by the service as it restores: the restore's ID. */
#define BL_LABEL_REHEARSAL "ballast.dev/rehearsal"
/** On what the controller made, written by it. */
#define BL_LABEL_COMPANION "ballast.dev/companion"

/* --- annotations of people --- */

/** On a workload, a claim or what protects them: "true" lets it be deleted. */
#define BL_ANNOTATION_ALLOW_DELETION "ballast.dev/allow-deletion"
/** On a workload that was there before Ballast: "now" lets its template be completed, which rolls it. */
#define BL_ANNOTATION_ADOPT "ballast.dev/adopt"
/** On a pod or its workload: it is not taken down; the value says why. */
#define BL_ANNOTATION_HOLD "ballast.dev/hold"
/** On a broker workload: the Secret with the client.properties by which the controller logs in. */
#define BL_ANNOTATION_CLIENT_CONFIG "ballast.dev/client-config"
/** On a broker workload: where to ask for the cluster instead of at its pods, as HOST:PORT. */
#define BL_ANNOTATION_BOOTSTRAP "ballast.dev/bootstrap"
/** On a StatefulSet: nothing is rolled; the value says why. */
#define BL_ANNOTATION_ROLLOUT_PAUSED "ballast.dev/rollout-paused"
/** On a StatefulSet: the revision that is no longer wanted; the one before it is restored. */
#define BL_ANNOTATION_ROLLOUT_ABORT "ballast.dev/rollout-abort-revision"

/** On a KafkaCluster with `approval: Manual`: the digest of the plan that may be carried out. */
#define BL_ANNOTATION_APPROVE "ballast.dev/approve"

/* --- annotations of Ballast --- */

/**
 * Beside BL_LABEL_ROLE, written by the webhook with the same value: then the label is what was recognised and
 * not an order of the author's, so that a workload that changes is recognised anew.
 */
#define BL_ANNOTATION_ROLE "ballast.dev/recognised-role"
/** On a StatefulSet, written by the webhook when it is made: the variables with settings that are Ballast's and not its author's. */
#define BL_ANNOTATION_SETTINGS "ballast.dev/completed-settings"
/** On a pod, written when it is bound to a node: the node's zone. */
#define BL_ANNOTATION_ZONE "ballast.dev/zone"
/**
 * On a pod, written by the controller while it serves and its probe has not looked yet: a kubelet probes a pod that is
 * not ready whenever its object changes, and else only at its next turn.
 */
#define BL_ANNOTATION_PROBE "ballast.dev/probe"
/** On a StatefulSet, written by the controller: JSON, what a rolling upgrade does or waits for. */
#define BL_ANNOTATION_ROLLOUT_STATUS "ballast.dev/rollout-status"
/** On a StatefulSet, written before leadership is moved off a broker, and removed when it is back. */
#define BL_ANNOTATION_ROLLOUT_MOVED "ballast.dev/rollout-moved-leaders"
/** On a StatefulSet, written by the controller: the revision that did not come up. Remove it to try again. */
#define BL_ANNOTATION_ROLLOUT_FAILED "ballast.dev/rollout-failed-revision"
/** On a StatefulSet, written beside it: the revision that was restored. While it holds, nothing else of the cluster is rolled. */
#define BL_ANNOTATION_ROLLOUT_RESTORED "ballast.dev/rollout-restored-revision"
/** On what cuts the namespace of a rehearsal off, written by the controller: the UID of the KafkaRestore that it is for. */
#define BL_ANNOTATION_REHEARSED_BY "ballast.dev/rehearsed-by"
/** On the ConfigMap of a note, written by the controller: the UID of the KafkaBackup that it is for. */
#define BL_ANNOTATION_NOTED_BY "ballast.dev/noted-by"
/** On a KafkaBackup or KafkaRestore that a schedule made, written by the controller: when it was due. */
#define BL_ANNOTATION_SCHEDULED "ballast.dev/scheduled-at"
/** On what a KafkaCluster's chart makes, written as it is rendered: "A=B,…", images and the names that they got. */
#define BL_ANNOTATION_REWRITTEN "ballast.dev/images-rewritten"
/** On a ValidatingAdmissionPolicy that `ballast vap` wrote: the policy that it came from. */
#define BL_ANNOTATION_POLICY "ballast.dev/policy"

/* --- conditions and gates of pods --- */

/** Condition and readiness gate of brokers: every replica on it is in sync. */
#define BL_CONDITION_IN_SYNC "ballast.dev/in-sync"
/** Condition: may it go down now? The message has what stands against it. */
#define BL_CONDITION_SAFE "ballast.dev/safe-to-disrupt"
/** Scheduling gate: the pod waits, before it is put on a node, for what protects it (disruptionBudget.holdPods). */
#define BL_SCHEDULING_GATE "ballast.dev/companions"

/* --- where they stand in an object, as JSON Pointers, which write "~1" for "/" --- */

#define BL_POINTER_ROLE_LABEL "/metadata/labels/ballast.dev~1role"
#define BL_POINTER_ROLE_ANNOTATION "/metadata/annotations/ballast.dev~1recognised-role"
#define BL_POINTER_SETTINGS "/metadata/annotations/ballast.dev~1completed-settings"
#define BL_POINTER_REHEARSAL "/metadata/labels/ballast.dev~1rehearsal"
#define BL_POINTER_ZONE "/metadata/annotations/ballast.dev~1zone"

/* --- the Lease of the controller --- */

/** Renewed every two seconds, lasting fifteen. Not renewed for this many seconds: the controller is away. */
#define BL_LEASE_AWAY_SECONDS 30

/* --- conditions of our own kinds --- */

/** On a KafkaPolicy: what it says is in force. */
#define BL_CONDITION_ACCEPTED "Accepted"
/** On all others, with the meanings of kstatus (sigs.k8s.io/cli-utils/pkg/kstatus). */
#define BL_CONDITION_READY "Ready"
#define BL_CONDITION_RECONCILING "Reconciling"
#define BL_CONDITION_STALLED "Stalled"
/** On a KafkaCluster: the chart could be read, with these values; it renders the same each time. */
#define BL_CONDITION_RENDERED "ChartRendered"
/** Every image is where the chart says. */
#define BL_CONDITION_IMAGES "ImagesAvailable"
/** Nothing that members need is lost by it, nobody refuses it, and who has to approve has. */
#define BL_CONDITION_PLAN "PlanAccepted"
/** Helm has made the release. */
#define BL_CONDITION_RELEASED "Released"
/** Every pod is as the release wants it, and ready. */
#define BL_CONDITION_ROLLED "Rolled"
/** Every replica is in sync, by what the conditions of the brokers' pods say. */
#define BL_CONDITION_CLUSTER_IN_SYNC "InSync"
/** Messages went through every partition, and those of before are there. */
#define BL_CONDITION_VERIFIED "Verified"
/** Somebody changed what the release made. */
#define BL_CONDITION_DRIFTED "Drifted"
/** On a KafkaBackupPlan: the cluster runs, and has the agent. */
#define BL_CONDITION_FIT "Fit"
/** The service has what the object stands for. */
#define BL_CONDITION_PRESENT "Present"
/** On a KafkaBackup: what it has to hold is noted. On a KafkaRestore: it was restored. */
#define BL_CONDITION_NOTED "Noted"
#define BL_CONDITION_RESTORED "Restored"
/** On a KafkaRestore that is a rehearsal: its namespace is cut off, until what was restored is gone again. */
#define BL_CONDITION_ISOLATED "Isolated"
/** On a KafkaBackupPlan that rehearses: a backup was proven by a restore, and not too long ago. */
#define BL_CONDITION_REHEARSED "Rehearsed"
/** The finalizer of what deletes its resource at the service when it goes. */
#define BL_FINALIZER_BACKUP "ballast.dev/backup"
/** The finalizer of a KafkaCluster that uninstalls when it goes. */
#define BL_FINALIZER_UNINSTALL "ballast.dev/uninstall"

/* --- names of Kubernetes that several places ask for --- */

#define BL_LABEL_ZONE "topology.kubernetes.io/zone"
#define BL_LABEL_MANAGED_BY "app.kubernetes.io/managed-by"
#define BL_LABEL_INSTANCE "app.kubernetes.io/instance"
#define BL_LABEL_NAMESPACE_NAME "kubernetes.io/metadata.name"
/** On the pods of a StatefulSet: the ControllerRevision that they were made of. */
#define BL_LABEL_REVISION "controller-revision-hash"

#endif
