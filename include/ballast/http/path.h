/** Paths, queries and forms, written so that no value can become another part of them (RFC 3986, 2). */
#ifndef BALLAST_HTTP_PATH_H
#define BALLAST_HTTP_PATH_H

#include "ballast/base/strbuf.h"

/** Appends the text; all but unreserved characters are escaped. */
void bl_http_escape(struct bl_strbuf *out, const char *text);
/** Appends "?key=value", or "&key=value" where there is a query already. NULL or "": nothing. */
void bl_http_query(struct bl_strbuf *path, const char *key, const char *value);
/** Appends "key=value" to a form, with '&' in front where it is not the first. */
void bl_http_form(struct bl_strbuf *form, const char *key, const char *value);

#endif
