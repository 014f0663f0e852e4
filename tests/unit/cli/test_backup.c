/* What is said of a backup and a restore, as a function of what the service has. */
#include "backup/verb.h"

#include "json_help.h"

#define NAME "'name':'projects/p/locations/l/backupPlans/k/backups/one'"
#define RESTORE "'name':'projects/p/locations/l/restorePlans/k/restores/one'"
#define DONE "{'state':'SUCCEEDED','storageBytes':'1073741824'}"

static const struct {
    const char *why;
    const struct cli_gke *what;
    const char *resource, *volumes, *line;
} lines[] = {
    {"nothing is known yet", &cli_gke_backup, "{" NAME ",'state':'CREATING'}", NULL,
     "one: CREATING\n"},
    {"on its way", &cli_gke_backup, "{" NAME ",'state':'IN_PROGRESS'}",
     "[" DONE ",{'state':'UPLOADING','storageBytes':'536870912'},{'state':'SNAPSHOTTING'}]",
     "one: IN_PROGRESS, 1 of 3 volumes copied, 1.5 GiB\n"},
    {"one volume", &cli_gke_backup, "{" NAME ",'state':'IN_PROGRESS'}", "[{'state':'UPLOADING'}]",
     "one: IN_PROGRESS, 0 of 1 volume copied\n"},
    {"the whole size is the service's", &cli_gke_backup,
     "{" NAME ",'state':'SUCCEEDED','sizeBytes':'2147483648'}", "[" DONE "]",
     "one: SUCCEEDED, 1 of 1 volume copied, 2.0 GiB\n"},
    {"a state that is newer than we are", &cli_gke_backup, "{" NAME ",'state':'ENCRYPTING'}", "[]",
     "one: ENCRYPTING\n"},
    {"no state", &cli_gke_backup, "{" NAME "}", "[]", "one: in no state that the service tells\n"},
    {"a restore", &cli_gke_restore,
     "{" RESTORE ",'state':'IN_PROGRESS','resourcesRestoredCount':1}", "[{'state':'RESTORING'}]",
     "one: IN_PROGRESS, 1 object restored, 0 of 1 volume restored\n"},
    {"what is no resource at all", &cli_gke_backup, "{'name':7,'state':[]}", "[7,null,'x']",
     ": in no state that the service tells, 0 of 3 volumes copied\n"},
};

START_TEST(line)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_AUTO_JSON cJSON *resource = help_json(lines[_i].resource);
    BL_AUTO_JSON cJSON *volumes = lines[_i].volumes ? help_json(lines[_i].volumes) : NULL;

    cli_gke_line(lines[_i].what, resource, volumes, &out);
    ck_assert_msg(strcmp(out.text, lines[_i].line) == 0, "%s: %s", lines[_i].why, out.text);
}
END_TEST

static const struct {
    const char *why;
    const struct cli_gke *what;
    const char *resource, *volumes, *says, *not ;
} texts[] = {
    {"proof", &cli_gke_backup, "{" NAME ",'labels':{'ballast-note':'1f0c','team':'x','n':7}}", NULL,
     "  proof   proven by note 1f0c\n  labels  team=x\n", "ballast-note"},
    {"no proof", &cli_gke_backup, "{" NAME ",'labels':{'a':'b','c':'d'}}", NULL,
     "labels  a=b, c=d\n", "proof"},
    {"times", &cli_gke_backup,
     "{" NAME ",'createTime':'2026-11-30T10:00:00Z','completeTime':'2026-11-30T10:05:00.5Z'}", NULL,
     "over   2026-11-30T10:05:00.5Z, after 5 min\n", "until"},
    {"expiry", &cli_gke_backup,
     "{" NAME ",'deleteLockExpireTime':'2026-12-02T10:00:00Z','retainExpireTime':'2026-12-07T1'}",
     NULL, "locked until  2026-12-02T10:00:00Z\n  kept until    2026-12-07T1\n", "over"},
    {"a reason without a code", &cli_gke_backup, "{" NAME ",'stateReason':'no PVC'}", NULL,
     "reason  no PVC\n", "code"},
    {"a code without a reason", &cli_gke_restore,
     "{" RESTORE
     ",'troubleshootingInfo':{'stateReasonCode':'200010301','stateReasonUri':'https:x'}}",
     NULL, "reason   code 200010301\n  hint     An admission webhook", "("},
    {"a code that is new", &cli_gke_restore,
     "{" RESTORE ",'stateReason':'x','troubleshootingInfo':{'stateReasonCode':'9'}}", NULL,
     "reason  x (code 9)\n", "hint"},
    {"volumes", &cli_gke_backup, "{" NAME "}",
     "[{'name':'a/b/pv-0','sourcePvc':{'namespace':'k','name':'data-0'},'state':'FAILED',"
     "'stateMessage':'gone','diskSizeBytes':'1024'},{'name':'a/b/pv-1'}]",
     "  VOLUME    STATE   DISK     COPY  MESSAGE\n"
     "  k/data-0  FAILED  1.0 KiB  -     gone\n"
     "  pv-1      -       -        -     -\n",
     "hint"},
    {"counts", &cli_gke_restore,
     "{" RESTORE ",'resourcesRestoredCount':40,'volumesRestoredCount':1,'resourcesFailedCount':1}",
     NULL, "objects  40 objects restored, 1 volume restored, 1 object FAILED\n", "size"},
};

START_TEST(text)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_AUTO_JSON cJSON *resource = help_json(texts[_i].resource);
    BL_AUTO_JSON cJSON *volumes = texts[_i].volumes ? help_json(texts[_i].volumes) : NULL;

    cli_gke_text(texts[_i].what, resource, volumes, &out);
    ck_assert_msg(strstr(out.text, texts[_i].says), "%s: %s", texts[_i].why, out.text);
    ck_assert_msg(!strstr(out.text, texts[_i].not ), "%s: %s", texts[_i].why, out.text);
}
END_TEST

START_TEST(table)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_AUTO_JSON cJSON *backups = help_json("[{" NAME ",'state':'NEW'},{'name':'odd'}]");
    BL_AUTO_JSON cJSON *restores = help_json("[{" RESTORE ",'backup':'a/b'}]");

    cli_gke_table(&cli_gke_backup, backups, &out);
    cli_gke_table(&cli_gke_restore, restores, &out);
    ck_assert_msg(strstr(out.text, "one     k     l         NEW "), "%s", out.text);
    ck_assert_msg(strstr(out.text, "odd     -     -"), "%s", out.text);
    ck_assert_msg(strstr(out.text, "-      -     b\n"), "%s", out.text);
}
END_TEST

static const struct {
    const char *why, *resource, *text, *hint;
} troubles[] = {
    {"it says why",
     "{" NAME ",'state':'FAILED','stateReason':'no PVC','troubleshootingInfo':{'stateReasonCode':"
     "'200010302'}}",
     "/one FAILED: no PVC (code 200010302)", "denied an object"},
    {"it does not", "{" NAME ",'state':'FAILED'}", "FAILED: the service gives no reason", NULL},
    {"it goes", "{" NAME ",'state':'DELETING'}", "/one is DELETING", NULL},
};

START_TEST(trouble)
{
    BL_AUTO_JSON cJSON *resource = help_json(troubles[_i].resource);
    BL_ERROR(err);

    ck_assert_int_eq(cli_gke_trouble(&cli_gke_backup, resource, &err), -1);
    BL_WHY(strstr(bl_error_text(err), troubles[_i].text), troubles[_i].why);
    if (troubles[_i].hint)
        BL_WHY(strstr(bl_error_hint(err), troubles[_i].hint), troubles[_i].why);
    else
        BL_WHY(!bl_error_hint(err), troubles[_i].why);
}
END_TEST

#define FULL "projects/p/locations/l/backupPlans/k/backups/one"

static const struct {
    const char *why;
    struct cli_gke_call call;
    bool agrees;
} agreements[] = {
    {"nothing else is said", {0}, true},
    {"all the same", {.plan = "k", .location = "l", .project = "p"}, true},
    {"its plan's full name", {.plan = "projects/p/locations/l/backupPlans/k"}, true},
    {"another plan's", {.plan = "projects/p/locations/l/backupPlans/kk"}, false},
    {"a beginning is no plan", {.plan = "projects/p/locations/l/backupPlans/"}, false},
    {"another plan", {.plan = "kk"}, false},
    {"another location", {.location = "-"}, false},
    {"another project", {.project = "pp"}, false},
};

START_TEST(agreement)
{
    struct cli_gke_call call = agreements[_i].call;
    BL_ERROR(err);

    call.what = &cli_gke_backup;
    BL_WHY((cli_gke_agree(&call, FULL, &err) == 0) == agreements[_i].agrees, agreements[_i].why);
}
END_TEST

START_TEST(parts)
{
    static const char *const wanted[] = {"projects",    "p", "locations", "l",
                                         "backupPlans", "k", "backups",   "one"};

    for (unsigned i = 0; i < BL_ARRAY_LEN(wanted); i++) {
        BL_AUTO_FREE char *part = cli_gke_part(FULL, i);

        ck_assert_str_eq(part, wanted[i]);
    }
    ck_assert_ptr_null(cli_gke_part(FULL, BL_ARRAY_LEN(wanted)));
}
END_TEST

START_TEST(body)
{
    struct cli_gke_call none = {.what = &cli_gke_backup};
    struct cli_gke_call all = {.what = &cli_gke_backup,
                               .backup = "b",
                               .description = "d",
                               .retain_days = 7,
                               .lock_days = 2};
    BL_AUTO_JSON cJSON *empty = cli_gke_body(&none), *full = cli_gke_body(&all);
    BL_AUTO_FREE char *sent = help_text(full);

    ck_assert_uint_eq(bl_json_len(empty), 0);
    ck_assert_str_eq(sent, "{'backup':'b','description':'d','retainDays':7,'deleteLockDays':2}");
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("cli/backup");
    TCase *tests = tcase_create("pure");

    tcase_add_loop_test(tests, line, 0, (int)BL_ARRAY_LEN(lines));
    tcase_add_loop_test(tests, text, 0, (int)BL_ARRAY_LEN(texts));
    tcase_add_test(tests, table);
    tcase_add_loop_test(tests, trouble, 0, (int)BL_ARRAY_LEN(troubles));
    tcase_add_loop_test(tests, agreement, 0, (int)BL_ARRAY_LEN(agreements));
    tcase_add_test(tests, parts);
    tcase_add_test(tests, body);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
