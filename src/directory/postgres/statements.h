/* The statements that a server asks of PostgreSQL, each of which answers for many records at once. */
#ifndef DIRECTORY_POSTGRES_STATEMENTS_H
#define DIRECTORY_POSTGRES_STATEMENTS_H

#include "port/account_rates.h"

/* Parameters that end in s are arrays: their rows are told apart by the number of the element, from 1. */
enum postgres_statement {
	STATEMENT_LAST_CHANGE, /* enum change_column of the last change */
	STATEMENT_CHANGES, /* number: enum change_column of this change and those behind it, CHANGES_MAX + 1 at most */
	STATEMENT_NAMES,   /* domains, local parts, domain and local part of a sender: number, enum name_column */
	STATEMENT_LOGINS,  /* the same with the stored forms of passwords */
	STATEMENT_REACH, /* domain, local part: enum name_column of all targets, with REACH_ALIAS and those behind it */
	STATEMENT_TARGETS,      /* alias: local part, domain */
	STATEMENT_BARE,         /* local part: the domains that have it, two at most */
	STATEMENT_FIRST_DOMAIN, /* the domain that was hosted first, and has mailboxes here */
	STATEMENT_LAST_ACCOUNT, /* the largest number of an account */
	STATEMENT_ANY_DOMAIN,   /* number of an account: the domain of it, or of the next one that exists */
	STATEMENT_OWNS,         /* account, domains, local parts: the numbers of those that it owns */
	STATEMENT_NETWORKS,     /* networks, bits: number, set of enum access_kind, text */
	STATEMENT_SENDERS,      /* addresses and domains: sender, set of enum access_kind, text */
	STATEMENTS
};

enum change_column { CHANGE_NUMBER, CHANGE_MARK, CHANGE_SUBJECT, CHANGE_COLUMNS };

enum name_column {
	NAME_NUMBER,
	NAME_DOMAIN, /* NULL: it is not hosted */
	NAME_DOMAIN_LANGUAGE,
	NAME_MAX_MESSAGE_SIZE,
	NAME_GREYLIST,
	NAME_RELAYED,
	NAME_NEUTRAL,
	NAME_DOMAIN_BYTES,
	NAME_DOMAIN_MESSAGES,
	NAME_DOMAIN_STORE,
	NAME_ACCOUNT, /* NULL: there is none */
	NAME_ACCOUNT_LOCAL,
	NAME_FLAGS,
	NAME_LANGUAGE,
	NAME_BYTES,
	NAME_MESSAGES,
	NAME_MOVED_TO,
	NAME_STORE,
	NAME_ALIAS, /* NULL: there is none */
	NAME_ALIAS_LOCAL,
	NAME_LIST,
	NAME_EXPAND,
	NAME_POST,
	/* of STATEMENT_NAMES and STATEMENT_LOGINS */
	NAME_MEMBER,
	NAME_PASSWORD,
	NAME_SCRAM_SHA256,
	NAME_SECRET,
	NAME_RATES, /* by enum account_rate */
	/* of STATEMENT_REACH: the alias that leads there, and the target; its number is 0 */
	REACH_ALIAS = NAME_MEMBER,
	REACH_LOCAL, /* as it was added; NULL: the alias has no target */
	REACH_DOMAIN,
	REACH_KEY,
	REACH_COLUMNS,
	NAMES_COLUMNS = NAME_MEMBER + 1,
	LOGINS_COLUMNS = NAME_RATES + ACCOUNT_RATES,
};

/* By number, ended by NULL. */
extern const char *const postgres_statements[STATEMENTS + 1];

/* The number of columns in the answer to each. */
extern const int postgres_columns[STATEMENTS];

#endif
