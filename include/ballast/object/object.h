/**
 * Kubernetes objects, as far as every part of Ballast needs to know them.
 *
 * An object is a JSON tree with apiVersion, kind and metadata. Nothing here owns anything: strings and
 * values are borrowed from the tree. A field of the wrong type reads as missing; the API server is the
 * one to refuse it.
 */
#ifndef BALLAST_OBJECT_OBJECT_H
#define BALLAST_OBJECT_OBJECT_H

#include "ballast/json/json.h"

/** What an object is called. Strings are never NULL; a part that is missing is "". */
struct bl_ref {
    const char *api_version;
    const char *kind;
    const char
        *namespace;   /* "" for cluster-scoped objects, and where the author left it to kubectl */
    const char *name; /* metadata.generateName where there is no name */
};

struct bl_ref bl_object_ref(const cJSON *object);
/** Same group, kind, namespace and name; the version may differ. */
bool bl_ref_same(const struct bl_ref *a, const struct bl_ref *b);

/** Has it this API group ("" is the core group) and kind, in whatever version? */
bool bl_object_is(const cJSON *object, const char *group, const char *kind);
/** Gives it this apiVersion and kind: what is listed as metadata alone says PartialObjectMetadata. */
void bl_object_set_kind(cJSON *object, const char *version, const char *kind);

/** metadata.labels and metadata.annotations; NULL where there are none. */
const cJSON *bl_object_labels(const cJSON *object);
const char *bl_object_label(const cJSON *object, const char *key);
const char *bl_object_annotation(const cJSON *object, const char *key);

/** metadata.uid; "" where the server gave none yet. */
const char *bl_object_uid(const cJSON *object);
/** metadata.creationTimestamp in seconds since 1970; 0 where the server gave none yet. */
int64_t bl_object_created(const cJSON *object);
/** Is it being deleted? */
bool bl_object_is_going(const cJSON *object);
/** Of status.conditions the one of that type, or NULL. */
const cJSON *bl_object_condition(const cJSON *object, const char *type);
/** Has it that status: "True", "False", "Unknown"? */
bool bl_object_condition_is(const cJSON *object, const char *type, const char *status);

/**
 * Could the two live in one namespace? A manifest without a namespace goes where kubectl or Helm is
 * told, so it may meet any other.
 */
bool bl_namespace_may_equal(const char *a, const char *b);

/** The name of the node that a pod is bound to, or NULL. */
const char *bl_pod_node(const cJSON *pod);

/**
 * The Kubernetes version ("1.25") since which its apiVersion is served no more, or NULL. Only versions of kinds that
 * Ballast reads are known.
 */
const char *bl_object_gone_since(const cJSON *object);

/** Have they one kind, name and namespace? `namespace` is that of what names none. */
bool bl_object_is_same(const cJSON *a, const cJSON *b, const char *namespace);
/** The owner with controller: true, or NULL. */
const cJSON *bl_object_controller(const cJSON *object);

/** Pod, StatefulSet or Deployment: what runs containers that we judge. */
bool bl_object_is_workload(const cJSON *object);
/** Pointer to where the pod's metadata and spec stand: "/spec/template", or "" for a Pod. */
const char *bl_object_pod_pointer(const cJSON *object);
/** What stands there; NULL where the object is no workload or has no template. */
const cJSON *bl_object_pod(const cJSON *object);
/** The same of any kind that has pods, Jobs and CronJobs too, which run to an end. */
const cJSON *bl_object_any_pod(const cJSON *object);
/**
 * spec.replicas with its default of 1; 1 for a Pod. What is no number, such as a placeholder that something fills in
 * later, or no number of pods, as -1, counts as 3: as a cluster, never as a single pod and never as stopped.
 */
int64_t bl_object_replicas(const cJSON *object);
/** Is spec.replicas a number that the API server takes, or not given? */
bool bl_object_replicas_known(const cJSON *object);
/** spec.ordinals.start of a StatefulSet with its default of 0: its pods are numbered from there. */
int64_t bl_object_first_ordinal(const cJSON *set);

/** A container's port by name, 0 where it declares none of that name. */
int bl_container_named_port(const cJSON *container, const char *name);
/** The environment variable's entry {name, value | valueFrom}, the last of that name, or NULL. */
const cJSON *bl_container_env(const cJSON *container, const char *name);
/** Its literal value; NULL where it is missing or comes from elsewhere. */
const char *bl_container_env_value(const cJSON *container, const char *name);

#endif
