/* Where charts may come from. */
#include "ballast/cluster/source.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <strings.h>

#include "ballast/base/address.h"
#include "ballast/base/mem.h"
#include "ballast/base/text.h"

/* A URL in its parts. */
struct place {
    const char *scheme, *host, *path; /* the path with its slash, or "" */
    size_t scheme_len, host_len;      /* the host with its port */
};

static bool read_place(const char *url, struct place *ret_place)
{
    const char *colon = strstr(url, "://"), *host = colon ? colon + 3 : NULL;
    size_t len = host ? strcspn(host, "/") : 0;

    if (!len || colon == url)
        return false;
    *ret_place = (struct place){url, host, host + len, (size_t)(colon - url), len};
    return true;
}

static bool is_scheme(const struct place *place, const char *scheme)
{
    return place->scheme_len == strlen(scheme) &&
           strncmp(place->scheme, scheme, place->scheme_len) == 0;
}

/* What stands before a host: "*.example.com" is any below it. */
static bool is_any_below(const struct place *pattern)
{
    return pattern->host_len > 2 && strncmp(pattern->host, "*.", 2) == 0;
}

int bl_chart_source_check(const char *pattern, struct bl_error **err)
{
    struct place place;

    if (!read_place(pattern, &place) ||
        (!is_scheme(&place, "oci") && !is_scheme(&place, "https") && !is_scheme(&place, "http")) ||
        memchr(place.host + (is_any_below(&place) ? 2 : 0), '*',
               place.host_len - (is_any_below(&place) ? 2 : 0)))
        return bl_fail(err, BL_ERR_INVALID,
                       "takes oci://HOST/PATH or https://HOST/PATH; of a host * stands for "
                       "what is before it alone, as in *.example.com");
    return 0;
}

/* --- hosts --- */

/* "10.0.0.1", "[::1]" and whatever else an address may be written as ("127.1", "0x7f000001"). */
static bool read_address(const char *host, struct sockaddr_storage *ret_address)
{
    struct sockaddr_in *four = (struct sockaddr_in *)(void *)ret_address;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)(void *)ret_address;

    *ret_address = (struct sockaddr_storage){0};
    if (*host == '[') {
        BL_AUTO_FREE char *inside = bl_strndup(host + 1, strcspn(host + 1, "]%"));

        six->sin6_family = AF_INET6;
        return inet_pton(AF_INET6, inside, &six->sin6_addr) == 1;
    }
    four->sin_family = AF_INET;
    return inet_aton(host, &four->sin_addr) != 0;
}

/* Where the controller would meet itself, its node, or what gives nodes their credentials. */
static bool is_near(const struct place *place)
{
    static const char *const names[] = {"localhost", "metadata", "metadata.google.internal", NULL};
    BL_AUTO_FREE char *host = bl_strndup(place->host, place->host_len);
    struct sockaddr_storage address;
    char *port = strrchr(host, ':');

    if (port && !strchr(port, ']'))
        *port = '\0';
    for (char *c = host; *c; c++)
        *c = (char)(*c >= 'A' && *c <= 'Z' ? *c - 'A' + 'a' : *c);
    if (*host && host[strlen(host) - 1] == '.')
        host[strlen(host) - 1] = '\0';
    if (bl_text_in(host, names) || bl_text_ends(host, ".localhost"))
        return true;
    if (!read_address(host, &address))
        return *host == '[';
    return bl_address_is_local((const struct sockaddr *)(const void *)&address);
}

static bool host_matches(const struct place *pattern, const struct place *url)
{
    size_t below = pattern->host_len - 1; /* with its dot */

    if (!is_any_below(pattern))
        return pattern->host_len == url->host_len &&
               strncasecmp(pattern->host, url->host, url->host_len) == 0;
    return url->host_len > below &&
           strncasecmp(pattern->host + 1, url->host + url->host_len - below, below) == 0 &&
           !is_near(url);
}

/* A star in the path has all that is below it. A pattern without a path has nothing. */
static bool matches(const char *pattern, const char *url, bool *ret_plain)
{
    struct place from, to;

    if (!read_place(pattern, &from) || !read_place(url, &to))
        return false;
    *ret_plain = is_scheme(&from, "http");
    if (!*ret_plain &&
        (from.scheme_len != to.scheme_len || strncmp(from.scheme, to.scheme, to.scheme_len) != 0))
        return false;
    return host_matches(&from, &to) && bl_text_glob(from.path, to.path);
}

bool bl_chart_source_allows(const char *const *patterns, const char *url, bool *ret_plain)
{
    *ret_plain = false;
    /* What stands behind a host decides nothing, and "..", "?" or "@" could make another host of it. */
    if (strstr(url, "..") || strpbrk(url, "?#@\\ \t\n"))
        return false;
    for (; patterns && *patterns; patterns++)
        if (matches(*patterns, url, ret_plain))
            return true;
    *ret_plain = false;
    return false;
}
