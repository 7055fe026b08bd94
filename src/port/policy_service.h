/* A service that is asked whether mail is taken, in the policy delegation protocol of Postfix (SMTPD_POLICY_README). */
#ifndef PORT_POLICY_SERVICE_H
#define PORT_POLICY_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/service_settings.h"

enum {
	SERVICE_REQUEST_MAX = 8192, /* octets of a question */
	SERVICE_ANSWER_MAX = 4096,  /* of an answer, with the empty line that ends it */
	SERVICE_TEXT_SIZE = 1000,   /* of what is kept of its words, with their NUL */
};

/* A question as it is sent: lines of name=value, then an empty one. All zero is an empty one. */
struct service_request {
	size_t len;
	bool overflow; /* it did not all fit: it must not be asked */
	char text[SERVICE_REQUEST_MAX];
};

/*
 * Adds an attribute. Whatever the value holds, it ends no line: controls and octets that are no UTF-8 become '?'. value
 * NULL is an empty one. service_end() ends the question, and tells whether all of it fitted.
 */
void service_put(struct service_request *request, const char *name, const char *value);
void service_put_octets(struct service_request *request, const char *name, const char *value, size_t len);
void service_put_number(struct service_request *request, const char *name, uint64_t number);
bool service_end(struct service_request *request);

enum service_action {
	SERVICE_PASS,    /* OK, PERMIT, DUNNO: nothing against it */
	SERVICE_REJECT,  /* REJECT, 5xx: lasting */
	SERVICE_DEFER,   /* DEFER and its kin, 4xx: passing */
	SERVICE_PREPEND, /* text is a line for the header of the message */
	SERVICE_WARN,    /* nothing against it, but text is for the log */
	SERVICE_UNKNOWN, /* what is not done here (HOLD, FILTER, ...); text is all of it. To be overlooked */
	SERVICE_FAILED,  /* no answer, or none that makes sense; text tells why */
};

/* What a service wants. Its words are printable octets; beyond ASCII they are UTF-8. */
struct service_answer {
	enum service_action action;
	bool spf;                     /* its status is 5.7.23, which is of SPF alone (RFC 7372 section 3.2) */
	char text[SERVICE_TEXT_SIZE]; /* behind action and codes */
};

/* Reads an answer of len octets, up to its empty line: SERVICE_FAILED where it makes no sense. */
void service_answer_read(struct service_answer *answer, const char *octets, size_t len);

/* A question under way; embedded in whatever it is about, and owned by it. */
struct service_question {
	const struct service_request *request; /* stays until done() */
	struct service_answer answer;
	/* Runs once, on the loop, when there is an answer; may free the question. */
	void (*done)(struct service_question *question);

	/* For whoever asks. */
	struct service_question *next;
	int64_t deadline;
	bool again; /* it has been asked in vain on a connection that had grown old */
};

/* A service with its settings. Implemented by the network, or by a stand-in of a test. */
struct policy_service {
	const char *name; /* for the log */
	enum service_stage at;
	enum service_audience about;
	bool spf;    /* it speaks of SPF alone: what it rejects is #4.59 */
	bool closed; /* without its answer mail is put off (#3.22), which is overlooked otherwise */
	/*
	 * Asks. done() comes in any case, within the service's time limit, and maybe before ask() returns. Any number of
	 * questions may be under way.
	 */
	void (*ask)(struct policy_service *service, struct service_question *question);
};

#endif
