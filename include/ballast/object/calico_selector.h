/**
 * Calico's selectors, evaluated: `role == 'db' && !has(test)`.
 *
 * Source: Calico's reference of NetworkPolicy, "Selectors".
 */
#ifndef BALLAST_OBJECT_CALICO_SELECTOR_H
#define BALLAST_OBJECT_CALICO_SELECTOR_H

/** In this order "and" is the smaller of two and "or" the larger. */
enum bl_truth { BL_FALSE, BL_UNKNOWN, BL_TRUE };

/** Is there a label of this key? `ret_value` is for BL_TRUE; BL_UNKNOWN: the object is not in sight. */
typedef enum bl_truth (*bl_label_lookup)(const char *key, const char **ret_value, void *context);

/**
 * Does the selector choose what has these labels? BL_UNKNOWN where a label that decides is not known, and for a text
 * that is no selector. Work and depth are bounded by the text.
 */
enum bl_truth bl_calico_selector(const char *text, bl_label_lookup lookup, void *context);

#endif
