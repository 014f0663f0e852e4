/* The clusters of a namespace, where somebody wrote what nobody means. */
#include "kafka/topology.h"

#include "ballast/api/pod.h"
#include "ballast/base/mem.h"
#include "json_help.h"
#include "unit.h"

#define SET(name, spec)                                                                            \
    "{'apiVersion':'apps/v1','kind':'StatefulSet','metadata':{'name':'" name                       \
    "','namespace':'k'},'spec':{" spec ",'serviceName':'s','template':{'metadata':{'labels':{'a':" \
    "'" name "'}},'spec':{'containers':[{'name':'k','command':['kafka-server-start.sh']}]}}}}"

static void read(const cJSON *const *objects, size_t len, struct bl_topology *topology)
{
    struct bl_policy_set set = {0};

    bl_topology_read(
        &(struct bl_topology_input){
            .set = &set, .namespace = "k", .objects = objects, .objects_len = len, .today = 20000},
        topology);
}

START_TEST(replicas_are_what_anybody_wrote)
{
    BL_AUTO_JSON cJSON *set = help_json(SET("kafka", "'replicas':2147483647"));
    BL_AUTO(bl_topology_release) struct bl_topology topology = {0};

    read((const cJSON *const *)&set, 1, &topology);
    ck_assert(!topology.too_large);
    ck_assert_uint_eq(topology.clusters.len, 1);
    ck_assert_uint_eq(topology.clusters.items[0].pods.len, BL_MISSING_NAMED);
    ck_assert_int_eq(topology.clusters.items[0].members.items[0].missing, INT32_MAX);
}
END_TEST

/* Each names a Service that is not in sight and governs all: each is held against each. */
START_TEST(a_full_namespace_is_skipped)
{
    const size_t many = 4000;
    BL_AUTO_FREE const cJSON **objects = bl_alloc(many, sizeof(*objects));
    BL_AUTO(bl_topology_release) struct bl_topology topology = {0};

    for (size_t i = 0; i < many; i++) {
        BL_AUTO_FREE char *text = bl_asprintf(
            "{'apiVersion':'apps/"
            "v1','kind':'StatefulSet','metadata':{'name':'k-%zu','namespace':'k'"
            "},'spec':{'serviceName':'s','template':{'metadata':{'labels':{'a':'k'}},'spec':{"
            "'containers':[{'name':'k','command':['kafka-server-start.sh'],'env':[{'name':"
            "'KAFKA_CONTROLLER_QUORUM_VOTERS','value':'0@s:1,1@s:1,2@s:1,3@s:1,4@s:1,5@s:1,6@s:1'}]"
            "}]}}}}",
            i);

        objects[i] = help_json(text);
    }
    read(objects, many, &topology);
    ck_assert(topology.too_large);
    ck_assert_uint_eq(topology.clusters.len, 0);
    for (size_t i = 0; i < many; i++)
        cJSON_Delete((cJSON *)(uintptr_t)objects[i]);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("controller/topology");
    TCase *tests = tcase_create("topology");

    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, replicas_are_what_anybody_wrote);
    tcase_add_test(tests, a_full_namespace_is_skipped);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
