/* The meaning of an enhanced status code (RFC 3463). */
#ifndef MSG_STATUS_H
#define MSG_STATUS_H

#include "msg.h"

/* Translated; detail is NULL if it is not registered. */
struct status_meaning {
	const char *class;
	const char *subject;
	const char *detail;
};

/* The meaning of a code such as "5.1.1", whose form must have been checked. */
struct status_meaning status_meaning(const char *status);

#endif
