#include "observer.h"

static void drop_error(rd_kafka_t *rk, int code, const char *reason, void *opaque)
{
    (void)rk, (void)code, (void)reason, (void)opaque;
}

rd_kafka_t *bl_client_new(rd_kafka_type_t type, rd_kafka_conf_t *conf, const char *const *settings)
{
    char why[256];
    rd_kafka_t *rk;

    rd_kafka_conf_set_error_cb(conf, drop_error);
    for (; *settings; settings += 2)
        (void)rd_kafka_conf_set(conf, settings[0], settings[1], why, sizeof(why));
    rk = rd_kafka_new(type, conf, why, sizeof(why));
    if (!rk)
        rd_kafka_conf_destroy(conf);
    return rk;
}
