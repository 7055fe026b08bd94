/* Policy services: they decide whether mail is accepted, by the policy delegation protocol of Postfix (SMTPD_POLICY_README). */
#ifndef PORT_POLICY_SERVICE_H
#define PORT_POLICY_SERVICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "config/service_settings.h"

enum {
	SERVICE_REQUEST_MAX = 8192, /* octets of a request */
	SERVICE_ANSWER_MAX = 4096,  /* of an answer, with the empty line that ends it */
	SERVICE_TEXT_SIZE = 1000,   /* of the text that is kept of it, with its NUL */
};

/* A request as it is sent: lines of name=value, then an empty line. All zero is a request without attributes. */
struct service_request {
	size_t len;
	bool overflow; /* not all of it fitted: it must not be sent */
	char text[SERVICE_REQUEST_MAX];
};

/*
 * Add an attribute. No value can end its line: controls and octets that are not UTF-8 become '?'. A value of NULL is an
 * empty one.
 */
void service_put(struct service_request *request, const char *name, const char *value);
void service_put_octets(struct service_request *request, const char *name, const char *value, size_t len);
void service_put_number(struct service_request *request, const char *name, uint64_t number);

/* Ends the request. Returns whether all of it fitted. */
bool service_end(struct service_request *request);

enum service_action {
	SERVICE_PASS,    /* OK, PERMIT, DUNNO: no objection */
	SERVICE_REJECT,  /* REJECT, 5xx: permanent */
	SERVICE_DEFER,   /* DEFER, DEFER_IF_PERMIT, 4xx: temporary */
	SERVICE_PREPEND, /* text is a line for the header of the message */
	SERVICE_WARN,    /* no objection; text is for the log */
	SERVICE_UNKNOWN, /* an action that is not supported (HOLD, FILTER, ...); text is all of it. The caller ignores it */
	SERVICE_FAILED, /* no answer, or a malformed one; text is the cause */
};

/* The answer of a service. Its text is printable UTF-8. */
struct service_answer {
	enum service_action action;
	bool spf;                     /* its status is 5.7.23, which is of SPF alone (RFC 7372 section 3.2) */
	char text[SERVICE_TEXT_SIZE]; /* what follows action and codes */
};

/* Parses an answer of len octets, up to its empty line. A malformed one is SERVICE_FAILED. */
void service_answer_read(struct service_answer *answer, const char *octets, size_t len);

/* A question to a service. The caller embeds and owns it; it must not move until done() is called. */
struct service_question {
	const struct service_request *request; /* must last until done() */
	struct service_answer answer;
	/* Runs once, on the loop, when there is an answer; may free the question. */
	void (*done)(struct service_question *question);

	/* For the implementation of ask(). */
	struct service_question *next;
	int64_t deadline;
	bool again; /* it was sent on an idle connection that turned out to be closed */
};

/* A service with its settings, implemented in src/peer and by a fake of the tests. */
struct policy_service {
	const char *name; /* for the log */
	enum service_stage at;
	enum service_audience about;
	bool spf;    /* it checks SPF only: rejections use #4.59 */
	bool closed; /* without its answer mail is deferred (#3.22), not accepted */
	/*
	 * Asks. done() is always called, within the service's time limit, possibly before ask() returns. Any number of
	 * questions may be open.
	 */
	void (*ask)(struct policy_service *service, struct service_question *question);
};

#endif
