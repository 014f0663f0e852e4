/** The serving certificate where it lies in files: read, shown, and read again when it changes. */
#ifndef BALLAST_WEBHOOK_PAIR_H
#define BALLAST_WEBHOOK_PAIR_H

#include "ballast/daemon/sources.h"
#include "ballast/serve/tls.h"

struct bl_pair_files {
    struct bl_tls *tls;     /* borrowed; NULL: there is no certificate in files */
    const char *cert, *key; /* borrowed */
    const struct bl_source_metrics *metrics;
    struct bl_complaint complaint;
};

/** Reads the pair and shows it from now on. */
BL_CHECK int bl_pair_read(const struct bl_pair_files *files, struct bl_error **err);
/** Reads it again; one that is broken is complained of, and the one before is shown on. */
void bl_pair_look(struct bl_pair_files *files);

#endif
