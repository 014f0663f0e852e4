/* Image references and moving them to another registry. */
#include "ballast/object/image.h"

#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "unit.h"

static const struct {
    const char *why, *text, *registry, *path, *tag, *digest, *basename;
} images[] = {
    {"a name", "kafka", "", "kafka", "", "", "kafka"},
    {"a name and a tag", "kafka:3.7", "", "kafka", "3.7", "", "kafka"},
    {"an organisation", "bitnami/kafka:3.3.2", "", "bitnami/kafka", "3.3.2", "", "kafka"},
    {"a registry", "docker.io/bitnami/kafka:3.3.2", "docker.io", "bitnami/kafka", "3.3.2", "",
     "kafka"},
    {"a port is no tag", "registry:5000/kafka", "registry:5000", "kafka", "", "", "kafka"},
    {"a port and a tag", "registry:5000/a/b/kafka:1", "registry:5000", "a/b/kafka", "1", "",
     "kafka"},
    {"localhost", "localhost/kafka", "localhost", "kafka", "", "", "kafka"},
    {"localhost with a port", "localhost:5000/kafka:1", "localhost:5000", "kafka", "1", "",
     "kafka"},
    {"a first part that only begins so", "localhosts/kafka", "", "localhosts/kafka", "", "",
     "kafka"},
    {"a digest", "kafka@sha256:ab12", "", "kafka", "", "sha256:ab12", "kafka"},
    {"a tag and a digest", "quay.io/strimzi/kafka:0.40@sha256:ab12", "quay.io", "strimzi/kafka",
     "0.40", "sha256:ab12", "kafka"},
    {"a port and a digest", "r:5000/kafka@sha256:ab12", "r:5000", "kafka", "", "sha256:ab12",
     "kafka"},
    {"an address", "10.0.0.1/kafka", "10.0.0.1", "kafka", "", "", "kafka"},
    {"a dot in a name alone is no registry", "kafka.exe", "", "kafka.exe", "", "", "kafka.exe"},
    {"an empty tag", "kafka:", "", "kafka", "", "", "kafka"},
    {"nothing", "", "", "", "", "", ""},
};

static bool piece_is(const char *piece, size_t len, const char *want)
{
    return strlen(want) == len && (!len || memcmp(piece, want, len) == 0);
}

START_TEST(pieces)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(images); i++) {
        struct bl_image image = bl_image_parse(images[i].text);
        BL_AUTO_FREE char *basename = bl_image_basename(images[i].text);
        BL_AUTO_FREE char *tag = bl_image_tag(images[i].text);

        BL_WHY(piece_is(image.registry, image.registry_len, images[i].registry), images[i].why);
        BL_WHY(piece_is(image.path, image.path_len, images[i].path), images[i].why);
        BL_WHY(piece_is(image.tag, image.tag_len, images[i].tag), images[i].why);
        BL_WHY(piece_is(image.digest, image.digest_len, images[i].digest), images[i].why);
        BL_WHY(strcmp(basename, images[i].basename) == 0, images[i].why);
        BL_WHY(bl_text_eq(tag, *images[i].tag ? images[i].tag : NULL), images[i].why);
    }
}
END_TEST

static const struct {
    const char *why, *text, *prefix;
    bool want;
} prefixes[] = {
    {"under a registry", "gcr.io/p/kafka", "gcr.io", true},
    {"under a path", "gcr.io/p/kafka:1", "gcr.io/p", true},
    {"a slash at the end counts for nothing", "gcr.io/p/kafka", "gcr.io/p/", true},
    {"a prefix of a name is none of the path", "gcr.io/prod/kafka", "gcr.io/p", false},
    {"the prefix itself is no image under it", "gcr.io/p", "gcr.io/p", false},
    {"another registry", "quay.io/p/kafka", "gcr.io/p", false},
    {"no registry", "p/kafka", "gcr.io/p", false},
};

START_TEST(under_a_prefix)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(prefixes); i++)
        BL_WHY(bl_image_under(prefixes[i].text, prefixes[i].prefix) == prefixes[i].want,
               prefixes[i].why);
}
END_TEST

static const struct {
    const char *why, *text, *prefix, *want;
} rebased[] = {
    {"registry replaced", "docker.io/bitnami/kafka:3.3.2", "gcr.io/p",
     "gcr.io/p/bitnami/kafka:3.3.2"},
    {"registry added", "bitnami/kafka:3", "gcr.io/p/", "gcr.io/p/bitnami/kafka:3"},
    {"port replaced, digest kept", "r:5000/kafka:1@sha256:ab", "gcr.io",
     "gcr.io/kafka:1@sha256:ab"},
    {"bare", "kafka", "r:5000", "r:5000/kafka"},
};

START_TEST(rebase)
{
    for (size_t i = 0; i < BL_ARRAY_LEN(rebased); i++) {
        BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(1000);

        bl_image_rebase(&out, rebased[i].text, rebased[i].prefix);
        BL_WHY(strcmp(out.text, rebased[i].want) == 0, rebased[i].why);
        BL_WHY(bl_image_under(out.text, rebased[i].prefix), rebased[i].why);
    }
}
END_TEST

int main(void)
{
    Suite *suite = suite_create("object/image");
    TCase *tests = tcase_create("image");

    tcase_add_test(tests, pieces);
    tcase_add_test(tests, under_a_prefix);
    tcase_add_test(tests, rebase);
    suite_add_tcase(suite, tests);
    return unit_run(suite);
}
