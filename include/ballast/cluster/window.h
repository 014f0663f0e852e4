/**
 * When an upgrade may begin: hours of the week, in UTC, as the maintenance windows of GKE are. Other zones would need their
 * own calendar with the program, and a change of the clocks would move the work of a night by an hour unasked.
 */
#ifndef BALLAST_CLUSTER_WINDOW_H
#define BALLAST_CLUSTER_WINDOW_H

#include "ballast/cluster/spec.h"

/** Is it open at `now`, in seconds since 1970? One that is not given always is. Else `*ret_opens` is when it opens next. Pure. */
bool bl_window_is_open(const struct bl_window *window, int64_t now, int64_t *ret_opens);

/** Reads "22:30", in seconds since midnight. */
BL_CHECK int bl_window_read_start(const char *text, int64_t *ret_seconds, struct bl_error **err);

#endif
