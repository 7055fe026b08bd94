/* A program that looks at whole messages before they are accepted: a virus scanner, a spam filter. */
#ifndef PORT_SCANNER_H
#define PORT_SCANNER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct field_edits;

enum { SCAN_TEXT_SIZE = 512 };

/* A message that is written, but not visible yet, with its known properties. Strings may be NULL if unknown. */
struct scan_subject {
	int file;                      /* its descriptor, which others use too: to be read by pread(2) alone */
	uint64_t size;                 /* octets of it */
	bool utf8;                     /* it came with SMTPUTF8 */
	const char *sender;            /* "" for the null reverse-path */
	bool own_author;               /* of a user with SMTPUTF8: all authors in From have the sender's domain */
	const char *const *recipients; /* as the client named them */
	size_t recipient_count;
	const char *address;     /* of the client */
	const char *client_name; /* in the DNS, if that name has the address */
	const char *helo;        /* its name in EHLO or HELO */
	const char *user;        /* who has logged in */
	const char *session;     /* token */
	const char *hostname;    /* of this server */
};

enum scan_verdict {
	SCAN_CLEAN,
	SCAN_REFUSED,  /* permanently: #4.42 with the scanner's text */
	SCAN_SPF,      /* because SPF says fail: #4.59 */
	SCAN_DEFERRED, /* temporarily, as the scanner requests: #3.19 */
	SCAN_SUSPECT,  /* passes, unless suspect mail is greylisted: then #3.19 until it has waited */
	SCAN_FAILED,   /* no answer, or none that makes sense; text says why */
};

/*
 * A question under way; embedded in and owned by the caller's data. Until done() it must not move, and the subject, its
 * strings and its file, and the edits must stay valid.
 */
struct scan_question {
	const struct scan_subject *subject;
	enum scan_verdict verdict;
	struct field_edits
	    *edits; /* changes to the header that the scanner asks for are added to these; NULL: none are */
	char text[SCAN_TEXT_SIZE]; /* the scanner's words: printable, UTF-8 beyond ASCII; "" if there are none */
	/* Runs once, on the loop; may free the question. */
	void (*done)(struct scan_question *question);

	/* For whoever asks. */
	struct scan_question *next;
	int64_t deadline;
};

/* A scanner with its settings. Implemented by the network, or by a fake one of a test. For the loop's thread. */
struct scanner {
	const char *name; /* for the log */
	bool closed;      /* without its answer a message is deferred (#3.22), else it is accepted */
	/*
	 * Asks. done() is always called, within the scanner's time limit, which begins with this call, and possibly
	 * before it returns. Any number of questions may be under way.
	 */
	void (*ask)(struct scanner *scanner, struct scan_question *question);
};

#endif
