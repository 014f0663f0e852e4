/** IntOrString: 1 or "25%" (k8s.io/apimachinery/pkg/util/intstr), rounded as the controllers round. */
#ifndef BALLAST_OBJECT_INTSTR_H
#define BALLAST_OBJECT_INTSTR_H

#include "ballast/json/json.h"

struct bl_intstr {
    int64_t value; /* the number, or the percentage */
    bool percent;
};

/** Refuses strings that are no percentage; "3" as a string is none. */
BL_CHECK int bl_intstr_parse(const cJSON *value, struct bl_intstr *ret_value,
                             struct bl_error **err);

/** How many of `total` that is. A disruption budget rounds percentages up in both of its fields. */
int64_t bl_intstr_scale(struct bl_intstr value, int64_t total, bool round_up);

#endif
