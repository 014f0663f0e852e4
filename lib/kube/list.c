#include "list.h"

#include <stdio.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "split.h"

#define PATH_MAX_LEN ((size_t)64 << 10)
/* A continue token is some hundred bytes; the rest of the envelope is less. */
#define ENVELOPE_MAX ((size_t)64 << 10)

/* One page under way. */
struct page {
    const struct bl_list_call *call;
    struct bl_item_splitter splitter;
    char *api_version, *kind; /* of an item that does not say; known once the first one came */
};

static void page_release(struct page *page)
{
    bl_item_splitter_release(&page->splitter);
    free(page->api_version);
    free(page->kind);
}

void bl_list_path(struct bl_strbuf *path, const struct bl_resource *resource,
                  const struct bl_kube_selection *selection)
{
    bl_kube_path(path, resource, selection->namespace, NULL, NULL);
    bl_kube_path_query(path, "labelSelector", selection->labels);
    bl_kube_path_query(path, "fieldSelector", selection->fields);
}

const char *bl_list_accept(const struct bl_kube_selection *selection, bool watch)
{
    if (!selection->metadata_only)
        return "application/json";
    return watch ? "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1"
                 : "application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1";
}

/* "Pod" of "PodList". What the server leaves out in items it writes in front of them. */
static int learn_kind(struct page *page, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(ENVELOPE_MAX + 2);
    BL_AUTO_JSON cJSON *list = NULL;
    const char *kind, *api_version;

    bl_strbuf_add(&text, page->splitter.envelope.text, page->splitter.envelope.len);
    bl_strbuf_adds(&text, "]}");
    if (bl_json_parse(text.text, text.len, &list, err) < 0)
        return bl_wrap(err, "the list cannot be read");
    kind = bl_json_string(list, "kind");
    api_version = bl_json_string(list, "apiVersion");
    if (!kind || !api_version || !bl_text_ends(kind, "List"))
        return bl_fail(err, BL_ERR_INVALID,
                       "neither the list nor its items say of which kind they are");
    page->kind = bl_strndup(kind, strlen(kind) - strlen("List"));
    page->api_version = bl_strdup(api_version);
    return 0;
}

static int fill_kind(struct page *page, cJSON *object, struct bl_error **err)
{
    bool has_kind = bl_json_string(object, "kind");
    bool has_version = bl_json_string(object, "apiVersion");

    if (has_kind && has_version)
        return 0;
    if (!page->kind && learn_kind(page, err) < 0)
        return -1;
    if (!has_version)
        bl_json_add_string(object, "apiVersion", page->api_version);
    if (!has_kind)
        bl_json_add_string(object, "kind", page->kind);
    return 0;
}

static int on_item(void *context, const char *text, size_t len, struct bl_error **err)
{
    BL_AUTO_JSON cJSON *object = NULL;
    struct page *page = context;

    if (bl_json_parse(text, len, &object, err) < 0)
        return bl_wrap(err, "an item of the list cannot be read");
    if (fill_kind(page, object, err) < 0)
        return -1;
    return page->call->each(page->call->context, BL_STEAL(object), err);
}

static int on_piece(void *context, const char *data, size_t len, struct bl_error **err)
{
    struct page *page = context;

    return bl_item_splitter_feed(&page->splitter, data, len, err);
}

/* What the envelope says about how to go on. */
static int read_envelope(const struct page *page, struct bl_strbuf *version, struct bl_strbuf *next,
                         struct bl_error **err)
{
    const struct bl_strbuf *text = &page->splitter.envelope;
    BL_AUTO_JSON cJSON *list = NULL;
    const cJSON *metadata;
    const char *from, *token;

    if (bl_item_splitter_end(&page->splitter, err) < 0)
        return -1;
    if (bl_json_parse(text->text, text->len, &list, err) < 0)
        return bl_wrap(err, "the list cannot be read");
    metadata = bl_json_get(list, "metadata");
    from = bl_json_string(metadata, "resourceVersion");
    token = bl_json_string(metadata, "continue");
    if (!from || !*from)
        return bl_fail(err, BL_ERR_INVALID, "the list has no resourceVersion");
    bl_strbuf_reset(version);
    bl_strbuf_adds(version, from);
    bl_strbuf_reset(next);
    bl_strbuf_adds(next, token ? token : "");
    return bl_strbuf_check(version, "the list's resourceVersion", err);
}

static void page_path(struct bl_strbuf *path, const struct bl_list_call *call, const char *next)
{
    char limit[16];

    (void)snprintf(limit, sizeof(limit), "%u", call->limit);
    bl_list_path(path, call->resource, call->selection);
    bl_kube_path_query(path, "limit", call->limit ? limit : NULL);
    bl_kube_path_query(path, "continue", next);
}

static int list_page(struct bl_kube_client *client, const struct bl_list_call *call,
                     struct bl_strbuf *version, struct bl_strbuf *next, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf path = BL_STRBUF_INIT(PATH_MAX_LEN);
    BL_AUTO(bl_http_response_release)
    struct bl_http_response response = BL_HTTP_RESPONSE_INIT(KUBE_ANSWER_MAX);
    BL_AUTO(page_release)
    struct page page = {
        .call = call,
        .splitter = {.envelope = BL_STRBUF_INIT(ENVELOPE_MAX),
                     .item = BL_STRBUF_INIT(KUBE_OBJECT_MAX),
                     .each = on_item,
                     .context = &page},
    };
    struct bl_kube_call http = {.method = "GET",
                                .accept = bl_list_accept(call->selection, false),
                                .stop = call->stop,
                                .piece = on_piece,
                                .context = &page,
                                .idle = &client->options.timeout};

    page_path(&path, call, next->text);
    if (bl_strbuf_check(&path, "the path", err) < 0)
        return -1;
    http.path = path.text;
    if (bl_kube_call(client, &http, &response, err) < 0)
        return -1;
    return read_envelope(&page, version, next, err);
}

int bl_list_all(struct bl_kube_client *client, const struct bl_list_call *call,
                struct bl_strbuf *version, bool *ret_continued, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf next = BL_STRBUF_INIT(ENVELOPE_MAX);

    *ret_continued = false;
    do {
        if (list_page(client, call, version, &next, err) < 0)
            return -1;
        *ret_continued = true;
    } while (next.len);
    return 0;
}

int bl_kube_list(struct bl_kube_client *client, const struct bl_resource *resource,
                 const struct bl_kube_selection *selection, bl_kube_object_fn each, void *context,
                 struct bl_error **err)
{
    static const struct bl_kube_selection everything = {0};
    BL_AUTO(bl_strbuf_release) struct bl_strbuf version = BL_STRBUF_INIT(LIST_WORD_MAX);
    struct bl_list_call call = {.resource = resource,
                                .selection = selection ? selection : &everything,
                                .limit = LIST_PAGE,
                                .each = each,
                                .context = context};
    bool continued;

    return bl_list_all(client, &call, &version, &continued, err);
}
