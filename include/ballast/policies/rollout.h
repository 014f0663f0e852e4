/** The names by which people and Ballast's programs speak of rolling upgrades, on StatefulSets. */
#ifndef BALLAST_POLICIES_ROLLOUT_H
#define BALLAST_POLICIES_ROLLOUT_H

/** Written by the controller: JSON, what is done or waited for. */
#define BL_ANNOTATION_ROLLOUT_STATUS "ballast.dev/rollout-status"
/** Written by the controller before leadership is moved off a broker, and taken off when it is back. */
#define BL_ANNOTATION_ROLLOUT_MOVED "ballast.dev/rollout-moved-leaders"
/** Written by the controller: the revision that did not come up. Taken off by who wants it tried again. */
#define BL_ANNOTATION_ROLLOUT_FAILED "ballast.dev/rollout-failed-revision"
/** Written by people: nothing is rolled; the value says why. */
#define BL_ANNOTATION_ROLLOUT_PAUSED "ballast.dev/rollout-paused"
/** Written by people: the revision that they want no more; the one before it is restored. */
#define BL_ANNOTATION_ROLLOUT_ABORT "ballast.dev/rollout-abort-revision"

#endif
