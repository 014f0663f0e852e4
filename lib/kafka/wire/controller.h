/**
 * What the calls for the controller share: partitions by name, and an answer with a code for each.
 *
 * BL_WIRE_NOT_CONTROLLER is told as the code of the answer, since another broker can be asked then; other codes
 * of a whole answer are errors.
 */
#ifndef BALLAST_KAFKA_WIRE_CONTROLLER_H
#define BALLAST_KAFKA_WIRE_CONTROLLER_H

#include "ballast/kafka/facts.h"
#include "codec.h"
#include "connection.h"

struct bl_wire_partition {
    struct bl_wire_text topic; /* borrowed */
    int32_t partition;
    struct bl_broker_ids replicas; /* where a call gives them an order */
    int16_t code;                  /* of an answer */
    struct bl_wire_text said;
};

struct bl_wire_partitions {
    struct bl_wire_partition *items;
    size_t len, cap;
};

void bl_wire_partitions_release(struct bl_wire_partitions *partitions);

struct bl_wire_answer {
    struct bl_wire_partitions partitions;
    int16_t code;              /* of all; BL_WIRE_NONE or BL_WIRE_NOT_CONTROLLER */
    struct bl_strbuf response; /* which the texts are borrowed from */
};

#define BL_WIRE_ANSWER_INIT               \
    {                                     \
        .response = BL_WIRE_RESPONSE_INIT \
    }
void bl_wire_answer_release(struct bl_wire_answer *answer);

/* ---- For the files of the calls ---- */

/** How long the controller may take. */
void bl_wire_put_timeout(struct bl_strbuf *out, bl_nsec deadline);
/** Topics with their partitions, of which those of one topic stand together; with `order` also their replicas. */
void bl_wire_put_partitions(struct bl_strbuf *out, const struct bl_wire_partition *items,
                            size_t count, bool order);

/** The code of the whole answer and, where the call `has_text`, what the broker said. `what` is the call's name. */
BL_CHECK int bl_wire_get_code(struct bl_wire_reader *in, const char *what, bool has_text,
                              int16_t *ret_code, struct bl_error **err);
/** That code, and one for each partition. */
BL_CHECK int bl_wire_get_results(struct bl_wire_reader *in, const char *what, bool has_text,
                                 struct bl_wire_partitions *ret_results, int16_t *ret_code,
                                 struct bl_error **err);

#endif
