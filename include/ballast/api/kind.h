/**
 * Kinds of objects: what the API calls them and, of our own, what they look like.
 *
 * A kind of ours is one table. The decoder of manifests, the CustomResourceDefinition (and with it the texts of
 * `kubectl explain`), the paths of requests and the RBAC rules of the programs are all made from it, so they
 * cannot drift apart. The kinds of Kubernetes that Ballast handles stand in ballast/api/builtin.h.
 */
#ifndef BALLAST_API_KIND_H
#define BALLAST_API_KIND_H

#include "ballast/api/names.h"
#include "ballast/json/decode.h"
#include "ballast/object/resource.h"

enum bl_kind_scope {
    BL_KIND_NAMESPACED = 1,
    BL_KIND_CLUSTER,
};

/** What `kubectl get` prints beside the name. */
struct bl_column {
    const char *name;
    const char *type; /* of OpenAPI: "string", "integer", "date" */
    const char *path; /* JSONPath: ".spec.priority" */
    bool wide;        /* only with -o wide */
};

struct bl_kind {
    struct bl_resource resource;
    const char *kind;
    enum bl_kind_scope scope;
    const char *qualified; /* "networkpolicies.projectcalico.org", of kinds of others */

    /* Of our own kinds alone. */
    const char *singular;
    const char *const *short_names; /* up to NULL */
    const char *doc;                /* one sentence, for `kubectl explain` */
    const struct bl_schema *spec, *status;
    const struct bl_column *columns; /* up to one without a name */
    /** Adds to the OpenAPI schema of the spec what its table cannot say; NULL: it says all. */
    void (*extend_spec)(cJSON *schema);
};

/** A condition as the API has it in status.conditions, a list with the key `type`. */
struct bl_condition_status {
    char *type, *status, *reason, *message, *last_transition_time;
    int64_t observed_generation;
};
/** The field `conditions`, a struct bl_structs of them, of a status. */
extern const struct bl_schema bl_condition_schema;

/** Appends "apps/v1", or "v1" for the core group. */
void bl_kind_api_version(const struct bl_kind *kind, struct bl_strbuf *out);
/** Has the object this group and kind, in whatever version? */
bool bl_kind_is(const struct bl_kind *kind, const cJSON *object);
/** {apiVersion, kind, metadata: {name}}, to which others add. `namespace` may be NULL. */
BL_NONNULL cJSON *bl_kind_new_object(const struct bl_kind *kind, const char *namespace,
                                     const char *name);

/**
 * The head of a manifest of ours: kind and version are right, it has a name, and there is no member beside
 * metadata, spec and status. `what` is what the messages call such files: "policy".
 */
BL_CHECK int bl_kind_check_head(const struct bl_kind *kind, const char *what,
                                const struct bl_decode *from, const cJSON *manifest,
                                struct bl_error **err);

/** The CustomResourceDefinition. */
BL_NONNULL cJSON *bl_kind_crd(const struct bl_kind *kind);

/** What a program may do with objects of a kind of ours. */
enum bl_kind_right {
    BL_RIGHT_READ = 1 << 0,   /* list and watch them */
    BL_RIGHT_STATUS = 1 << 1, /* write their status */
    BL_RIGHT_WRITE = 1 << 2,  /* patch them, as for finalizers and annotations */
    BL_RIGHT_GET = 1 << 3,    /* read one as it is now, which a cache may not know yet */
};

/** The RBAC rules for it: an array of PolicyRules. */
BL_NONNULL cJSON *bl_kind_rules(const struct bl_kind *kind, unsigned rights);

#endif
