#include "security.h"

#include <string.h>
#include <strings.h>

#include "ballast/base/text.h"
#include "keystore.h"

/* Where there is no name of librdkafka's, it is set together with others below, or makes no difference. */
static const struct setting {
    const char *java, *rdkafka;
    bool secret;
} settings[] = {
    {"security.protocol", "security.protocol", false},
    {"sasl.mechanism", "sasl.mechanism", false},
    {"sasl.jaas.config", NULL, true},
    {"ssl.truststore.type", NULL, false},
    {"ssl.truststore.location", NULL, false},
    {"ssl.truststore.password", NULL, true}, /* PEM has none */
    {"ssl.truststore.certificates", "ssl.ca.pem", false},
    {"ssl.keystore.type", NULL, false},
    {"ssl.keystore.location", NULL, false},
    {"ssl.keystore.password", NULL, true},
    {"ssl.keystore.certificate.chain", "ssl.certificate.pem", false},
    {"ssl.keystore.key", "ssl.key.pem", true},
    {"ssl.key.password", "ssl.key.password", true},
    {"ssl.endpoint.identification.algorithm", NULL, false},
    {"ssl.protocol", NULL, false},
    {"ssl.enabled.protocols", NULL, false},
};

struct target {
    const char *name;
    const struct bl_properties *properties;
    rd_kafka_conf_t *conf;
};

static int set(const struct target *target, const struct bl_property *property, const char *key,
               const char *value, bool secret, struct bl_error **err)
{
    char why[256];

    if (rd_kafka_conf_set(target->conf, key, value, why, sizeof(why)) == RD_KAFKA_CONF_OK)
        return 0;
    return bl_fail(err, BL_ERR_INVALID, "%s:%u: %s: %s", target->name, property->line,
                   property->key, secret ? "it is not accepted" : why);
}

static int refuse_store(const struct target *target, const struct bl_property *property,
                        const char *takes, struct bl_error **err)
{
    bl_fail(err, BL_ERR_INVALID, "%s:%u: %s: cannot read a key store that is not %s", target->name,
            property->line, property->key, takes);
    return bl_hint(err, "Export it (keytool -exportcert -rfc for certificates), and set the type "
                        "beside it to PEM.");
}

static bool has_type(const struct target *target, const char *key, const char *type)
{
    const struct bl_property *property = bl_properties_find(target->properties, key);

    return property && strcasecmp(property->value, type) == 0;
}

static int apply_truststore(const struct target *target, struct bl_error **err)
{
    const struct bl_property *location =
        bl_properties_find(target->properties, "ssl.truststore.location");

    if (!location)
        return 0;
    if (!has_type(target, "ssl.truststore.type", "PEM"))
        return refuse_store(target, location, "PEM", err);
    return set(target, location, "ssl.ca.location", location->value, false, err);
}

static int apply_pkcs12(const struct target *target, const struct bl_property *location,
                        struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf chain = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf key = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    const struct bl_property *password =
        bl_properties_find(target->properties, "ssl.keystore.password");

    if (bl_keystore_read(location->value, password ? password->value : NULL, &chain, &key, err) < 0)
        return bl_wrap(err, "%s:%u: %s", target->name, location->line, location->key);
    if (set(target, location, "ssl.certificate.pem", chain.text, false, err) < 0)
        return -1;
    return set(target, location, "ssl.key.pem", key.text, true, err);
}

static int apply_keystore(const struct target *target, struct bl_error **err)
{
    const struct bl_property *location =
        bl_properties_find(target->properties, "ssl.keystore.location");

    if (!location)
        return 0;
    if (has_type(target, "ssl.keystore.type", "PKCS12"))
        return apply_pkcs12(target, location, err);
    if (!has_type(target, "ssl.keystore.type", "PEM"))
        return refuse_store(target, location, "PEM or PKCS12", err);
    /* One file holds the key and the chain. */
    if (set(target, location, "ssl.key.location", location->value, false, err) < 0)
        return -1;
    return set(target, location, "ssl.certificate.location", location->value, false, err);
}

static int apply_host_check(const struct target *target, struct bl_error **err)
{
    static const char key[] = "ssl.endpoint.identification.algorithm";
    const struct bl_property *property = bl_properties_find(target->properties, key);

    if (!property)
        return 0;
    return set(target, property, key, *property->value ? property->value : "none", false, err);
}

static int apply_jaas(const struct target *target, struct bl_error **err)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf username = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    BL_AUTO(bl_strbuf_wipe) struct bl_strbuf password = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);
    const struct bl_property *property = bl_properties_find(target->properties, "sasl.jaas.config");

    if (!property)
        return 0;
    if (!bl_jaas_parse(property->value, &username, &password)) {
        bl_fail(err, BL_ERR_INVALID, "%s:%u: sasl.jaas.config holds no username and password",
                target->name, property->line);
        return bl_hint(err, "It reads: org.apache.kafka.common.security.scram.ScramLoginModule "
                            "required username=\"…\" password=\"…\";");
    }
    if (set(target, property, "sasl.username", username.text, false, err) < 0)
        return -1;
    return set(target, property, "sasl.password", password.text, true, err);
}

static int check_mechanism(const struct target *target, struct bl_error **err)
{
    static const char *const known[] = {"PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", NULL};
    const struct bl_property *property = bl_properties_find(target->properties, "sasl.mechanism");

    if (!property || bl_text_in(property->value, known))
        return 0;
    bl_fail(err, BL_ERR_INVALID, "%s:%u: cannot authenticate by \"%s\"", target->name,
            property->line, property->value);
    return bl_hint(err, "PLAIN, SCRAM-SHA-256, SCRAM-SHA-512 and client certificates are known.");
}

static const struct setting *find_setting(const char *java)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(settings); i++)
        if (strcmp(settings[i].java, java) == 0)
            return &settings[i];
    return NULL;
}

static bool is_security(const char *key)
{
    return bl_text_starts(key, "ssl.") || bl_text_starts(key, "sasl.") ||
           bl_text_starts(key, "security.");
}

static int apply_one(const struct target *target, const struct bl_property *property,
                     struct bl_error **err)
{
    const struct setting *setting = find_setting(property->key);

    if (!is_security(property->key))
        return 0;
    if (!setting) {
        bl_fail(err, BL_ERR_INVALID, "%s:%u: cannot honour %s", target->name, property->line,
                property->key);
        return bl_hint(err, "man ballast-status lists the settings that are known.");
    }
    if (!setting->rdkafka)
        return 0;
    return set(target, property, setting->rdkafka, property->value, setting->secret, err);
}

int bl_security_apply(const char *name, const struct bl_properties *properties,
                      rd_kafka_conf_t *conf, struct bl_error **err)
{
    const struct target target = {name, properties, conf};

    if (check_mechanism(&target, err) < 0)
        return -1;
    for (size_t i = 0; i < properties->len; i++)
        if (apply_one(&target, &properties->items[i], err) < 0)
            return -1;
    if (apply_truststore(&target, err) < 0 || apply_keystore(&target, err) < 0 ||
        apply_host_check(&target, err) < 0)
        return -1;
    return apply_jaas(&target, err);
}
