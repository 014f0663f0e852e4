/**
 * Manifests: files of YAML documents, and the objects in them.
 *
 * A `List` (and a ResourceList, the input of a KRM function) holds several objects in one document, so
 * an object is a document and a pointer into it.
 */
#ifndef BALLAST_OBJECT_MANIFEST_H
#define BALLAST_OBJECT_MANIFEST_H

#include "ballast/json/yaml.h"
#include "ballast/object/object.h"

/** Largest file that is read. */
#define BL_MANIFEST_MAX_BYTES ((size_t)256 << 20)

struct bl_document {
    size_t file; /* index into the manifest's files */
    struct bl_yaml_doc *yaml;
    struct bl_error
        *doubt; /* a key stands twice, or it could not be read, or holds no object; NULL */
};

struct bl_item {
    size_t document; /* index into the manifest's documents */
    char *pointer;   /* of the object in its document: "" or "/items/3" */
    const cJSON *object;
};

struct bl_source {
    char *name; /* as given; "<stdin>" for "-" */
    char *text;
    size_t len;
};

struct bl_errors {
    struct bl_error **items;
    size_t len, cap;
};

struct bl_manifest {
    struct {
        struct bl_source *items;
        size_t len, cap;
    } files;
    struct {
        struct bl_document *items;
        size_t len, cap;
    } documents; /* every segment of every file, empty ones too */
    struct {
        struct bl_item *items;
        size_t len, cap;
    } objects;                    /* in order */
    struct bl_errors faults;      /* documents that matter and cannot be judged, and why */
    struct bl_errors passed_over; /* files of folders that hold no objects, and why */
    size_t most; /* values that all documents may have together; 0: each as many as there can be */
    size_t values; /* that they have, and what a document takes by itself */
};

/**
 * Reads one file ("-" is standard input) after those that are there. Errors name file and line.
 *
 * A document that cannot be read or is no object does not end the reading: it holds no object, and its text stays. If it
 * speaks of Kafka or ZooKeeper, or nothing else is in a file that was named, that is a fault; else it is somebody else's,
 * and its doubt says why. A key that stands twice is a doubt too, and the last one counts, as for kubectl. Whether a
 * doubtful object is one that matters is for the caller to find out.
 */
BL_CHECK int bl_manifest_read(struct bl_manifest *manifest, const char *path,
                              struct bl_error **err);
/**
 * The same for a file that was found in a folder: one that holds no object (values, a template) is passed over, and what
 * it holds beside objects is a fault only where it was meant to be one.
 */
BL_CHECK int bl_manifest_read_found(struct bl_manifest *manifest, const char *path,
                                    struct bl_error **err);
/** bl_manifest_read() from memory; takes `text`, which comes from malloc. */
BL_CHECK int bl_manifest_add(struct bl_manifest *manifest, const char *name, char *text, size_t len,
                             struct bl_error **err);
/** Fails with the first fault: for whom half of the input is none. */
BL_CHECK int bl_manifest_check(const struct bl_manifest *manifest, struct bl_error **err);
void bl_manifest_release(struct bl_manifest *manifest);
/** Its objects, borrowed, in a list for free(). */
BL_NONNULL const cJSON **bl_manifest_objects(const struct bl_manifest *manifest);

/** Is it a wrapper whose items are the objects? */
bool bl_object_is_list(const cJSON *object);

/**
 * Fills a number for each object, and returns how many numbers there are: files that name an object which
 * an earlier file names too are another version of it (an upgrade, another environment), not a part of
 * the same cluster, so they get the next number. For free().
 */
BL_NONNULL unsigned *bl_manifest_versions(const struct bl_manifest *manifest, unsigned *ret_count);

struct bl_place {
    const char *file;
    unsigned line, column;
};

/** Where the value at `pointer` of an object stands: its key, or the nearest thing that exists. */
struct bl_place bl_manifest_place(const struct bl_manifest *manifest, const struct bl_item *item,
                                  const char *pointer);
/** The same for a line, from 0, of the text there; the key where the text is not written line by line ("|"). */
struct bl_place bl_manifest_line_place(const struct bl_manifest *manifest,
                                       const struct bl_item *item, const char *pointer,
                                       size_t line);

#endif
