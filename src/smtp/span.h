/* Octets of something longer; no NUL behind them. */
#ifndef SMTP_SPAN_H
#define SMTP_SPAN_H

#include <stddef.h>

struct span {
	const char *text;
	size_t len;
};

#endif
