#include <stdlib.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/json/edit.h"
#include "input.h"
#include "krm.h"

/*
 * Putting the decision back into the text. A document that nothing changes goes through byte for byte; a
 * changed one is rewritten in place; companions follow the document that holds what they protect.
 */

static size_t document_of(const struct cli_input *input, size_t object)
{
    return input->manifest.objects.items[object].document;
}

/* Objects stand in the order of their documents, so the first of one is found by halving. */
static size_t first_object(const struct cli_input *input, size_t document)
{
    size_t low = 0, high = input->manifest.objects.len;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (document_of(input, middle) < document)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The same for documents and their files. */
static size_t first_document(const struct cli_input *input, size_t file)
{
    size_t low = 0, high = input->manifest.documents.len;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (input->manifest.documents.items[middle].file < file)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

/* The document as it should read, or NULL where nothing in it changed. */
static cJSON *wanted_document(const struct cli_input *input, size_t document, struct bl_error **err)
{
    const cJSON *root = bl_yaml_doc_root(input->manifest.documents.items[document].yaml);
    BL_AUTO(bl_edit_release) struct bl_edit edit = {0};

    for (size_t i = first_object(input, document);
         i < input->report->len && document_of(input, i) == document; i++) {
        if (!input->report->objects[i].edit.patch)
            continue;
        if (cli_refuse_doubt(&input->manifest.documents.items[document], err) < 0)
            return NULL;
        if (!edit.object)
            bl_edit_init(&edit, root);
        if (bl_edit_replace(&edit, input->manifest.objects.items[i].pointer,
                            bl_json_copy(bl_report_object(input->report, i)), err) < 0)
            return NULL;
    }
    if (cli_is_resource_list(root)) {
        if (!edit.object)
            bl_edit_init(&edit, root);
        cli_fill_resource_list(input, document, edit.object);
    }
    return BL_STEAL(edit.object);
}

static void end_line(struct bl_strbuf *out)
{
    if (out->len && out->text[out->len - 1] != '\n')
        bl_strbuf_addc(out, '\n');
}

/* A file of JSON values one after the other stays one: "---" and YAML would be no JSON. A flow mapping is none. */
static bool is_json(const struct cli_input *input, size_t file)
{
    BL_ERROR(ignored);
    BL_AUTO_JSON cJSON *value = NULL;
    const char *text = input->manifest.files.items[file].text;
    size_t document = first_document(input, file);

    if (text[strspn(text, " \t\r\n")] != '{' || document >= input->manifest.documents.len)
        return false;
    const struct bl_yaml_segment *segment =
        bl_yaml_doc_segment(input->manifest.documents.items[document].yaml);
    return bl_json_parse(segment->text, segment->len, &value, &ignored) == 0;
}

/* A document that does not open with "---" needs one between itself and what stands before it. */
static void separate(struct bl_strbuf *out, const char *text)
{
    if (!out->len)
        return;
    end_line(out);
    if (strncmp(text, "---", 3) != 0)
        bl_strbuf_adds(out, "---\n");
}

static void add_companions(const struct cli_input *input, size_t document, bool json,
                           struct bl_strbuf *out)
{
    const cJSON *root = bl_yaml_doc_root(input->manifest.documents.items[document].yaml);

    if (cli_is_resource_list(root))
        return;
    for (size_t i = 0; i < input->report->companions.len; i++) {
        const struct bl_companion *companion = &input->report->companions.items[i];

        if (document_of(input, companion->after) != document)
            continue;
        end_line(out);
        if (json) {
            bl_json_write_pretty(out, companion->object);
        } else {
            bl_strbuf_adds(out, "---\n");
            bl_yaml_write(out, companion->object, 0);
        }
    }
}

static int add_document(const struct cli_input *input, size_t document, bool json,
                        struct bl_strbuf *out, struct bl_error **err)
{
    const struct bl_yaml_doc *yaml = input->manifest.documents.items[document].yaml;
    const struct bl_yaml_segment *segment = bl_yaml_doc_segment(yaml);
    BL_AUTO_JSON cJSON *wanted = wanted_document(input, document, err);

    if (*err)
        return -1;
    if (!json)
        separate(out, segment->text);
    if (!wanted)
        bl_strbuf_add(out, segment->text, segment->len);
    else if (bl_yaml_rewrite(yaml, wanted, out, err) < 0)
        return -1;
    add_companions(input, document, json, out);
    return 0;
}

int cli_hardened_file(const struct cli_input *input, size_t file, struct bl_strbuf *out,
                      struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    bool json = is_json(input, file);

    for (size_t i = first_document(input, file);
         i < input->manifest.documents.len && input->manifest.documents.items[i].file == file; i++)
        if (add_document(input, i, json, &text, err) < 0)
            return -1;
    if (text.len)
        separate(out, text.text);
    bl_strbuf_add(out, text.text, text.len);
    return 0;
}

size_t cli_files(const struct cli_input *input)
{
    return input->before ? input->before_files : input->manifest.files.len;
}

int cli_hardened(const struct cli_input *input, struct bl_strbuf *out, struct bl_error **err)
{
    for (size_t i = 0; i < cli_files(input); i++)
        if (cli_hardened_file(input, i, out, err) < 0)
            return -1;
    return 0;
}
