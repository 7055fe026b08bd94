/* A program that looks at whole messages before they are taken: a virus scanner, a spam filter. */
#ifndef PORT_SCANNER_H
#define PORT_SCANNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SCAN_TEXT_SIZE = 512 };

/* A message that is written, but not visible yet, with what is known of it. Strings may be NULL where there is none. */
struct scan_subject {
	int file;                      /* its descriptor, which others write by and may read by: pread() alone */
	uint64_t size;                 /* octets of it */
	const char *sender;            /* "" for the null reverse-path */
	const char *const *recipients; /* as the client named them */
	size_t recipient_count;
	const char *address;     /* of the client */
	const char *client_name; /* in the DNS, where that name has the address */
	const char *helo;        /* what it calls itself */
	const char *user;        /* who has logged in */
	const char *session;     /* token */
	const char *hostname;    /* of this server */
};

enum scan_verdict {
	SCAN_CLEAN,
	SCAN_REFUSED,  /* for good: #4.42 with the scanner's words */
	SCAN_SPF,      /* because SPF says fail: #4.59 */
	SCAN_DEFERRED, /* for now, by the scanner's wish: #3.19 */
	SCAN_FAILED,   /* no answer, or none that makes sense; text tells why */
};

/* Implemented by the network, or by a stand-in of a test. */
struct scanner {
	const char *name; /* for the log */
	bool closed;      /* without its answer a message is put off (#3.22), which is overlooked otherwise */
	/*
	 * Blocks, for the scanner's time limit at most: to be called in a job, by any number of threads at a time. text
	 * is what the scanner says, or why it says nothing: printable octets, UTF-8 where they are not ASCII; "" where it has no words.
	 */
	enum scan_verdict (*scan)(
	    const struct scanner *scanner, const struct scan_subject *subject, char text[SCAN_TEXT_SIZE]);
};

#endif
