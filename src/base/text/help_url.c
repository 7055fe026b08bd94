/* The URL of the pages about replies. */
#include "base/text/help_url.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text/translate.h"

/* Octets of a place for the language or the reference at the beginning of a text; 0: there is none. */
static size_t
place_len(const char *text)
{
	static const char *const places[] = { "{lang}", "{ref}" };
	for (size_t i = 0; i < sizeof places / sizeof *places; i++)
		if (strncmp(text, places[i], strlen(places[i])) == 0)
			return strlen(places[i]);
	return 0;
}

static bool
is_alnum(char c)
{
	return (c >= '0' && c <= '9') || ((c | 0x20) >= 'a' && (c | 0x20) <= 'z');
}

static const char *
behind_scheme(const char *url)
{
	static const char *const schemes[] = { "http://", "https://" };
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++)
		if (strncasecmp(url, schemes[i], strlen(schemes[i])) == 0)
			return url + strlen(schemes[i]);
	return NULL;
}

static bool
is_sound(const char *url)
{
	const char *at = behind_scheme(url);
	if (at == NULL || !(is_alnum(*at) || *at == '[' || place_len(at) > 0))
		return false;
	while (*at != '\0') {
		size_t len = place_len(at);
		if (len == 0 && !is_alnum(*at) && strchr("-._~:/?#[]@!$&()*+,;=%", *at) == NULL)
			return false;
		at += len > 0 ? len : 1;
	}
	return true;
}

bool
help_url_check(const char *url, char *why, size_t size)
{
	if (is_sound(url))
		return true;
	snprintf(why, size,
	    _("'%.40s' is not a URL for links; write one such as https://mail.example.org/replies/{lang}.html#{ref}, without "
	      "spaces and quotes"),
	    url);
	return false;
}

const char *
help_url_doubt(const char *url)
{
	size_t len = strlen(url);
	bool appended = strstr(url, "{lang}") == NULL && len > 0 && strchr("#/?&=", url[len - 1]) != NULL;
	return appended || strstr(url, "{ref}") != NULL
	    ? NULL
	    : _("its links do not end at the reply; write {ref}, which becomes the reference, as in "
	        "https://mail.example.org/replies/{lang}.html#{ref}");
}
