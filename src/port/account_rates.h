/* What an account may send in an hour and in a day, if it has limits of its own. */
#ifndef PORT_ACCOUNT_RATES_H
#define PORT_ACCOUNT_RATES_H

#include <stdint.h>

enum account_rate {
	RATE_MESSAGES_HOUR,
	RATE_MESSAGES_DAY,
	RATE_RECIPIENTS_HOUR,
	RATE_RECIPIENTS_DAY,
	ACCOUNT_RATES,
};

enum { RATE_UNLIMITED = -1 };

/* By enum account_rate: the most; RATE_UNLIMITED; 0: the limit of the server for each account. */
struct account_rates {
	int64_t most[ACCOUNT_RATES];
};

#endif
