/* The options of ftgatectl check-domain. */
#ifndef CMD_CTL_CHECK_OPTIONS_H
#define CMD_CTL_CHECK_OPTIONS_H

#include <argp.h>
#include <stddef.h>

#include "base/address/network.h"

enum { CHECK_SELECTORS_MAX = 8, CHECK_ADDRESSES_MAX = 8 };

/* Selectors of DKIM, and the addresses that mail is sent from; none: the usual ones, and those of this machine. */
struct check_options {
	const char *selectors[CHECK_SELECTORS_MAX];
	size_t selector_count;
	struct network addresses[CHECK_ADDRESSES_MAX];
	size_t address_count;
};

/* The parser of these options, whose input they are. */
extern const struct argp check_parser;

/* The name of one that was given; NULL: none was. */
const char *check_option(const struct check_options *options);

#endif
