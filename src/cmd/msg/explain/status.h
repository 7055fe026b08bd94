/* The meanings of enhanced status codes (RFC 3463), reply codes (RFC 5321) and response codes of POP3 (RFC 2449). */
#ifndef MSG_STATUS_H
#define MSG_STATUS_H

#include "cmd/msg/msg.h"

/* Translated; detail is NULL if it is not registered. */
struct status_meaning {
	const char *class;
	const char *subject;
	const char *detail;
};

/* The meaning of a code such as "5.1.1", whose form must have been checked. */
struct status_meaning status_meaning(const char *status);

/* The meaning of a reply code, "550", or of a response code, "[AUTH]", translated; NULL if it is not known. */
const char *code_meaning(const char *code);

#endif
