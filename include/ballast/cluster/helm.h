/**
 * Helm as a child: one command, with values on its standard input, by the rights of a service account.
 *
 * Values never appear in a command line, where anybody on the machine could read them, nor in an error's text, but for the
 * version of a protocol. The folders in which Helm keeps caches and configuration are ours. The program has to be Helm 4, which also reads releases of Helm 3.
 */
#ifndef BALLAST_CLUSTER_HELM_H
#define BALLAST_CLUSTER_HELM_H

#include <semaphore.h>

#include "ballast/base/stop.h"
#include "ballast/cluster/record.h"
#include "ballast/cluster/spec.h"
#include "ballast/kube/client.h"

/** All borrowed. */
struct bl_helm {
    const char *program; /* a path, or a name for PATH */
    const char *home;    /* an existing folder for its own files; not with `personal` */
    bool
        personal; /* with the caller's own rights, folders and environment; `sources` does not count */
    const struct bl_kube_target *cluster;
    const struct bl_stop *stop;
    bl_nsec timeout; /* of one command; 0: 10 minutes */
    size_t memory;   /* bytes; 0: 512 MiB */
    sem_t *places;   /* of commands that may run at once; NULL: any number */
    /**
     * URLs of the charts that are allowed, up to NULL, as ballast/cluster/source.h has them. One that begins with http: in
     * place of oci: or https: allows its charts without TLS, too. NULL or none: bundled ones alone.
     */
    const char *const *sources;
    const char *bundled; /* the folder of bundled charts; NULL: there are none */
};

/** A release of a KafkaCluster. All borrowed. */
struct bl_helm_job {
    const struct bl_cluster_spec *spec;
    const char *namespace, *name;
    const char *values;   /* YAML */
    const char *protocol; /* the value at spec->versions.protocol_value; NULL: as `values` has it */
    bool take_ownership;  /* of objects that are there already */
    bool force_conflicts; /* only for a release that Helm makes by server-side apply */
};

/** Takes a place for one command after another, until bl_helm_end(); false: none is free. Never waits. */
bool bl_helm_begin(const struct bl_helm *helm);
void bl_helm_end(const struct bl_helm *helm);
/** Is no place free? Another thread may change that at once. */
bool bl_helm_is_busy(const struct bl_helm *helm);

/** BL_ERR_FORBIDDEN where the spec's chart comes from somewhere that is not allowed. Pure. */
BL_CHECK int bl_helm_check_source(const struct bl_helm *helm, const struct bl_cluster_chart *chart,
                                  struct bl_error **err);

/** Is it a Helm that can be driven? For a person's own. */
BL_CHECK int bl_helm_check_version(const struct bl_helm *helm, struct bl_error **err);
/** What `helm upgrade --install` would make, in this cluster; nothing is written. */
BL_CHECK int bl_helm_render(const struct bl_helm *helm, const struct bl_helm_job *release,
                            struct bl_record *ret_record, struct bl_error **err);
/** The same with no cluster asked, as if there were no release: what a chart looks up is not there. */
BL_CHECK int bl_helm_template(const struct bl_helm *helm, const struct bl_helm_job *release,
                              struct bl_record *ret_record, struct bl_error **err);
/** Makes the release. On failure it may be there in part, or whole: bl_live_release() tells. `ret_record` is empty then. */
BL_CHECK int bl_helm_upgrade(const struct bl_helm *helm, const struct bl_helm_job *release,
                             struct bl_record *ret_record, struct bl_error **err);
/** PersistentVolumeClaims of StatefulSets stay. A release that is not there is no failure. */
BL_CHECK int bl_helm_uninstall(const struct bl_helm *helm, const struct bl_helm_job *release,
                               struct bl_error **err);

/** The account that Helm works as: "system:serviceaccount:NAMESPACE:NAME". For free(). */
BL_NONNULL char *bl_helm_account(const char *namespace, const char *service_account);

#endif
