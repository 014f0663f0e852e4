#include <ctype.h>
#include <string.h>

#include "ballast/base/mem.h"
#include "ballast/base/text.h"
#include "vap.h"

/*
 * Whom a policy concerns, in CEL. Of several policies that define a rule the first that matches decides it, so
 * a policy concerns what it matches and none before it does. What an object cannot tell (a budget does not
 * know the name of its workload) is taken for a match of those before, and for none of its own: less is asked
 * then, never more.
 */

char *bl_vap_literal(const char *text)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    bl_json_write_string(&out, text);
    return bl_strbuf_take(&out);
}

static void add_pattern(struct bl_strbuf *out, const char *pattern)
{
    for (; *pattern; pattern++) {
        if (*pattern == '*')
            bl_strbuf_adds(out, ".*");
        else if (*pattern == '?')
            bl_strbuf_addc(out, '.');
        else if (ispunct((unsigned char)*pattern) && *pattern != '_' && *pattern != '-')
            bl_strbuf_addf(out, "\\%c", *pattern);
        else
            bl_strbuf_addc(out, *pattern);
    }
}

char *bl_vap_regex(const struct bl_strings *patterns)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    bl_strbuf_adds(&out, "^(");
    for (size_t i = 0; i < patterns->len; i++) {
        bl_strbuf_adds(&out, i ? "|" : "");
        add_pattern(&out, patterns->items[i]);
    }
    bl_strbuf_adds(&out, ")$");
    return bl_vap_literal(out.text);
}

static void add_and(struct bl_strbuf *out)
{
    bl_strbuf_adds(out, out->len ? " && " : "");
}

static void add_patterns(struct bl_strbuf *out, const struct bl_strings *patterns, const char *text)
{
    BL_AUTO_FREE char *regex = bl_vap_regex(patterns);

    if (!patterns->len)
        return;
    add_and(out);
    bl_strbuf_addf(out, "%s.matches(%s)", text, regex);
}

static void add_label(struct bl_strbuf *out, const char *map, const char *key, const cJSON *value)
{
    BL_AUTO_FREE char *name = bl_vap_literal(key);

    add_and(out);
    bl_strbuf_addf(out, "%s in %s && %s[%s] == ", name, map, map, name);
    bl_json_write(out, value);
}

/* One of matchExpressions. */
static void add_expression(struct bl_strbuf *out, const char *map, const cJSON *expression)
{
    const char *operator= bl_json_string(expression, "operator");
    BL_AUTO_FREE char *key = bl_vap_literal(bl_json_string(expression, "key"));
    bool negated = bl_text_eq(operator, "NotIn") || bl_text_eq(operator, "DoesNotExist");
    const cJSON *values = bl_json_get(expression, "values");

    add_and(out);
    bl_strbuf_addf(out, "%s(%s in %s", negated ? "!" : "", key, map);
    if (bl_json_len(values)) {
        bl_strbuf_addf(out, " && %s[%s] in ", map, key);
        bl_json_write(out, values);
    }
    bl_strbuf_addc(out, ')');
}

static void add_selector(struct bl_strbuf *out, const char *map, const cJSON *selector)
{
    const cJSON *member;

    BL_JSON_EACH_MEMBER(member, bl_json_get(selector, "matchLabels")) {
        add_label(out, map, member->string, member);
    }
    cJSON_ArrayForEach(member, bl_json_get(selector, "matchExpressions")) {
        add_expression(out, map, member);
    }
}

/*
 * Roles that count as matched. "kafka" is any Kafka role, where only an image tells: surely matched where all of
 * them are, perhaps where one is. So is the empty role, of what has no label.
 */
static void add_roles(struct bl_strbuf *out, unsigned roles, bool perhaps)
{
    static const struct {
        unsigned any;
        const char *role;
    } names[] = {{BL_MATCH_BROKER, "broker"},
                 {BL_MATCH_CONTROLLER, "controller"},
                 {BL_MATCH_BROKER | BL_MATCH_CONTROLLER | BL_MATCH_COMBINED, "combined"},
                 {BL_MATCH_ZOOKEEPER, "zookeeper"}};
    const unsigned kafka = BL_MATCH_BROKER | BL_MATCH_CONTROLLER;
    const char *separator = "";

    add_and(out);
    bl_strbuf_adds(out, "variables.role in [");
    for (size_t i = 0; i < BL_ARRAY_LEN(names); i++) {
        if (!(roles & names[i].any))
            continue;
        bl_strbuf_addf(out, "%s\"%s\"", separator, names[i].role);
        separator = ", ";
    }
    if ((roles & kafka) == kafka || (perhaps && (roles & (kafka | BL_MATCH_COMBINED))))
        bl_strbuf_addf(out, "%s\"kafka\"", separator);
    bl_strbuf_addc(out, ']');
}

/* False where the object cannot tell, and it has to be sure. */
static bool add_match(struct bl_strbuf *out, const struct bl_match *match,
                      enum bl_vap_target target, bool perhaps)
{
    bool workload = bl_vap_is_workload(target);

    if (!workload && !perhaps && (match->names.len || match->object_selector))
        return false;
    add_patterns(out, &match->namespaces, "request.namespace");
    if (match->namespace_selector)
        add_selector(out, "variables.namespaceLabels", match->namespace_selector);
    if (workload)
        add_patterns(out, &match->names, "request.name");
    if (workload && match->object_selector)
        add_selector(out, "variables.labels", match->object_selector);
    if (match->roles)
        add_roles(out, match->roles, perhaps);
    return true;
}

static void add_not(struct bl_strbuf *out, const struct bl_strbuf *what)
{
    add_and(out);
    bl_strbuf_addf(out, "!(%s)", what->len ? what->text : "true");
}

static bool excuses(const struct bl_exception *exception, enum bl_rule_id rule, bl_day today)
{
    BL_ERROR(err);
    bl_day day;

    if (exception->expires && bl_day_parse(exception->expires, &day, &err) == 0 && today >= day)
        return false;
    for (size_t i = 0; i < exception->rules.len; i++)
        if (strcmp(exception->rules.items[i], bl_rule_key(rule)) == 0)
            return true;
    return false;
}

static void add_exceptions(struct bl_strbuf *out, const struct bl_policy *policy,
                           enum bl_rule_id rule, enum bl_vap_target target, bl_day today)
{
    const struct bl_exception *exceptions = policy->spec.exceptions.items;

    for (size_t i = 0; i < policy->spec.exceptions.len; i++) {
        BL_AUTO(bl_strbuf_release) struct bl_strbuf match = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

        if (!excuses(&exceptions[i], rule, today))
            continue;
        (void)add_match(&match, &policy->spec.match, target, true);
        (void)add_match(&match, &exceptions[i].match, target, true);
        add_not(out, &match);
    }
}

char *bl_vap_scope(const struct bl_policy_set *set, const struct bl_policy *policy,
                   enum bl_rule_id rule, enum bl_vap_target target, bl_day today)
{
    BL_AUTO(bl_strbuf_release) struct bl_strbuf out = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

    add_roles(&out, bl_rules[rule]->roles, false);
    if (!add_match(&out, &policy->spec.match, target, false))
        return NULL;
    for (size_t i = 0; i < set->len && set->items[i] != policy; i++) {
        BL_AUTO(bl_strbuf_release) struct bl_strbuf before = BL_STRBUF_INIT(BL_STRBUF_UNBOUNDED);

        if (!set->items[i]->rules[rule])
            continue;
        (void)add_match(&before, &set->items[i]->spec.match, target, true);
        add_not(&out, &before);
    }
    for (size_t i = 0; i < set->len; i++)
        add_exceptions(&out, set->items[i], rule, target, today);
    return bl_strbuf_take(&out);
}
