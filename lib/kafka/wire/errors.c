#include "errors.h"

/* Codes that brokers answer our calls with; https://kafka.apache.org/protocol#protocol_error_codes. */
static const struct code {
    int16_t code;
    enum bl_errcode is;
    const char *text;
} codes[] = {
    {-1, BL_ERR_UNAVAILABLE, "UNKNOWN_SERVER_ERROR, the broker failed"},
    {BL_WIRE_UNKNOWN_TOPIC, BL_ERR_NOT_FOUND, "UNKNOWN_TOPIC_OR_PARTITION"},
    {5, BL_ERR_UNAVAILABLE, "LEADER_NOT_AVAILABLE"},
    {6, BL_ERR_UNAVAILABLE, "NOT_LEADER_OR_FOLLOWER"},
    {7, BL_ERR_UNAVAILABLE, "REQUEST_TIMED_OUT, the controller did not finish in time"},
    {13, BL_ERR_UNAVAILABLE, "NETWORK_EXCEPTION, the broker could not reach the controller"},
    {14, BL_ERR_UNAVAILABLE, "COORDINATOR_LOAD_IN_PROGRESS"},
    {29, BL_ERR_FORBIDDEN, "TOPIC_AUTHORIZATION_FAILED, the principal may not do this"},
    {31, BL_ERR_FORBIDDEN, "CLUSTER_AUTHORIZATION_FAILED, the principal may not do this"},
    {33, BL_ERR_FORBIDDEN, "UNSUPPORTED_SASL_MECHANISM"},
    {34, BL_ERR_FORBIDDEN, "ILLEGAL_SASL_STATE"},
    {BL_WIRE_UNSUPPORTED_VERSION, BL_ERR_NOT_FOUND, "UNSUPPORTED_VERSION"},
    {37, BL_ERR_INVALID, "INVALID_PARTITIONS"},
    {39, BL_ERR_INVALID, "INVALID_REPLICA_ASSIGNMENT"},
    {BL_WIRE_NOT_CONTROLLER, BL_ERR_UNAVAILABLE, "NOT_CONTROLLER, another broker is by now"},
    {42, BL_ERR_INVALID, "INVALID_REQUEST"},
    {44, BL_ERR_CONFLICT, "POLICY_VIOLATION, a policy of the cluster forbids it"},
    {56, BL_ERR_UNAVAILABLE, "KAFKA_STORAGE_ERROR, a disk failed"},
    {58, BL_ERR_FORBIDDEN, "SASL_AUTHENTICATION_FAILED"},
    {60, BL_ERR_CONFLICT, "REASSIGNMENT_IN_PROGRESS"},
    {BL_WIRE_PREFERRED_NOT_AVAILABLE, BL_ERR_CONFLICT,
     "PREFERRED_LEADER_NOT_AVAILABLE, it is down or not in sync"},
    {83, BL_ERR_CONFLICT, "ELIGIBLE_LEADERS_NOT_AVAILABLE, no replica in sync is up"},
    {BL_WIRE_ELECTION_NOT_NEEDED, BL_ERR_CONFLICT, "ELECTION_NOT_NEEDED"},
    {BL_WIRE_NO_REASSIGNMENT, BL_ERR_CONFLICT, "NO_REASSIGNMENT_IN_PROGRESS"},
    {89, BL_ERR_UNAVAILABLE, "THROTTLING_QUOTA_EXCEEDED"},
    {95, BL_ERR_CONFLICT, "INVALID_UPDATE_VERSION, a node does not know the version"},
    {96, BL_ERR_CONFLICT, "FEATURE_UPDATE_FAILED"},
};

static const struct code *find(int16_t code)
{
    for (size_t i = 0; i < sizeof(codes) / sizeof(codes[0]); i++)
        if (codes[i].code == code)
            return &codes[i];
    return NULL;
}

enum bl_errcode bl_wire_error_code(int16_t code)
{
    const struct code *found = find(code);

    return found ? found->is : BL_ERR_UNAVAILABLE;
}

const char *bl_wire_error_text(int16_t code)
{
    const struct code *found = find(code);

    return found ? found->text : "an error";
}

int bl_wire_fail(struct bl_error **err, const char *what, int16_t code, struct bl_wire_text said)
{
    bl_fail(err, bl_wire_error_code(code), "%s: %s (%d)%s%.*s", what, bl_wire_error_text(code),
            code, said.len ? ": " : "", (int)(said.len < 512 ? said.len : 512),
            said.len ? said.text : "");
    if (bl_wire_error_code(code) != BL_ERR_FORBIDDEN)
        return -1;
    return bl_hint(err,
                   "Allow the principal Describe and Alter on the cluster: kafka-acls.sh --add "
                   "--cluster --operation Describe --operation Alter --allow-principal …");
}
