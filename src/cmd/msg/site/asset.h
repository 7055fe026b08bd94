/* The files of the site that are the same in each: built from site/assets. */
#ifndef MSG_SITE_ASSET_H
#define MSG_SITE_ASSET_H

#include <stddef.h>

struct asset {
	const char *name; /* "style.css" */
	const unsigned char *octets;
	size_t len;
};

extern const struct asset assets[];
extern const size_t assets_count;

#endif
