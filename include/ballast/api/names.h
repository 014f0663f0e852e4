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

/* --- labels --- */

/** On a namespace, written by people: what is in it is enforced. */
#define BL_LABEL_ENFORCE "ballast.dev/enforce"
/** On a workload and its pods, written by people and by the webhook: the role; "none" opts out. */
#define BL_LABEL_ROLE "ballast.dev/role"
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

/* --- annotations of Ballast --- */

/**
 * Beside BL_LABEL_ROLE, written by the webhook with the same value: then the label is what was recognised and
 * not an order of the author's, so that a workload that changes is recognised anew.
 */
#define BL_ANNOTATION_ROLE "ballast.dev/recognised-role"
/** On a pod, written when it is bound to a node: the node's zone. */
#define BL_ANNOTATION_ZONE "ballast.dev/zone"
/** On a StatefulSet, written by the controller: JSON, what a rolling upgrade does or waits for. */
#define BL_ANNOTATION_ROLLOUT_STATUS "ballast.dev/rollout-status"
/** On a StatefulSet, written before leadership is moved off a broker, and removed when it is back. */
#define BL_ANNOTATION_ROLLOUT_MOVED "ballast.dev/rollout-moved-leaders"
/** On a StatefulSet, written by the controller: the revision that did not come up. Remove it to try again. */
#define BL_ANNOTATION_ROLLOUT_FAILED "ballast.dev/rollout-failed-revision"
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
#define BL_POINTER_ZONE "/metadata/annotations/ballast.dev~1zone"

/* --- the Lease of the controller --- */

/** Renewed every two seconds, lasting fifteen. Not renewed for this many seconds: the controller is away. */
#define BL_LEASE_AWAY_SECONDS 30

/* --- conditions of our own kinds --- */

/** On a KafkaPolicy: what it says is in force. */
#define BL_CONDITION_ACCEPTED "Accepted"

/* --- names of Kubernetes that several places ask for --- */

#define BL_LABEL_ZONE "topology.kubernetes.io/zone"
#define BL_LABEL_MANAGED_BY "app.kubernetes.io/managed-by"
#define BL_LABEL_INSTANCE "app.kubernetes.io/instance"
#define BL_LABEL_NAMESPACE_NAME "kubernetes.io/metadata.name"
/** On the pods of a StatefulSet: the ControllerRevision that they were made of. */
#define BL_LABEL_REVISION "controller-revision-hash"

#endif
