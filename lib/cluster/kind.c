/* KafkaCluster as one writes it: the tables of its spec and its status. */
#include <string.h>

#include "ballast/api/names.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "ballast/cluster/spec.h"
#include "ballast/cluster/window.h"
#include "ballast/json/fields.h"
#include "ballast/kafka/metadata_version.h"
#include "ballast/object/object.h"

#define VERIFY_TOPIC "ballast-verify"
#define VERIFY_MESSAGES 201
#define BACKUP_HOURS 24
#define VALUE_PATH_MAX 250

static const char *const approvals[] = {"Automatic", "Manual", NULL};
static const char *const drifts[] = {"Warn", "Correct", "Ignore", NULL};
static const char *const adopts[] = {"IfOwned", "Take", "Never", NULL};
static const char *const deletions[] = {"Retain", "Uninstall", NULL};
static const char *const values_kinds[] = {"Secret", "ConfigMap", NULL};

static int check_prefix(const cJSON *value, const char *prefix, struct bl_error **err)
{
    if (strncmp(value->valuestring, prefix, strlen(prefix)) == 0 &&
        value->valuestring[strlen(prefix)])
        return 0;
    return bl_fail(err, BL_ERR_INVALID, "\"%.100s\" does not begin with %s", value->valuestring,
                   prefix);
}

static int check_oci(const cJSON *value, struct bl_error **err)
{
    return check_prefix(value, "oci://", err);
}

static int check_https(const cJSON *value, struct bl_error **err)
{
    return check_prefix(value, "https://", err);
}

static int check_digest(const cJSON *value, struct bl_error **err)
{
    static const char prefix[] = "sha256:";
    const char *hex = value->valuestring + sizeof(prefix) - 1;

    if (check_prefix(value, prefix, err) < 0)
        return -1;
    if (strlen(hex) == 64 && strspn(hex, "0123456789abcdef") == 64)
        return 0;
    return bl_fail(err, BL_ERR_INVALID, "sha256: is followed by 64 hexadecimal digits");
}

/* As Helm has it (helm.sh/helm, pkg/chart/v2/util): DNS names below one another, of 53 characters at most. */
static bool is_release_name(const char *text)
{
    static const char inner[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    size_t len = strlen(text);

    if (!len || len > 53)
        return false;
    for (;;) {
        size_t label = strspn(text, inner);

        if (!label || *text == '-' || text[label - 1] == '-')
            return false;
        if (!text[label])
            return true;
        if (text[label] != '.')
            return false;
        text += label + 1;
    }
}

static int check_release(const cJSON *value, struct bl_error **err)
{
    if (is_release_name(value->valuestring))
        return 0;
    return bl_fail(
        err, BL_ERR_INVALID,
        "\"%.100s\" is no name of a release: lower-case letters, digits, - and ., at most "
        "53",
        value->valuestring);
}

/* It stands alone in Helm's command line, where it must be no option, and no path of a chart that lies there. */
static int check_chart_name(const cJSON *value, struct bl_error **err)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-";
    const char *text = value->valuestring;

    if (*text && *text != '-' && *text != '.' && strspn(text, plain) == strlen(text))
        return 0;
    return bl_fail(err, BL_ERR_INVALID, "\"%.100s\" is no name of a chart", text);
}

/* --- spec --- */

#define SPEC struct bl_cluster_spec

static const struct bl_field oci_fields[] = {
    {.name = "url",
     .type = BL_FIELD_STRING,
     .offset = offsetof(SPEC, chart.oci.url),
     .required = true,
     .check = check_oci,
     .doc = "oci://HOST/PATH of the chart."},
    BL_NEEDS_TEXT(SPEC, "version", chart.oci.version, "Its version."),
    {.name = "digest",
     .type = BL_FIELD_STRING,
     .offset = offsetof(SPEC, chart.oci.digest),
     .check = check_digest,
     .doc = "What the version has to be, as sha256:…; whatever it names where not given."},
    {0},
};
static const struct bl_schema oci_schema = BL_SCHEMA(SPEC, oci_fields);

static const struct bl_field repository_fields[] = {
    {.name = "url",
     .type = BL_FIELD_STRING,
     .offset = offsetof(SPEC, chart.repository.url),
     .required = true,
     .check = check_https,
     .doc = "https://HOST/PATH of the repository."},
    {.name = "name",
     .type = BL_FIELD_STRING,
     .offset = offsetof(SPEC, chart.repository.name),
     .required = true,
     .check = check_chart_name,
     .doc = "The chart's name in it."},
    BL_NEEDS_TEXT(SPEC, "version", chart.repository.version, "Its version."),
    {0},
};
static const struct bl_schema repository_schema = BL_SCHEMA(SPEC, repository_fields);

static const struct bl_field chart_fields[] = {
    BL_HAS_PART("oci", oci_schema, "A chart in an OCI registry."),
    BL_HAS_PART("repository", repository_schema, "A chart in a repository with an index."),
    BL_HAS_TEXT(SPEC, "bundled", chart.bundled, "A chart that Ballast's image ships: kafka."),
    {0},
};
static const struct bl_schema chart_schema = BL_SCHEMA(SPEC, chart_fields);

static const struct bl_field values_from_fields[] = {
    {.name = "kind",
     .type = BL_FIELD_ENUM,
     .offset = offsetof(struct bl_values_from, kind),
     .names = values_kinds,
     .required = true,
     .doc = "Secret or ConfigMap, of the same namespace."},
    BL_NEEDS_TEXT(struct bl_values_from, "name", name, "Its name."),
    BL_HAS_TEXT(struct bl_values_from, "key", key, "The key in it; values.yaml where not given."),
    BL_HAS_TEXT(struct bl_values_from, "targetPath", target_path,
                "a.b.c: the text is the value there, and no YAML."),
    BL_HAS_FLAG(struct bl_values_from, "optional", optional, "It may be missing."),
    {0},
};
static const struct bl_schema values_from_schema =
    BL_SCHEMA(struct bl_values_from, values_from_fields);

static int check_prefix_of_images(const cJSON *value, struct bl_error **err)
{
    const char *text = value->valuestring;
    size_t len = strlen(text);

    if (len && text[len - 1] != '/' && *text != '/' && !strpbrk(text, "@=, \t\n") &&
        !strstr(text, "://"))
        return 0;
    return bl_fail(err, BL_ERR_INVALID,
                   "\"%.100s\" is no beginning of an image's name, such as registry.example.com or "
                   "bitnami",
                   text);
}

#define IMAGES struct bl_cluster_images

static const struct bl_field map_fields[] = {
    {.name = "from",
     .type = BL_FIELD_STRING,
     .offset = offsetof(struct bl_image_map, from),
     .required = true,
     .check = check_prefix_of_images,
     .doc = "A path, as bitnami, wherever it lies; or with its registry, as docker.io/bitnami."},
    {.name = "to",
     .type = BL_FIELD_STRING,
     .offset = offsetof(struct bl_image_map, to),
     .required = true,
     .check = check_prefix_of_images,
     .doc = "What stands in its place."},
    {0},
};
static const struct bl_schema map_schema = BL_SCHEMA(struct bl_image_map, map_fields);

static const struct bl_field images_fields[] = {
    BL_HAS_FLAG(IMAGES, "check", check,
                "Ask the registry for each image before anything starts; true where not given."),
    BL_HAS_FLAG(IMAGES, "requireDigest", require_digest, "Every image is named with its digest."),
    {.name = "registry",
     .type = BL_FIELD_STRING,
     .offset = offsetof(IMAGES, registry),
     .check = check_prefix_of_images,
     .doc = "HOST[/PATH] that all images are taken from; their paths, tags and digests stay."},
    {.name = "map",
     .type = BL_FIELD_OBJECTS,
     .offset = offsetof(IMAGES, map),
     .schema = &map_schema,
     .doc = "Beginnings of images that are replaced, before registry is; the longest counts."},
    {.name = "pullSecrets",
     .type = BL_FIELD_STRINGS,
     .offset = offsetof(IMAGES, pull_secrets),
     .doc = "Secrets of this namespace that pods get beside those of the chart."},
    {0},
};
static const struct bl_schema images_schema = BL_SCHEMA(IMAGES, images_fields);

int bl_cluster_images_read(const char *text, struct bl_cluster_images *images,
                           struct bl_error **err)
{
    BL_AUTO_JSON cJSON *json = NULL;

    if (bl_json_parse(text, strlen(text), &json, err) < 0)
        return -1;
    return bl_decode(&(struct bl_decode){.path = "images"}, json, &images_schema, images, err);
}

void bl_cluster_images_release(struct bl_cluster_images *images)
{
    bl_decode_release(&images_schema, images);
}

static int check_metadata(const cJSON *value, struct bl_error **err)
{
    const char *text = value->valuestring;

    if (bl_text_eq(text, "Hold") || bl_text_eq(text, "Auto") || bl_metadata_version_level(text) > 0)
        return 0;
    return bl_fail(err, BL_ERR_INVALID,
                   "\"%.40s\" is none of Hold, Auto and a release of Kafka from 3.0 to %s", text,
                   BL_METADATA_VERSION_NEWEST);
}

static int check_version(const cJSON *value, struct bl_error **err)
{
    if (bl_release_len(value->valuestring))
        return 0;
    return bl_fail(err, BL_ERR_INVALID, "\"%.40s\" is no version, such as 3.9.1",
                   value->valuestring);
}

/* "HOST:PORT,…" */
static int check_bootstrap(const cJSON *value, struct bl_error **err)
{
    for (const char *at = value->valuestring; *at;) {
        size_t len = strcspn(at, ",");
        BL_AUTO_FREE char *one = bl_strndup(at, len);
        const char *port = strrchr(one, ':');
        int64_t number;

        if (!port || port == one || !bl_text_to_int(port + 1, strlen(port + 1), &number) ||
            number < 1 || number > 65535)
            return bl_fail(err, BL_ERR_INVALID, "\"%.100s\" is not HOST:PORT", one);
        at += len + (at[len] == ',');
    }
    return 0;
}

/* It stands in Helm's command line, where it must be one path and nothing else. */
static int check_value_path(const cJSON *value, struct bl_error **err)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-";
    const char *text = value->valuestring;
    size_t part = strspn(text, plain);

    while (part && text[part] == '.') {
        text += part + 1;
        part = strspn(text, plain);
    }
    if (part && !text[part] && strlen(value->valuestring) <= VALUE_PATH_MAX)
        return 0;
    return bl_fail(err, BL_ERR_INVALID,
                   "\"%.100s\" is no place of a value, such as kafka.interBrokerProtocolVersion",
                   value->valuestring);
}

int64_t bl_cluster_metadata_wanted(const struct bl_cluster_spec *spec)
{
    const char *text = spec->versions.metadata;

    if (!text || strcmp(text, "Hold") == 0)
        return 0;
    return strcmp(text, "Auto") == 0 ? BL_METADATA_HIGHEST : bl_metadata_version_level(text);
}

static const struct bl_field versions_fields[] = {
    BL_HAS_CHECKED(
        SPEC, "kafka", versions.kafka, check_version,
        "Kafka's version that the chart has to bring; where its image says none, which one it is."),
    BL_HAS_CHECKED(SPEC, "zookeeper", versions.zookeeper, check_version, "The same of ZooKeeper."),
    {.name = "metadata",
     .type = BL_FIELD_STRING,
     .offset = offsetof(SPEC, versions.metadata),
     .check = check_metadata,
     .doc = "metadata.version of a cluster without ZooKeeper: Hold, where not given, leaves it; "
            "Auto raises it after the proof to what every broker knows, and a release of Kafka, as "
            "\"3.9\", to that one's. There is no way back. With protocolValue the same holds for "
            "inter.broker.protocol.version."},
    BL_HAS_CHECKED(
        SPEC, "protocolValue", versions.protocol_value, check_value_path,
        "a.b.c: the chart's value that sets inter.broker.protocol.version of brokers with "
        "ZooKeeper. Ballast holds it while brokers are upgraded, and raises it as metadata says; "
        "who sets it in the values has it his own way."),
    {0},
};
static const struct bl_schema versions_schema = BL_SCHEMA(SPEC, versions_fields);

static int check_start(const cJSON *value, struct bl_error **err)
{
    int64_t seconds;

    return bl_window_read_start(value->valuestring, &seconds, err);
}

static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun", NULL};

static const struct bl_field window_fields[] = {
    {.name = "days",
     .type = BL_FIELD_ENUMS,
     .offset = offsetof(struct bl_window, days),
     .names = days,
     .doc = "On which it opens; every day where not given."},
    {.name = "start",
     .type = BL_FIELD_STRING,
     .offset = offsetof(struct bl_window, start),
     .required = true,
     .check = check_start,
     .doc = "When it opens: HH:MM, in UTC."},
    {.name = "durationMinutes",
     .type = BL_FIELD_INT,
     .offset = offsetof(struct bl_window, minutes),
     .required = true,
     .min = 1,
     .max = 1440,
     .doc = "How long it stays open."},
    {0},
};
static const struct bl_schema window_schema = BL_SCHEMA(struct bl_window, window_fields);

static const struct bl_field upgrade_fields[] = {
    BL_HAS_CHOICE(SPEC, "approval", upgrade.approval, approvals,
                  "Manual: a plan waits until the annotation " BL_ANNOTATION_APPROVE
                  " has its digest; Automatic where not given."),
    {.name = "window",
     .type = BL_FIELD_OBJECT,
     .offset = offsetof(SPEC, upgrade.window),
     .schema = &window_schema,
     .doc = "When an upgrade may begin; at any time where not given. The first release and the "
            "repair of a failed one do not wait for it, and what has begun goes on."},
    {.name = "soakSeconds",
     .type = BL_FIELD_INT,
     .offset = offsetof(SPEC, upgrade.soak),
     .max = 86400,
     .doc = "Between the last pod's readiness and the proof; 0 where not given."},
    {0},
};
static const struct bl_schema upgrade_schema = BL_SCHEMA(SPEC, upgrade_fields);

static const struct bl_field verification_fields[] = {
    BL_HAS_FLAG(
        SPEC, "enabled", verification.enabled,
        "Prove the cluster with messages, before and after each upgrade; true where not given."),
    BL_HAS_TEXT(SPEC, "topic", verification.topic,
                "The topic for it; " VERIFY_TOPIC " where not given."),
    {.name = "messages",
     .type = BL_FIELD_INT,
     .offset = offsetof(SPEC, verification.messages),
     .min = 1,
     .max = 100000,
     .doc = "How many are written and read; 201 where not given."},
    {.name = "everyHours",
     .type = BL_FIELD_INT,
     .offset = offsetof(SPEC, verification.every_hours),
     .min = 1,
     .max = 8760,
     .doc = "Prove it again so long after the last proof; only with releases where not given."},
    {0},
};
static const struct bl_schema verification_schema = BL_SCHEMA(SPEC, verification_fields);

static const struct bl_field connection_fields[] = {
    BL_HAS_CHECKED(SPEC, "bootstrap", connection.bootstrap, check_bootstrap,
                   "HOST:PORT,… of brokers; a Service of the release where not given."),
    BL_HAS_TEXT(SPEC, "clientConfig", connection.client_config,
                "A Secret with client.properties, by which to log in."),
    {0},
};
static const struct bl_schema connection_schema = BL_SCHEMA(SPEC, connection_fields);

static const struct bl_field backup_fields[] = {
    BL_NEEDS_TEXT(SPEC, "backupPlan", backup.plan, "A KafkaBackupPlan of the same namespace."),
    BL_HAS_FLAG(
        SPEC, "beforeUpgrade", backup.before_upgrade,
        "Take a KafkaBackup before each upgrade, and wait until it is complete; true where not "
        "given."),
    {.name = "maxAgeHours",
     .type = BL_FIELD_INT,
     .offset = offsetof(SPEC, backup.max_age_hours),
     .min = 1,
     .max = 8760,
     .doc = "How old that one may be when the upgrade begins; 24 where not given."},
    {0},
};
static const struct bl_schema backup_schema = BL_SCHEMA(SPEC, backup_fields);

static const struct bl_field spec_fields[] = {
    {.name = "chart",
     .type = BL_FIELD_OBJECT,
     .offset = 0,
     .required = true,
     .schema = &chart_schema,
     .doc = "Which chart; one of oci, repository, bundled."},
    BL_NEEDS_TEXT(SPEC, "serviceAccountName", service_account,
                  "The account of this namespace by whose rights Helm works and values are read."),
    BL_HAS_CHECKED(SPEC, "releaseName", release_name, check_release,
                   "Helm's release; the object's name where not given. At most 53 characters."),
    {.name = "values",
     .type = BL_FIELD_JSON,
     .offset = offsetof(SPEC, values),
     .doc = "Values of the chart; they win over valuesFrom."},
    {.name = "valuesFrom",
     .type = BL_FIELD_OBJECTS,
     .offset = offsetof(SPEC, values_from),
     .schema = &values_from_schema,
     .doc =
         "Values that lie in Secrets and ConfigMaps; later ones win. A change of them is seen within "
         "ten seconds."},
    BL_HAS_CHOICE(
        SPEC, "adopt", adopt, adopts,
        "What is there already: IfOwned, where not given, takes over what Helm's annotations "
        "give to this release; Take also what nobody owns; Never only what it has installed."),
    {.name = "images",
     .type = BL_FIELD_OBJECT,
     .offset = offsetof(SPEC, images),
     .schema = &images_schema,
     .doc = "Where images come from, and what is asked of them before anything starts."},
    BL_HAS_PART("versions", versions_schema, "Versions that the chart has to bring."),
    BL_HAS_PART("upgrade", upgrade_schema, "How it is upgraded."),
    BL_HAS_PART("verification", verification_schema, "The proof by messages."),
    BL_HAS_PART("connection", connection_schema, "How the brokers are reached."),
    BL_HAS_PART("backup", backup_schema, "Backups that go with upgrades; none where not given."),
    BL_HAS_CHOICE(
        SPEC, "drift", drift, drifts,
        "What others changed: Warn, where not given, tells; Correct applies the release again; "
        "Ignore looks away."),
    BL_HAS_CHOICE(
        SPEC, "deletionPolicy", deletion_policy, deletions,
        "When this object goes: Retain, where not given, leaves release and data; Uninstall "
        "uninstalls, and keeps every claim."),
    BL_HAS_FLAG(SPEC, "suspend", suspend, "Nothing is done until it is false."),
    {0},
};
static const struct bl_schema spec_schema = BL_SCHEMA(SPEC, spec_fields);

/* --- status --- */

/* Read and written as JSON; the table is for the CRD alone. */
struct status {
    int64_t observed_generation;
    cJSON *release, *versions, *plan, *progress, *members, *verification, *failure, *history;
    struct bl_structs conditions;
};

static const struct bl_field status_fields[] = {
    {.name = "observedGeneration",
     .type = BL_FIELD_INT,
     .offset = offsetof(struct status, observed_generation),
     .doc = "The metadata.generation that was looked at last."},
    BL_HAS_JSON(
        struct status, "release", release,
        "Helm's release as it is deployed: its name, revision, status and chart, a digest of the "
        "chart's content and one of the values; the revision that Ballast told Helm to make last; "
        "the uid of the object that this is about."),
    BL_HAS_JSON(
        struct status, "versions", versions,
        "Kafka's and ZooKeeper's, as they run; the level of metadata.version, and the revision "
        "for which it was looked at; inter.broker.protocol.version, where Ballast holds it."),
    BL_HAS_JSON(struct status, "plan", plan,
                "What is to be done, or why not: digest, changes, refusals."),
    BL_HAS_JSON(struct status, "progress", progress,
                "Of a rolling upgrade: pods that are new, of how many."),
    {.name = "members",
     .type = BL_FIELD_JSONS,
     .offset = offsetof(struct status, members),
     .doc =
         "The pods of its StatefulSets, 64 at most: name, zone, the image's tag, and whether each "
         "is updated, ready and in sync. Not there where the account may not list pods."},
    BL_HAS_JSON(struct status, "verification", verification,
                "The last proof: messages sent, read and lost, and where they lie."),
    BL_HAS_JSON(
        struct status, "failure", failure,
        "The step that failed last, why, and how often in a row; with another spec, chart or "
        "value it is counted anew."),
    {.name = "history",
     .type = BL_FIELD_JSONS,
     .offset = offsetof(struct status, history),
     .doc = "The last ten releases, the newest first: revision, chart, Kafka's version, and when "
            "it was seen first."},
    {.name = "conditions",
     .type = BL_FIELD_OBJECTS,
     .offset = offsetof(struct status, conditions),
     .schema = &bl_condition_schema,
     .doc = "Ready, Reconciling and Stalled as kstatus has them; ChartRendered, ImagesAvailable, "
            "PlanAccepted, Released, Rolled, InSync, Verified and Drifted say how far it is."},
    {0},
};
static const struct bl_schema status_schema = BL_SCHEMA(struct status, status_fields);

#define CONDITION_COLUMN(type, field) ".status.conditions[?(@.type==\"" type "\")]." field

static const char *const short_names[] = {"kc", NULL};
static const struct bl_column columns[] = {
    {"Ready", "string", CONDITION_COLUMN(BL_CONDITION_READY, "status"), false},
    {"Kafka", "string", ".status.versions.kafka", false},
    {"Revision", "integer", ".status.release.revision", false},
    {"Status", "string", CONDITION_COLUMN(BL_CONDITION_READY, "message"), true},
    {"In-Sync", "string", CONDITION_COLUMN(BL_CONDITION_CLUSTER_IN_SYNC, "status"), true},
    {"Chart", "string", ".status.release.chart", true},
    {"Age", "date", ".metadata.creationTimestamp", false},
    {0},
};

const struct bl_kind bl_kind_kafka_cluster = {
    .resource = {BL_API_GROUP, "v1alpha1", "kafkaclusters"},
    .kind = "KafkaCluster",
    .scope = BL_KIND_NAMESPACED,
    .singular = "kafkacluster",
    .short_names = short_names,
    .doc = "A Kafka cluster that a Helm chart makes: brought up, proven with messages, upgraded.",
    .spec = &spec_schema,
    .status = &status_schema,
    .columns = columns,
};

/* --- reading --- */

static int check_chart(const struct bl_decode *from, const cJSON *spec,
                       const struct bl_cluster_chart *chart, struct bl_error **err)
{
    const cJSON *given = bl_json_get(spec, "chart");

    if (!chart->oci.url + !chart->repository.url + !chart->bundled == 2)
        return 0;
    return bl_decode_fail(from, given ? given : spec, "chart", err,
                          "one of oci, repository and bundled is needed");
}

int bl_cluster_spec_read(const struct bl_decode *from, const cJSON *object,
                         struct bl_cluster_spec *spec, struct bl_error **err)
{
    const cJSON *given = bl_json_get(object, "spec");
    struct bl_decode inside = {from->file, from->doc, "spec"};

    *spec = (struct bl_cluster_spec){
        .images.check = true, .verification.enabled = true, .backup.before_upgrade = true};
    spec->verification.messages = VERIFY_MESSAGES;
    spec->backup.max_age_hours = BACKUP_HOURS;
    spec->verification.topic = bl_strdup(VERIFY_TOPIC);
    if (bl_kind_check_head(&bl_kind_kafka_cluster, "KafkaCluster", from, object, err) < 0 ||
        bl_decode(&inside, given, &spec_schema, spec, err) < 0)
        return -1;
    if (!is_release_name(bl_cluster_release_name(spec, object)))
        return bl_decode_fail(
            &inside, given, "releaseName", err,
            "it is needed: \"%.100s\" is no name of a release, of which Helm takes "
            "53 characters",
            bl_object_ref(object).name);
    return check_chart(&inside, given, &spec->chart, err);
}

void bl_cluster_spec_release(struct bl_cluster_spec *spec)
{
    bl_decode_release(&spec_schema, spec);
}

const char *bl_cluster_release_name(const struct bl_cluster_spec *spec, const cJSON *object)
{
    return spec->release_name ? spec->release_name : bl_object_ref(object).name;
}
