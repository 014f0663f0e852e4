/**
 * What fakekube keeps: ConfigMaps in the order of their names, the version they are at, and what became of them since one.
 *
 * No lock of its own: whoever calls has fakekube's.
 */
#ifndef BALLAST_TEST_FAKEKUBE_STORE_H
#define BALLAST_TEST_FAKEKUBE_STORE_H

#include "ballast/base/strbuf.h"

struct fakekube_object {
    char *namespace, *name, *value;
    int64_t version;
};

struct fakekube_event {
    int64_t version;
    const char *type;
    char *text; /* the object */
};

struct fakekube_store {
    unsigned page;              /* objects of a page at most; 0: as it is asked */
    int64_t version, forgotten; /* events up to `forgotten` are gone */
    struct {
        struct fakekube_object *items;
        size_t len, cap;
    } objects;
    struct {
        struct fakekube_event *items;
        size_t len, cap;
    } events;
};

void fakekube_store_release(struct fakekube_store *store);

void fakekube_store_put(struct fakekube_store *store, const char *namespace, const char *name,
                        const char *value);
void fakekube_store_delete(struct fakekube_store *store, const char *namespace, const char *name);
/** Forgets all versions but the present one. */
void fakekube_store_forget(struct fakekube_store *store);

/**
 * Appends a page of at most `limit`, 0: of any size, that goes on at `token`, NULL: the first. Returns the status of the answer;
 * other than 200, nothing is appended.
 */
int fakekube_store_list(const struct fakekube_store *store, int64_t limit, const char *token,
                        struct bl_strbuf *body);
/** Appends an event as a watch has it; `object` is JSON. */
void fakekube_store_event(struct bl_strbuf *out, const char *type, const char *object);
/** Appends what a list that is streamed begins with: all there is, and the mark of its end. */
void fakekube_store_all(const struct fakekube_store *store, struct bl_strbuf *out);
/** Appends what has happened since `version`. */
void fakekube_store_since(const struct fakekube_store *store, int64_t version,
                          struct bl_strbuf *out);
/** As fakekube_truth(). */
void fakekube_store_truth(const struct fakekube_store *store, struct bl_strbuf *out);

#endif
