/**
 * Where charts may come from: patterns that whoever runs Ballast has written. Pure.
 *
 * A pattern is a scheme, a host and a path, each compared apart: "oci://registry.example.com/charts/kafka-*". Of the path *
 * stands for anything; of the host for what is before it, as in "*.example.com", and never for an address of the machine
 * itself, of its link, or for the metadata of its cloud. Those are allowed only where they are written out.
 */
#ifndef BALLAST_CLUSTER_SOURCE_H
#define BALLAST_CLUSTER_SOURCE_H

#include <stdbool.h>

#include "ballast/base/error.h"

/** Fails with what a pattern has to be. */
BL_CHECK int bl_chart_source_check(const char *pattern, struct bl_error **err);

/** `*ret_plain`: without TLS, as the pattern begins with http. `patterns` is up to NULL, or NULL. */
bool bl_chart_source_allows(const char *const *patterns, const char *url, bool *ret_plain);

#endif
