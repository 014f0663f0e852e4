/* Whom a tenant may have the controller ask. */
#include "kafka/bootstrap.h"

#include <string.h>

#include "unit.h"

static const char *allowed_items[] = {"*.example.com"};
static const struct bl_texts allowed = {.items = allowed_items, .len = 1};

static const struct {
    const char *bootstrap;
    bool may;
} rows[] = {
    {"kafka.k.svc:9092", true},
    {"kafka.k.svc.cluster.local:9092,kafka-0.kafka.k.svc:9092", true},
    {"b1.example.com:9092", true},
    {"kafka.k.svc:9092, b1.example.com:9092", true},
    {"kafka.other.svc:9092", false},
    {"kafka.k.svc:9092,10.0.0.1:443", false},
    {"kafka:9092", false}, /* a Service of the controller's own namespace */
    {".k.svc:9092", false},
    {"127.0.0.1:8080", false},
    {"[::1]:8080", false},
    {"169.254.169.254:80", false},
    {"kubernetes.default.svc:443", false},
    {"kafka.k.svc.evil.example.org:9092", false},
    {"x.kk.svc:9092", false},
};

START_TEST(own_services_and_what_is_allowed)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(rows); i++) {
        BL_ERROR(err);

        BL_WHY((bl_bootstrap_check("here", rows[i].bootstrap, "k", &allowed, &err) == 0) ==
                   rows[i].may,
               rows[i].bootstrap);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("controller/bootstrap");
    TCase *tests = tcase_create("bootstrap");

    tcase_add_test(tests, own_services_and_what_is_allowed);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
