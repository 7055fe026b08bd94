/* The source of the replies of streams: the catalogue and languages of the process, and the values of variables. */
#ifndef NET_VOICE_SOURCE_H
#define NET_VOICE_SOURCE_H

#include <ftgate/reply.h>

/*
 * Its owner changes it on the loop's thread, between two replies: a reply is rendered at once, so no copy of the voice
 * is kept. The strings outlive the streams.
 */
struct voice_source {
	struct ftg_voice voice; /* without variables */
	unsigned generation;    /* changes with the catalogue */
	const char *host;       /* ${host} */
	const char *contact;    /* ${contact} */
	const char *help;       /* ${help} */
};

#endif
