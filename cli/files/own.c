#include "own.h"

#include <string.h>

#include "ballast/backup/spec.h"
#include "ballast/base/mem.h"
#include "ballast/cluster/spec.h"

static int check_policy(const struct bl_decode *from, const cJSON *object, void *into,
                        struct bl_error **err)
{
    BL_AUTO(bl_policy_set_release) struct bl_policy_set set = {0};

    (void)into;
    return from->doc ? bl_policy_set_add(&set, from->file, from->doc, object, err)
                     : bl_policy_set_add_object(&set, object, err);
}

#define DEFINE_CHECK(kind)                                                                 \
    static int check_##kind(const struct bl_decode *from, const cJSON *object, void *into, \
                            struct bl_error **err)                                         \
    {                                                                                      \
        BL_AUTO(bl_##kind##_spec_release) struct bl_##kind##_spec spec = {0};              \
                                                                                           \
        (void)into;                                                                        \
        return bl_##kind##_spec_read(from, object, &spec, err);                            \
    }
DEFINE_CHECK(cluster)
DEFINE_CHECK(backup_plan)
DEFINE_CHECK(backup)
DEFINE_CHECK(restore)
#undef DEFINE_CHECK

static const struct {
    const struct bl_kind *kind;
    cli_own_reader *check;
} kinds[] = {
    {&bl_kind_kafka_policy, check_policy},           {&bl_kind_kafka_cluster, check_cluster},
    {&bl_kind_kafka_backup_plan, check_backup_plan}, {&bl_kind_kafka_backup, check_backup},
    {&bl_kind_kafka_restore, check_restore},
};

/* "FILE:7: …", and not "FILE: …". */
static bool has_line(const char *text, const char *file)
{
    size_t len = strlen(file);

    return strncmp(text, file, len) == 0 && text[len] == ':' && text[len + 1] >= '0' &&
           text[len + 1] <= '9';
}

/*
 * Paths count from the document, so that what lies in a List has the line of its beginning alone, and so has what lacks
 * something.
 */
int cli_own_read(const struct bl_manifest *manifest, const struct bl_item *item,
                 cli_own_reader *read, void *into, struct bl_error **err)
{
    const struct bl_document *document = &manifest->documents.items[item->document];
    const struct bl_place place = bl_manifest_place(manifest, item, "");
    const struct bl_decode inside = {place.file, document->yaml, ""}, alone = {0};
    BL_ERROR(failure);

    if (read(*item->pointer ? &alone : &inside, item->object, into, &failure) == 0)
        return 0;
    if (has_line(bl_error_text(failure), place.file)) {
        *err = BL_STEAL(failure);
        return -1;
    }
    bl_error_free(BL_STEAL(failure));
    return read(&alone, item->object, into, err) < 0 ? bl_wrap(err, "%s:%u", place.file, place.line)
                                                     : 0;
}

static void check(struct cli_input *input, const struct bl_item *item, cli_own_reader *reader)
{
    struct bl_document *document = &input->manifest.documents.items[item->document];
    BL_ERROR(err);

    /* A key that stands twice, of which the cluster would take the last one. */
    if (document->doubt)
        *BL_PUSH(&input->manifest.faults) = BL_STEAL(document->doubt);
    if (cli_own_read(&input->manifest, item, reader, NULL, &err) < 0)
        *BL_PUSH(&input->manifest.faults) = BL_STEAL(err);
}

/* Of our group, and of no kind that there is. */
static void refuse(struct cli_input *input, const struct bl_item *item)
{
    struct bl_place place = bl_manifest_place(&input->manifest, item, "");
    BL_ERROR(err);

    (void)bl_fail(&err, BL_ERR_INVALID, "%s:%u: " BL_API_GROUP " has no kind \"%.60s\"", place.file,
                  place.line, bl_object_ref(item->object).kind);
    (void)bl_hint(&err, "There are KafkaPolicy, KafkaCluster, KafkaBackupPlan, KafkaBackup and "
                        "KafkaRestore.");
    *BL_PUSH(&input->manifest.faults) = BL_STEAL(err);
}

static void check_object(struct cli_input *input, const struct bl_item *item)
{
    for (size_t k = 0; k < BL_ARRAY_LEN(kinds); k++) {
        if (bl_kind_is(kinds[k].kind, item->object)) {
            check(input, item, kinds[k].check);
            return;
        }
    }
    if (bl_object_is(item->object, BL_API_GROUP, bl_object_ref(item->object).kind))
        refuse(input, item);
}

void cli_check_own(struct cli_input *input)
{
    size_t len = input->before ? input->before : input->manifest.objects.len;

    for (size_t i = 0; i < len; i++)
        check_object(input, &input->manifest.objects.items[i]);
}
