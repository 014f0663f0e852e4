/* Broker settings, from wherever a distribution keeps them, in the order in which they count. */
#include "ballast/workload/workload.h"

#include "ballast/base/mem.h"
#include "json_help.h"
#include "recognise.h"
#include "unit.h"

static const struct {
    const char *why, *text, *property, *want;
} properties[] = {
    {"plain", "a=1\nb=2\n", "b", "2"},
    {"spaces", "  a  =  1 \n", "a", "1"},
    {"a colon", "a: 1\n", "a", "1"},
    {"nothing between", "a 1\n", "a", "1"},
    {"the last one counts", "a=1\na=2\n", "a", "2"},
    {"no value", "a=\n", "a", ""},
    {"a name that only begins alike", "ab=1\n", "a", NULL},
    {"a name that only ends alike", "ba=1\n", "a", NULL},
    {"a comment", "#a=1\n", "a", NULL},
    {"Windows line ends", "a=1\r\nb=2\r\n", "a", "1"},
    {"no line end", "a=1", "a", "1"},
    {"an equals sign in the value", "a=b=c\n", "a", "b=c"},
    {"nothing", "", "a", NULL},
};

START_TEST(reads_properties)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(properties); i++) {
        BL_AUTO_FREE char *value = bl_properties_get(properties[i].text, properties[i].property);

        BL_WHY(!value == !properties[i].want, properties[i].why);
        BL_WHY(!value || strcmp(value, properties[i].want) == 0, properties[i].why);
    }
}
END_TEST

#define POD_OF(image, container)                                                                 \
    "{'apiVersion':'v1','kind':'Pod','metadata':{'name':'k'},'spec':{'containers':[{'name':'k'," \
    "'image':'" image "'," container "}]}}"
#define POD(container) POD_OF("apache/kafka:3.9.0", container)
#define RUN "'command':['kafka-server-start.sh','/c'"

static const struct {
    const char *why, *pod, *value, *pointer;
} settings[] = {
    {"an argument", POD(RUN ",'--override','min.insync.replicas=2']"), "2",
     "/spec/containers/0/command/3"},
    {"an argument beats a variable",
     POD(RUN ",'--override','min.insync.replicas=2'],'env':[{'name':'KAFKA_MIN_INSYNC_REPLICAS',"
             "'value':'1'}]"),
     "2", "/spec/containers/0/command/3"},
    {"not every argument that looks like it", POD(RUN ",'min.insync.replicas=2']"), NULL, NULL},
    {"Bitnami's variable",
     POD(RUN "],'env':[{'name':'KAFKA_CFG_MIN_INSYNC_REPLICAS','value':'2'}]"), "2",
     "/spec/containers/0/env/0"},
    {"a plain one that Bitnami's image does not know",
     POD_OF("bitnami/kafka:3.6.1",
            RUN "],'env':[{'name':'KAFKA_MIN_INSYNC_REPLICAS','value':'2'}]"),
     NULL, NULL},
    {"on other images Bitnami's beats the other",
     POD(RUN "],'env':[{'name':'KAFKA_MIN_INSYNC_REPLICAS','value':'1'},"
             "{'name':'KAFKA_CFG_MIN_INSYNC_REPLICAS','value':'2'}]"),
     "2", "/spec/containers/0/env/1"},
    {"of one name the last counts",
     POD(RUN "],'env':[{'name':'KAFKA_MIN_INSYNC_REPLICAS','value':'1'},"
             "{'name':'KAFKA_MIN_INSYNC_REPLICAS','value':'2'}]"),
     "2", "/spec/containers/0/env/1"},
    {"an empty one is not set",
     POD(RUN "],'env':[{'name':'KAFKA_MIN_INSYNC_REPLICAS','value':''}]"), NULL, NULL},
    {"a name that only begins alike",
     POD(RUN "],'env':[{'name':'KAFKA_MIN_INSYNC_REPLICAS_X','value':'2'}]"), NULL, NULL},
    {"a file in a variable",
     POD(RUN "],'env':[{'name':'KAFKA_CONFIGURATION','value':'a=1\\nmin.insync.replicas=2\\n'}]"),
     "2", "/spec/containers/0/env/0/value"},
};

START_TEST(finds_settings)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(settings); i++) {
        BL_AUTO_JSON cJSON *pod = help_json(settings[i].pod);
        struct bl_workload *workload = bl_workload_recognise(pod, NULL, false);
        struct bl_setting setting;
        bool set = bl_workload_setting(workload, NULL, "min.insync.replicas", &setting);

        BL_WHY(workload->role == BL_ROLE_BROKER, settings[i].why);
        BL_WHY(set == (settings[i].value != NULL), settings[i].why);
        BL_WHY(!set || strcmp(setting.value, settings[i].value) == 0, settings[i].why);
        BL_WHY(!set || strcmp(setting.pointer, settings[i].pointer) == 0, settings[i].why);
        bl_setting_release(&setting);
        bl_workload_free(workload);
    }
}
END_TEST

/* It knows a few by an old name, and copies that over the new one. */
START_TEST(an_old_name_outranks_a_new_one_on_bitnamis_image)
{
    BL_AUTO_JSON cJSON *pod = help_json(POD_OF(
        "bitnami/kafka:3.6.1", "'env':[{'name':'KAFKA_CFG_LISTENERS','value':'PLAINTEXT://:9092'},"
                               "{'name':'KAFKA_DEFAULT_REPLICATION_FACTOR','value':'1'},"
                               "{'name':'KAFKA_CFG_DEFAULT_REPLICATION_FACTOR','value':'3'}]"));
    struct bl_workload *workload = bl_workload_recognise(pod, NULL, false);
    struct bl_setting setting;

    ck_assert(bl_workload_setting(workload, NULL, "default.replication.factor", &setting));
    ck_assert_str_eq(setting.value, "1");
    ck_assert_str_eq(setting.pointer, "/spec/containers/0/env/1");
    ck_assert_int_eq(setting.place, BL_PLACE_VARIABLE);
    bl_setting_release(&setting);
    bl_workload_free(workload);
}
END_TEST

START_TEST(knows_that_a_secret_sets_it)
{
    BL_AUTO_JSON cJSON *pod = help_json(
        POD(RUN "],'env':[{'name':'KAFKA_MIN_INSYNC_REPLICAS','valueFrom':{'secretKeyRef':{}}}]"));
    struct bl_workload *workload = bl_workload_recognise(pod, NULL, false);
    struct bl_setting setting;

    ck_assert(bl_workload_setting(workload, NULL, "min.insync.replicas", &setting));
    ck_assert_ptr_null(setting.value);
    bl_setting_release(&setting);
    bl_workload_free(workload);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("policies/settings");
    TCase *tests = tcase_create("settings");

    tcase_add_test(tests, reads_properties);
    tcase_add_test(tests, finds_settings);
    tcase_add_test(tests, an_old_name_outranks_a_new_one_on_bitnamis_image);
    tcase_add_test(tests, knows_that_a_secret_sets_it);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
