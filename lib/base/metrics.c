#include "ballast/base/metrics.h"

#include <assert.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <string.h>

#include "ballast/base/mem.h"

#define MS INT64_C(1000000)
#define NANO INT64_C(1000000000)
/* Of a gauge that was never set. */
#define UNSET INT64_MIN

/* From far below the budget of a decision to the longest time-out that an API server allows. */
static const int64_t default_bounds[] = {
    MS / 20, MS / 10, MS / 4,   MS / 2,   MS,       5 * MS / 2, 5 * MS,     10 * MS,
    25 * MS, 50 * MS, 100 * MS, 250 * MS, 500 * MS, 1000 * MS,  10000 * MS, 0};

struct bl_metric {
    struct bl_metric_spec spec;
    size_t counts[BL_METRIC_LABELS]; /* values of each label; 1 for a label that is not there */
    size_t series;
    size_t bounds; /* of a histogram */
    /* For each series one value; for a histogram its buckets (not added up), then the sum. */
    atomic_int_least64_t *values;
    size_t width;
};

struct bl_metrics {
    struct bl_metric **items;
    size_t len, cap;
};

struct bl_metrics *bl_metrics_new(void)
{
    return BL_NEW(struct bl_metrics);
}

void bl_metrics_free(struct bl_metrics *metrics)
{
    if (!metrics)
        return;
    for (size_t i = 0; i < metrics->len; i++) {
        free(metrics->items[i]->values);
        free(metrics->items[i]);
    }
    free(metrics->items);
    free(metrics);
}

struct bl_metric *bl_metrics_add(struct bl_metrics *metrics, const struct bl_metric_spec *spec)
{
    struct bl_metric *metric = BL_NEW(struct bl_metric);

    metric->spec = *spec;
    metric->series = 1;
    for (size_t i = 0; i < BL_METRIC_LABELS; i++) {
        metric->counts[i] = 0;
        while (spec->labels[i].name && spec->labels[i].values[metric->counts[i]])
            metric->counts[i]++;
        if (!metric->counts[i])
            metric->counts[i] = 1;
        metric->series *= metric->counts[i];
    }
    if (spec->type == BL_METRIC_HISTOGRAM) {
        if (!spec->bounds)
            metric->spec.bounds = default_bounds;
        while (metric->spec.bounds[metric->bounds])
            metric->bounds++;
        metric->width = metric->bounds + 2; /* one for what is above all bounds, one for the sum */
    } else {
        metric->width = 1;
    }
    metric->values = bl_alloc(metric->series * metric->width, sizeof(*metric->values));
    for (size_t i = 0; spec->type == BL_METRIC_GAUGE && i < metric->series; i++)
        atomic_init(&metric->values[i], UNSET);
    *BL_PUSH(metrics) = metric;
    return metric;
}

struct bl_metric *bl_metrics_make(struct bl_metrics *metrics, enum bl_metric_type type,
                                  const char *name, const char *help, struct bl_metric_label first,
                                  struct bl_metric_label second)
{
    struct bl_metric_spec spec = {
        .name = name, .help = help, .type = type, .labels = {first, second}};

    return bl_metrics_add(metrics, &spec);
}

static atomic_int_least64_t *values_of(const struct bl_metric *metric, size_t a, size_t b, size_t c)
{
    assert(a < metric->counts[0] && b < metric->counts[1] && c < metric->counts[2]);
    return metric->values + ((a * metric->counts[1] + b) * metric->counts[2] + c) * metric->width;
}

void bl_metric_add(struct bl_metric *metric, int64_t amount, size_t a, size_t b, size_t c)
{
    int64_t unset = UNSET;

    if (metric->spec.type == BL_METRIC_GAUGE)
        (void)atomic_compare_exchange_strong(values_of(metric, a, b, c), &unset, 0);
    atomic_fetch_add_explicit(values_of(metric, a, b, c), amount, memory_order_relaxed);
}

void bl_metric_set(struct bl_metric *metric, int64_t value, size_t a, size_t b, size_t c)
{
    atomic_store_explicit(values_of(metric, a, b, c), value, memory_order_relaxed);
}

void bl_metric_observe(struct bl_metric *metric, int64_t nanoseconds, size_t a, size_t b, size_t c)
{
    atomic_int_least64_t *values = values_of(metric, a, b, c);
    size_t bucket = 0;

    while (bucket < metric->bounds && nanoseconds > metric->spec.bounds[bucket])
        bucket++;
    atomic_fetch_add_explicit(&values[bucket], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&values[metric->bounds + 1], nanoseconds, memory_order_relaxed);
}

static int64_t load(const atomic_int_least64_t *value)
{
    int64_t now = atomic_load_explicit(value, memory_order_relaxed);

    return now == UNSET ? 0 : now;
}

/* How often a histogram was fed; the value itself of the others. */
static int64_t total_of(const struct bl_metric *metric, const atomic_int_least64_t *values)
{
    int64_t total = 0;

    if (metric->spec.type != BL_METRIC_HISTOGRAM)
        return load(values);
    for (size_t i = 0; i <= metric->bounds; i++)
        total += load(&values[i]);
    return total;
}

int64_t bl_metric_get(const struct bl_metric *metric, size_t a, size_t b, size_t c)
{
    return total_of(metric, values_of(metric, a, b, c));
}

/* "0.0025" for 2.5 ms: exact, without the zeros at the end. */
static void add_decimal(struct bl_strbuf *out, int64_t value, int64_t divisor)
{
    int64_t rest = value % divisor;

    bl_strbuf_addf(out, "%" PRId64, value / divisor);
    if (rest < 0)
        rest = -rest;
    if (!rest)
        return;
    bl_strbuf_addc(out, '.');
    while (rest) {
        rest *= 10;
        bl_strbuf_addc(out, (char)('0' + rest / divisor));
        rest %= divisor;
    }
}

/* {a="x",le="0.1"}, or nothing. `le` in nanoseconds; 0: none, -1: +Inf. */
static void add_labels(struct bl_strbuf *out, const struct bl_metric *metric, size_t series,
                       int64_t le)
{
    size_t at[BL_METRIC_LABELS];
    char separator = '{';

    for (size_t i = BL_METRIC_LABELS; i-- > 0; series /= metric->counts[i])
        at[i] = series % metric->counts[i];
    for (size_t i = 0; i < BL_METRIC_LABELS && metric->spec.labels[i].name; i++) {
        bl_strbuf_addf(out, "%c%s=\"%s\"", separator, metric->spec.labels[i].name,
                       metric->spec.labels[i].values[at[i]]);
        separator = ',';
    }
    if (le) {
        bl_strbuf_addf(out, "%cle=\"", separator);
        if (le < 0)
            bl_strbuf_adds(out, "+Inf");
        else
            add_decimal(out, le, NANO);
        bl_strbuf_addc(out, '"');
        separator = ',';
    }
    if (separator == ',')
        bl_strbuf_addc(out, '}');
}

static void add_line(struct bl_strbuf *out, const struct bl_metric *metric, const char *suffix,
                     size_t series, int64_t le, int64_t value, int64_t divisor)
{
    bl_strbuf_addf(out, "%s%s", metric->spec.name, suffix);
    add_labels(out, metric, series, le);
    bl_strbuf_addc(out, ' ');
    add_decimal(out, value, divisor);
    bl_strbuf_addc(out, '\n');
}

static void render_histogram(const struct bl_metric *metric, size_t series, struct bl_strbuf *out)
{
    const atomic_int_least64_t *values = metric->values + series * metric->width;
    int64_t so_far = 0;

    for (size_t i = 0; i <= metric->bounds; i++) {
        so_far += load(&values[i]);
        add_line(out, metric, "_bucket", series, i < metric->bounds ? metric->spec.bounds[i] : -1,
                 so_far, 1);
    }
    add_line(out, metric, "_sum", series, 0, load(&values[metric->bounds + 1]), NANO);
    add_line(out, metric, "_count", series, 0, so_far, 1);
}

/* A gauge that was set says so at 0 too; of counters most never count. */
static bool says_anything(const struct bl_metric *metric, const atomic_int_least64_t *values)
{
    return metric->spec.type == BL_METRIC_GAUGE
               ? atomic_load_explicit(values, memory_order_relaxed) != UNSET
               : total_of(metric, values) != 0;
}

static void render(const struct bl_metric *metric, struct bl_strbuf *out)
{
    static const char *const types[] = {"", "counter", "gauge", "histogram"};
    int64_t divisor = metric->spec.divisor ? metric->spec.divisor : 1;

    bl_strbuf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", metric->spec.name, metric->spec.help,
                   metric->spec.name, types[metric->spec.type]);
    for (size_t series = 0; series < metric->series; series++) {
        const atomic_int_least64_t *values = metric->values + series * metric->width;

        if (metric->series > 1 && !says_anything(metric, values))
            continue;
        if (metric->spec.type == BL_METRIC_HISTOGRAM)
            render_histogram(metric, series, out);
        else
            add_line(out, metric, "", series, 0, load(values), divisor);
    }
}

void bl_metrics_render(const struct bl_metrics *metrics, struct bl_strbuf *out)
{
    for (size_t i = 0; i < metrics->len; i++)
        render(metrics->items[i], out);
}
