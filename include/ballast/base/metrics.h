/**
 * Counters, gauges and histograms in Prometheus' text format (version 0.0.4).
 *
 * A metric's label values are fixed in a table when it is registered, so that a busy cluster cannot make
 * more series: what is not in the table does not exist. Updates are atomic and take no lock, so that they
 * may stand on the path of every request.
 */
#ifndef BALLAST_BASE_METRICS_H
#define BALLAST_BASE_METRICS_H

#include <stdint.h>

#include "ballast/base/strbuf.h"

struct bl_metrics;
struct bl_metric;

enum bl_metric_type {
    BL_METRIC_COUNTER = 1,
    BL_METRIC_GAUGE,
    BL_METRIC_HISTOGRAM, /* of seconds; observed in nanoseconds */
};

/** Most labels that one metric has. */
#define BL_METRIC_LABELS 3

struct bl_metric_label {
    const char *name;
    const char *const *values; /* NULL-terminated; borrowed for ever */
};

struct bl_metric_spec {
    const char *name, *help;
    enum bl_metric_type type;
    struct bl_metric_label labels[BL_METRIC_LABELS];
    /** Of a histogram: upper bounds in nanoseconds, ascending, up to 0. NULL: 50 µs to 10 s. */
    const int64_t *bounds;
    /** Of a gauge: what is shown is the value divided by this; 0 counts as 1. */
    int64_t divisor;
};

BL_NONNULL struct bl_metrics *bl_metrics_new(void);
void bl_metrics_free(struct bl_metrics *metrics);
BL_DEFINE_CLEANUP(struct bl_metrics *, bl_metrics_cleanup, bl_metrics_free)

/** Registers one. The spec's strings are borrowed for ever. Not while threads update others. */
BL_NONNULL struct bl_metric *bl_metrics_add(struct bl_metrics *metrics,
                                            const struct bl_metric_spec *spec);

#define BL_METRIC_LABEL(name, values) ((struct bl_metric_label){name, values})
#define BL_METRIC_NO_LABEL ((struct bl_metric_label){0})

/** The same for one that needs no more than two labels. */
BL_NONNULL struct bl_metric *bl_metrics_make(struct bl_metrics *metrics, enum bl_metric_type type,
                                             const char *name, const char *help,
                                             struct bl_metric_label first,
                                             struct bl_metric_label second);

/**
 * `a`, `b`, `c` are indexes into the values of the labels; those of labels that it does not have are 0.
 */
void bl_metric_add(struct bl_metric *metric, int64_t amount, size_t a, size_t b, size_t c);
void bl_metric_set(struct bl_metric *metric, int64_t value, size_t a, size_t b, size_t c);
void bl_metric_observe(struct bl_metric *metric, int64_t nanoseconds, size_t a, size_t b, size_t c);
/** The value of a counter or gauge, or how often a histogram was fed. For tests and decisions. */
int64_t bl_metric_get(const struct bl_metric *metric, size_t a, size_t b, size_t c);

/**
 * Appends all of them, in the order in which they were registered. Of a metric with labels, counters that are 0
 * and gauges that were never set are left out.
 */
void bl_metrics_render(const struct bl_metrics *metrics, struct bl_strbuf *out);
/** Appends those of the process: memory, CPU, descriptors, and which version it is. */
void bl_metrics_render_process(struct bl_strbuf *out, const char *version);

#endif
