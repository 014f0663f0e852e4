#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/workload/unmanaged.h"
#include "ballast/workload/world.h"
#include "findings.h"

/*
 * What a reader would take for judged and is not: Kafka in kinds that Ballast does not look at, documents that could not
 * be read, files that hold no objects.
 */

/* True: it is not judged. */
static bool note_unmanaged(const struct cli_input *input, size_t i)
{
    const cJSON *object = input->objects[i];
    const char *reason = bl_unmanaged_reason(object);
    BL_AUTO_FREE char *mistake = bl_misspelt(object);
    bool judged = !reason && bl_world_kind_of(object) != BL_WORLD_OTHER;
    struct bl_place place =
        bl_manifest_place(&input->manifest, &input->manifest.objects.items[i], "");
    struct bl_ref ref = bl_object_ref(object);

    if (!reason && !mistake)
        return false;
    cli_say(STDERR_FILENO, "%s:%u: note: %s \"%s\" %s: %s", place.file, place.line, ref.kind,
            ref.name, judged ? "never gets into the cluster" : "is not judged",
            reason ? reason : mistake);
    return !judged;
}

/* It may hold Kafka, and nobody can tell. */
static bool is_template(const struct bl_document *document)
{
    const struct bl_yaml_segment *segment = bl_yaml_doc_segment(document->yaml);

    return !bl_yaml_doc_root(document->yaml) && memmem(segment->text, segment->len, "{{", 2);
}

size_t cli_notes(const struct cli_input *input)
{
    const struct bl_manifest *manifest = &input->manifest;
    size_t unmanaged = 0;

    for (size_t i = 0; i < input->report->len; i++)
        unmanaged += note_unmanaged(input, i);
    for (size_t i = 0; i < manifest->documents.len; i++)
        if (manifest->documents.items[i].doubt)
            cli_say(STDERR_FILENO, "%s (%s)", bl_error_text(manifest->documents.items[i].doubt),
                    is_template(&manifest->documents.items[i])
                        ? "a template: not judged, run on what it renders"
                        : "somebody else's document, passed through as it is");
    for (size_t i = 0; i < manifest->passed_over.len; i++)
        cli_say(STDERR_FILENO, "passed over: %s", bl_error_text(manifest->passed_over.items[i]));
    return unmanaged;
}

bool cli_tell_faults(const struct cli_input *input)
{
    const struct bl_errors *faults = &input->manifest.faults;

    for (size_t i = 0; i < faults->len; i++)
        (void)cli_fail(faults->items[i]);
    return faults->len > 0;
}
