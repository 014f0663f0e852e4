/**
 * What Google's APIs call an error (AIP-193): one of the codes of google.rpc.Code.
 *
 * An error of ours that comes from such an answer has the name as its reason, the HTTP status, how long to wait where the
 * service says so, and Google's message behind the method and the resource. Only the name is decided by: messages change.
 * What a proxy in between answers has no name, so that its 404 is never taken for a resource that is gone.
 */
#ifndef BALLAST_GOOGLE_STATUS_H
#define BALLAST_GOOGLE_STATUS_H

#include "ballast/base/error.h"

/** The numbers are google.rpc.Code's. */
enum bl_google_status {
    BL_GOOGLE_NO_STATUS, /* no error of Google's */
    BL_GOOGLE_CANCELLED,
    BL_GOOGLE_UNKNOWN,
    BL_GOOGLE_INVALID_ARGUMENT,
    BL_GOOGLE_DEADLINE_EXCEEDED,
    BL_GOOGLE_NOT_FOUND,
    BL_GOOGLE_ALREADY_EXISTS,
    BL_GOOGLE_PERMISSION_DENIED,
    BL_GOOGLE_RESOURCE_EXHAUSTED,
    BL_GOOGLE_FAILED_PRECONDITION,
    BL_GOOGLE_ABORTED,
    BL_GOOGLE_OUT_OF_RANGE,
    BL_GOOGLE_UNIMPLEMENTED,
    BL_GOOGLE_INTERNAL,
    BL_GOOGLE_UNAVAILABLE,
    BL_GOOGLE_DATA_LOSS,
    BL_GOOGLE_UNAUTHENTICATED,
};

enum bl_google_status bl_google_status_of(const struct bl_error *err);

#endif
