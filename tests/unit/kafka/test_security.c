/* What becomes of a file for --command-config in librdkafka's settings. */
#include "security.h"

#include <string.h>

#include "unit.h"

static int apply(const char *text, rd_kafka_conf_t *conf, struct bl_error **err)
{
    BL_AUTO(bl_properties_release) struct bl_properties properties = {0};

    if (bl_properties_parse("f", text, strlen(text), &properties, err) < 0)
        return -1;
    return bl_security_apply("f", &properties, conf, err);
}

static const struct {
    const char *why, *text, *key, *value;
} taken[] = {
    {"nothing said", "", "security.protocol", "plaintext"},
    {"protocol", "security.protocol=SASL_SSL", "security.protocol", "sasl_ssl"},
    {"mechanism", "sasl.mechanism=SCRAM-SHA-512", "sasl.mechanism", "SCRAM-SHA-512"},
    {"truststore", "ssl.truststore.type=PEM\nssl.truststore.location=/ca.pem", "ssl.ca.location",
     "/ca.pem"},
    {"key of a PEM store", "ssl.keystore.type=pem\nssl.keystore.location=/k.pem",
     "ssl.key.location", "/k.pem"},
    {"chain of a PEM store", "ssl.keystore.type=PEM\nssl.keystore.location=/k.pem",
     "ssl.certificate.location", "/k.pem"},
    {"names of hosts are looked at", "", "ssl.endpoint.identification.algorithm", "https"},
    {"unless it is said that they are not",
     "ssl.endpoint.identification.algorithm=", "ssl.endpoint.identification.algorithm", "none"},
    {"user", "sasl.jaas.config=a.B required username=\"u\" password=\"p\";", "sasl.username", "u"},
    {"password", "sasl.jaas.config=a.B required username=\"u\" password=\"p\";", "sasl.password",
     "p"},
    {"what is not about security", "request.timeout.ms=1\nclient.dns.lookup=x", "security.protocol",
     "plaintext"},
    {"versions of TLS", "ssl.enabled.protocols=TLSv1.3", "security.protocol", "plaintext"},
};

START_TEST(settings)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(taken); i++) {
        rd_kafka_conf_t *conf = rd_kafka_conf_new();
        char value[64];
        size_t size = sizeof(value);
        BL_ERROR(err);

        BL_WHY(apply(taken[i].text, conf, &err) == 0, taken[i].why);
        BL_WHY(rd_kafka_conf_get(conf, taken[i].key, value, &size) == RD_KAFKA_CONF_OK,
               taken[i].why);
        BL_WHY(strcmp(value, taken[i].value) == 0, taken[i].why);
        rd_kafka_conf_destroy(conf);
    }
}
END_TEST

static const struct {
    const char *why, *text, *message;
} refused[] = {
    {"unknown", "\nssl.provider=x", "f:2: cannot honour ssl.provider"},
    {"mechanism", "sasl.mechanism=GSSAPI", "f:1: cannot authenticate by \"GSSAPI\""},
    {"Java's truststore", "ssl.truststore.location=/t.jks",
     "f:1: ssl.truststore.location: cannot read a key store that is not PEM"},
    {"Java's key store", "ssl.keystore.location=/t.jks\nssl.keystore.type=JKS",
     "f:1: ssl.keystore.location: cannot read a key store that is not PEM or PKCS12"},
    {"a key store that is away", "ssl.keystore.location=/no/k.p12\nssl.keystore.type=PKCS12",
     "f:1: ssl.keystore.location: could not open /no/k.p12: No such file or directory"},
    {"a key store that is none", "ssl.keystore.location=/dev/null\nssl.keystore.type=PKCS12",
     "f:1: ssl.keystore.location: it is no PKCS #12 file"},
    {"a login without user", "sasl.jaas.config=a.B required;",
     "f:1: sasl.jaas.config holds no username and password"},
    {"protocol", "security.protocol=TLS",
     "f:1: security.protocol: Invalid value \"TLS\" for configuration property "
     "\"security.protocol\""},
};

START_TEST(refusals)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(refused); i++) {
        rd_kafka_conf_t *conf = rd_kafka_conf_new();
        BL_ERROR(err);

        BL_WHY(apply(refused[i].text, conf, &err) == -1, refused[i].why);
        ck_assert_str_eq(bl_error_text(err), refused[i].message);
        rd_kafka_conf_destroy(conf);
    }
}
END_TEST

static const struct {
    const char *why, *text, *username, *password; /* NULL: refused */
} logins[] = {
    {"plain", "a.B required username=\"u\" password=\"p\";", "u", "p"},
    {"the other way round", "a.B required password=\"p\" username=\"u\";", "u", "p"},
    {"single quotes", "a.B required username='u' password='p';", "u", "p"},
    {"no quotes", "a.B required username=u password=p;", "u", "p"},
    {"space everywhere", " a.B  required\n username = \"u\"\n password = \"p\" ; ", "u", "p"},
    {"escapes", "a.B required username=\"u\" password=\"a\\\"b\\\\c\";", "u", "a\"b\\c"},
    {"a semicolon in a password", "a.B required username=\"u\" password=\";\";", "u", ";"},
    {"other options", "a.B required x=\"y\" username=\"u\" password=\"p\" z=1;", "u", "p"},
    {"nothing", "", NULL, NULL},
    {"no semicolon", "a.B required username=\"u\" password=\"p\"", NULL, NULL},
    {"an open quote", "a.B required username=\"u\" password=\"p;", NULL, NULL},
    {"not required", "a.B optional username=\"u\" password=\"p\";", NULL, NULL},
    {"no password", "a.B required username=\"u\";", NULL, NULL},
    {"two logins", "a.B required username=u password=p; a.C required;", NULL, NULL},
    {"an option without value", "a.B required username password=p;", NULL, NULL},
};

START_TEST(jaas)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(logins); i++) {
        BL_AUTO(bl_strbuf_release) struct bl_strbuf username = BL_STRBUF_INIT(100);
        BL_AUTO(bl_strbuf_release) struct bl_strbuf password = BL_STRBUF_INIT(100);
        bool known = bl_jaas_parse(logins[i].text, &username, &password);

        BL_WHY(known == (logins[i].username != NULL), logins[i].why);
        if (known) {
            BL_WHY(strcmp(username.text, logins[i].username) == 0, logins[i].why);
            BL_WHY(strcmp(password.text, logins[i].password) == 0, logins[i].why);
        }
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("kafka/security");
    TCase *tests = tcase_create("security");

    tcase_add_test(tests, settings);
    tcase_add_test(tests, refusals);
    tcase_add_test(tests, jaas);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
