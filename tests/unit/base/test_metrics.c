#include "ballast/base/metrics.h"

#include <string.h>

#include "unit.h"

static const char *const paths[] = {"a", "b", NULL};
static const char *const codes[] = {"200", "500", NULL};

START_TEST(renders_what_prometheus_reads)
{
    static const int64_t bounds[] = {1000000, 2500000, 0};
    BL_AUTO(bl_metrics_cleanup) struct bl_metrics *metrics = bl_metrics_new();
    BL_AUTO(bl_strbuf_release) struct bl_strbuf text = BL_STRBUF_INIT(65536);
    struct bl_metric_spec counter = {.name = "c_total",
                                     .help = "Counts.",
                                     .type = BL_METRIC_COUNTER,
                                     .labels = {{"path", paths}, {"code", codes}}};
    struct bl_metric_spec gauge = {
        .name = "g", .help = "Level.", .type = BL_METRIC_GAUGE, .divisor = 1000};
    struct bl_metric_spec histogram = {
        .name = "h_seconds", .help = "Time.", .type = BL_METRIC_HISTOGRAM, .bounds = bounds};
    struct bl_metric_spec labelled = {
        .name = "l", .help = "Levels.", .type = BL_METRIC_GAUGE, .labels = {{"path", paths}}};
    struct bl_metric *l = bl_metrics_add(metrics, &labelled);
    struct bl_metric *c = bl_metrics_add(metrics, &counter), *g = bl_metrics_add(metrics, &gauge),
                     *h = bl_metrics_add(metrics, &histogram);

    bl_metric_set(l, 0, 0, 0, 0);
    bl_metric_add(c, 2, 1, 0, 0);
    bl_metric_set(g, -1500, 0, 0, 0);
    bl_metric_observe(h, 1000000, 0, 0, 0);
    bl_metric_observe(h, 2000000, 0, 0, 0);
    bl_metric_observe(h, 9000000, 0, 0, 0);
    bl_metrics_render(metrics, &text);
    ck_assert_str_eq(text.text, "# HELP l Levels.\n"
                                "# TYPE l gauge\n"
                                "l{path=\"a\"} 0\n"
                                "# HELP c_total Counts.\n"
                                "# TYPE c_total counter\n"
                                "c_total{path=\"b\",code=\"200\"} 2\n"
                                "# HELP g Level.\n"
                                "# TYPE g gauge\n"
                                "g -1.5\n"
                                "# HELP h_seconds Time.\n"
                                "# TYPE h_seconds histogram\n"
                                "h_seconds_bucket{le=\"0.001\"} 1\n"
                                "h_seconds_bucket{le=\"0.0025\"} 2\n"
                                "h_seconds_bucket{le=\"+Inf\"} 3\n"
                                "h_seconds_sum 0.012\n"
                                "h_seconds_count 3\n");
    ck_assert_int_eq(bl_metric_get(h, 0, 0, 0), 3);
    ck_assert_int_eq(bl_metric_get(c, 0, 0, 0), 0);
    ck_assert_int_eq(bl_metric_get(l, 1, 0, 0), 0);
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("base/metrics");
    TCase *tests = tcase_create("metrics");

    tcase_add_test(tests, renders_what_prometheus_reads);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
