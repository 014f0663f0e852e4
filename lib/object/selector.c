#include "ballast/object/selector.h"

#include <ctype.h>
#include <string.h>

#include "ballast/base/text.h"

static bool alnum_edges(const char *text, size_t len)
{
    return len && isalnum((unsigned char)text[0]) && isalnum((unsigned char)text[len - 1]);
}

/* The name part of a label key, and a label value: 63 of letters, digits, '-', '_' and '.'. */
static bool name_valid(const char *text, size_t len)
{
    if (len > 63 || !alnum_edges(text, len))
        return false;
    for (size_t i = 0; i < len; i++)
        if (!isalnum((unsigned char)text[i]) && !strchr("-_.", text[i]))
            return false;
    return true;
}

/* A DNS subdomain: labels between dots, each with a letter or digit at both ends. */
static bool prefix_valid(const char *text, size_t len)
{
    if (len > 253)
        return false;
    for (size_t start = 0, i = 0; i <= len; i++) {
        if (i == len || text[i] == '.') {
            if (!alnum_edges(text + start, i - start))
                return false;
            start = i + 1;
        } else if (!islower((unsigned char)text[i]) && !isdigit((unsigned char)text[i]) &&
                   text[i] != '-') {
            return false;
        }
    }
    return true;
}

static bool key_valid(const char *key)
{
    const char *slash = strchr(key, '/');

    if (slash && !prefix_valid(key, (size_t)(slash - key)))
        return false;
    return name_valid(slash ? slash + 1 : key, strlen(slash ? slash + 1 : key));
}

static int check_value(const char *key, const cJSON *value, struct bl_error **err)
{
    if (!cJSON_IsString(value))
        return bl_fail(err, BL_ERR_INVALID, "the value of label \"%s\" is not a string", key);
    if (*value->valuestring && !name_valid(value->valuestring, strlen(value->valuestring)))
        return bl_fail(err, BL_ERR_INVALID, "\"%s\" is not a value for label \"%s\"",
                       value->valuestring, key);
    return 0;
}

static int check_key(const char *key, struct bl_error **err)
{
    if (!key || !key_valid(key))
        return bl_fail(err, BL_ERR_INVALID, "\"%s\" is not a label key", key ? key : "");
    return 0;
}

static int check_list(const cJSON *value, const char *name, struct bl_error **err)
{
    if (!bl_json_is_null(value) && !cJSON_IsArray(value))
        return bl_fail(err, BL_ERR_INVALID, "%s is not a list", name);
    return 0;
}

static int check_expression(const cJSON *expression, struct bl_error **err)
{
    static const char *const with_values[] = {"In", "NotIn", NULL};
    static const char *const without[] = {"Exists", "DoesNotExist", NULL};
    const char *key = bl_json_string(expression, "key");
    const char *op = bl_json_string(expression, "operator");
    const cJSON *values = bl_json_get(expression, "values"), *value;

    if (check_key(key, err) < 0 || check_list(values, "values", err) < 0)
        return -1;
    if (!bl_text_in(op, with_values) && !bl_text_in(op, without))
        return bl_fail(err, BL_ERR_INVALID,
                       "operator \"%s\" of \"%s\" is none of In, NotIn, Exists, DoesNotExist",
                       op ? op : "", key);
    if (bl_text_in(op, with_values) != (bl_json_len(values) > 0))
        return bl_fail(err, BL_ERR_INVALID, "operator %s of \"%s\" %s values", op, key,
                       bl_text_in(op, without) ? "takes no" : "needs");
    cJSON_ArrayForEach(value, values) {
        if (check_value(key, value, err) < 0)
            return -1;
    }
    return 0;
}

int bl_selector_validate(const cJSON *selector, struct bl_error **err)
{
    static const char *const keys[] = {"matchLabels", "matchExpressions", NULL};
    const cJSON *labels = bl_json_get(selector, "matchLabels"), *child;
    const cJSON *expressions = bl_json_get(selector, "matchExpressions");

    if (bl_json_is_null(selector))
        return 0;
    if (!cJSON_IsObject(selector))
        return bl_fail(err, BL_ERR_INVALID, "a label selector is a map");
    BL_JSON_EACH_MEMBER(child, selector) {
        if (!bl_text_in(child->string, keys)) {
            bl_fail(err, BL_ERR_INVALID, "unknown field \"%s\" in a label selector", child->string);
            return bl_hint(err, "A label selector has matchLabels and matchExpressions.");
        }
    }
    if (!bl_json_is_null(labels) && !cJSON_IsObject(labels))
        return bl_fail(err, BL_ERR_INVALID, "matchLabels is not a map");
    if (check_list(expressions, "matchExpressions", err) < 0)
        return -1;
    BL_JSON_EACH_MEMBER(child, labels) {
        if (check_key(child->string, err) < 0 || check_value(child->string, child, err) < 0)
            return -1;
    }
    cJSON_ArrayForEach(child, expressions) {
        if (check_expression(child, err) < 0)
            return -1;
    }
    return 0;
}

bool bl_labels_include(const cJSON *labels, const cJSON *map)
{
    const cJSON *wanted;

    if (!bl_json_first_member(map))
        return false;
    BL_JSON_EACH_MEMBER(wanted, map) {
        const char *value = bl_json_string(labels, wanted->string);

        if (!value || !cJSON_IsString(wanted) || strcmp(value, wanted->valuestring) != 0)
            return false;
    }
    return true;
}

static bool among(const cJSON *values, const char *text)
{
    const cJSON *value;

    cJSON_ArrayForEach(value, values) {
        if (cJSON_IsString(value) && strcmp(value->valuestring, text) == 0)
            return true;
    }
    return false;
}

static bool expression_matches(const cJSON *expression, const cJSON *labels)
{
    const char *op = bl_json_string(expression, "operator");
    const cJSON *values = bl_json_get(expression, "values");
    const char *value = bl_json_string(labels, bl_json_string(expression, "key"));

    if (strcmp(op, "In") == 0)
        return value && among(values, value);
    if (strcmp(op, "NotIn") == 0)
        return !value || !among(values, value);
    return (value != NULL) == (strcmp(op, "Exists") == 0);
}

bool bl_selector_matches(const cJSON *selector, const cJSON *labels)
{
    BL_ERROR(err);
    const cJSON *match_labels = bl_json_get(selector, "matchLabels"), *expression;

    if (bl_json_is_null(selector) || bl_selector_validate(selector, &err) < 0)
        return false;
    if (match_labels && match_labels->child && !bl_labels_include(labels, match_labels))
        return false;
    cJSON_ArrayForEach(expression, bl_json_get(selector, "matchExpressions")) {
        if (!expression_matches(expression, labels))
            return false;
    }
    return true;
}

static void describe_expression(struct bl_strbuf *out, const cJSON *expression)
{
    const char *key = bl_json_string(expression, "key");
    const char *op = bl_json_string(expression, "operator");
    const cJSON *values = bl_json_get(expression, "values"), *value;

    if (!key || bl_text_eq(op, "Exists") || bl_text_eq(op, "DoesNotExist")) {
        bl_strbuf_addf(out, "%s%s", bl_text_eq(op, "DoesNotExist") ? "!" : "", key ? key : "?");
        return;
    }
    bl_strbuf_addf(out, "%s %s (", key,
                   bl_text_eq(op, "In")      ? "in"
                   : bl_text_eq(op, "NotIn") ? "notin"
                                             : "?");
    cJSON_ArrayForEach(value, values) {
        bl_strbuf_addf(out, "%s%s", cJSON_IsString(value) ? value->valuestring : "?",
                       value->next ? "," : "");
    }
    bl_strbuf_addc(out, ')');
}

void bl_selector_describe(struct bl_strbuf *out, const cJSON *selector)
{
    const cJSON *child;
    size_t start = out->len;

    if (bl_json_is_null(selector)) {
        bl_strbuf_adds(out, "<none>");
        return;
    }
    BL_JSON_EACH_MEMBER(child, bl_json_get(selector, "matchLabels")) {
        bl_strbuf_addf(out, "%s%s=%s", out->len > start ? "," : "", child->string,
                       cJSON_IsString(child) ? child->valuestring : "?");
    }
    cJSON_ArrayForEach(child, bl_json_get(selector, "matchExpressions")) {
        bl_strbuf_adds(out, out->len > start ? "," : "");
        describe_expression(out, child);
    }
    if (out->len == start)
        bl_strbuf_adds(out, "<all>");
}
