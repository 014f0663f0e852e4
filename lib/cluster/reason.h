/** What Helm says when it fails, as far as it may be told. Pure. */
#ifndef BALLAST_CLUSTER_REASON_H
#define BALLAST_CLUSTER_REASON_H

#include "ballast/base/error.h"
#include "ballast/base/strbuf.h"

/**
 * The last reason on its standard error, in one line: with the places where values do not meet a chart's schema, and without
 * the values themselves. For free().
 */
BL_NONNULL char *bl_helm_reason(const struct bl_strbuf *errors);
/** UNAVAILABLE where it speaks of a server that is away and comes back by itself. */
enum bl_errcode bl_helm_code(const char *reason);

/** A message of the API server's without the values that it calls invalid. For free(). */
BL_NONNULL char *bl_without_values(const char *message);

#endif
