/** Lists, page by page and object by object: under bl_kube_list() and under every reflector. */
#ifndef BALLAST_KUBE_LIST_H
#define BALLAST_KUBE_LIST_H

#include "client.h"

/** Objects a page. The server holds a page in memory, we hold one object. */
#define LIST_PAGE 100
/** Longest resourceVersion and kind, which we keep. */
#define LIST_WORD_MAX ((size_t)256)

struct bl_list_call {
    const struct bl_resource *resource;
    const struct bl_kube_selection *selection;
    unsigned limit;             /* of a page; 0: all in one */
    const struct bl_stop *stop; /* NULL: the client's */
    bl_kube_object_fn each;
    void *context;
};

/**
 * Replaces `version` by the list's resourceVersion, from which a watch goes on. `*ret_continued` says
 * whether it failed after the first page.
 */
BL_CHECK int bl_list_all(struct bl_kube_client *client, const struct bl_list_call *call,
                         struct bl_strbuf *version, bool *ret_continued, struct bl_error **err);

/** Appends path and query that a list and a watch have in common. */
void bl_list_path(struct bl_strbuf *path, const struct bl_resource *resource,
                  const struct bl_kube_selection *selection);
const char *bl_list_accept(const struct bl_kube_selection *selection, bool watch);

#endif
