/* The URL of the pages about replies, as the setting help-url gives it: with {lang} and {ref}. */
#ifndef BASE_HELP_URL_H
#define BASE_HELP_URL_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Whether it can be a link in a reply: http or https with a host, and only characters of a URL (RFC 3986 section 2) other than
 * the apostrophe, beside {lang} and {ref}. If not, writes why for the user, in at most size octets with their NUL.
 */
bool help_url_check(const char *url, char *why, size_t size);

/*
 * What to warn the user of: links that do not end at a reply, since the URL has no {ref}, and has {lang} or does not end with a
 * delimiter, behind which the reference is appended. NULL: nothing.
 */
const char *help_url_doubt(const char *url);

#endif
