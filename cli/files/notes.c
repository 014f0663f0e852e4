#include "ballast/workload/unmanaged.h"
#include "findings.h"

/*
 * What a reader would take for judged and is not: Kafka in kinds that Ballast does not look at, documents that could not
 * be read, files that hold no objects.
 */

static void note_unmanaged(const struct cli_input *input, size_t i)
{
    const char *reason = bl_unmanaged_reason(input->objects[i]);
    struct bl_place place =
        bl_manifest_place(&input->manifest, &input->manifest.objects.items[i], "");
    struct bl_ref ref = bl_object_ref(input->objects[i]);

    if (reason)
        cli_say(STDERR_FILENO, "%s:%u: note: %s \"%s\" is not judged: %s", place.file, place.line,
                ref.kind, ref.name, reason);
}

size_t cli_notes(const struct cli_input *input)
{
    const struct bl_manifest *manifest = &input->manifest;
    size_t unmanaged = 0;

    for (size_t i = 0; i < input->report->len; i++) {
        unmanaged += bl_unmanaged_reason(input->objects[i]) != NULL;
        note_unmanaged(input, i);
    }
    for (size_t i = 0; i < manifest->documents.len; i++)
        if (manifest->documents.items[i].doubt)
            cli_say(STDERR_FILENO, "%s (somebody else's document, passed through as it is)",
                    bl_error_text(manifest->documents.items[i].doubt));
    for (size_t i = 0; i < manifest->passed_over.len; i++)
        cli_say(STDERR_FILENO, "passed over: %s", bl_error_text(manifest->passed_over.items[i]));
    return unmanaged;
}
