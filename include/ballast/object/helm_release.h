/**
 * Helm's record of a release: the first thing that `helm install`, `upgrade`, `rollback` and `uninstall` write, before any
 * object of the chart. It is a Secret of type helm.sh/release.v1, or a ConfigMap with Helm's other driver, and holds
 * the rendered manifest (helm.sh/helm, pkg/storage/driver).
 *
 * The manifest holds whatever the chart renders, passwords too: it is wiped, and no message quotes it.
 */
#ifndef BALLAST_OBJECT_HELM_RELEASE_H
#define BALLAST_OBJECT_HELM_RELEASE_H

#include "ballast/object/manifest.h"

/** Whatever it was packed to: what unpacks to more is not read. */
#define BL_HELM_RELEASE_MAX ((size_t)16 << 20)

/** On objects of a release: its name and namespace, by which Helm knows them. */
#define BL_HELM_NAME "meta.helm.sh/release-name"
#define BL_HELM_NAMESPACE "meta.helm.sh/release-namespace"
/** "keep": Helm leaves the object where it is. */
#define BL_HELM_RESOURCE_POLICY "helm.sh/resource-policy"

enum bl_helm_status {
    BL_HELM_OTHER, /* deployed, superseded, failed: nothing is about to happen */
    BL_HELM_INSTALL,
    BL_HELM_UPGRADE,
    BL_HELM_ROLLBACK,
    BL_HELM_UNINSTALL,
};

struct bl_helm_release {
    enum bl_helm_status status;
    char *name, *namespace;
    struct bl_manifest
        manifest; /* the objects of the kinds that were asked for; hooks are among them */
};

/** Is the object such a record, and what is about to happen? By its type and labels alone; nothing is unpacked. */
bool bl_helm_is_release(const cJSON *object, enum bl_helm_status *ret_status);

/** Appends the record's own JSON, as Helm wrote it: name, info, chart, config, manifest, version. Wipe it. */
BL_CHECK int bl_helm_record_unpack(const cJSON *object, struct bl_strbuf *json,
                                   struct bl_error **err);

/**
 * Unpacks the record. Only documents of one of the kinds (up to NULL) are read, or lists that hold one: a chart may carry
 * megabytes of dashboards, which speak of all of them. BL_ERR_TOO_LARGE past a limit.
 */
BL_CHECK int bl_helm_release_read(const cJSON *object, const char *const *kinds,
                                  struct bl_helm_release *release, struct bl_error **err);
void bl_helm_release_release(struct bl_helm_release *release);

#endif
