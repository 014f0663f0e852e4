/* Which partitions the canary's topic lacks. What goes through them is in tests/kafka. */
#include "canary.h"

#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/strbuf.h"
#include "unit.h"

static const struct {
    const char *why, *brokers, *first; /* the first replica of each partition that there is */
    const char *missing;               /* the replicas of each, with commas between */
} rows[] = {
    {"no topic yet", "123", "", "123,231,312"},
    {"one broker", "7", "", "7"},
    {"two brokers", "12", "", "12,21"},
    {"more than three", "1234", "", "123,234,341,412"},
    {"all is there", "123", "312", ""},
    {"a new broker", "1234", "123", "412"},
    {"two partitions of one broker", "12", "11", "21"},
    {"a broker that is down is not asked for", "13", "123", ""},
};

START_TEST(planned)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(rows); i++) {
        BL_AUTO(bl_cluster_release) struct bl_cluster cluster = {0};
        BL_AUTO(bl_canary_plan_release) struct bl_canary_plan plan = {0};
        BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(4096);

        for (const char *id = rows[i].brokers; *id; id++)
            BL_PUSH(&cluster.brokers)->id = *id - '0';
        if (*rows[i].first)
            BL_PUSH(&cluster.topics)->name = bl_strdup(BL_CANARY_TOPIC);
        for (const char *id = rows[i].first; *id; id++) {
            struct bl_partition *partition = BL_PUSH(&cluster.topics.items[0].partitions);

            *BL_PUSH(&partition->replicas) = *id - '0';
        }
        bl_canary_plan(&cluster, bl_cluster_topic(&cluster, BL_CANARY_TOPIC), &plan);
        BL_WHY(plan.existing == strlen(rows[i].first), rows[i].why);
        for (size_t m = 0; m < plan.missing.len; m++) {
            bl_strbuf_adds(&text, m ? "," : "");
            for (size_t r = 0; r < plan.missing.items[m].len; r++)
                bl_strbuf_addf(&text, "%d", plan.missing.items[m].items[r]);
        }
        ck_assert_msg(strcmp(text.text, rows[i].missing) == 0, "%s: %s", rows[i].why, text.text);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kafka/canary");
    TCase *tests = tcase_create("canary");

    tcase_add_test(tests, planned);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
