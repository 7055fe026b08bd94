/* The statements for what servers keep together. */
#ifndef DIRECTORY_POSTGRES_SHARED_STATEMENTS_H
#define DIRECTORY_POSTGRES_SHARED_STATEMENTS_H

/* Parameters that end in s are arrays. Times are milliseconds from now. */
enum shared_statement {
	SHARED_ADD,   /* server, stamp, names, counts, times */
	SHARED_SUMS,  /* server, names: number of the name from 1, count of the other servers, time */
	SHARED_MARK,  /* service, server, stamp, names, causes, times */
	SHARED_NEWS,  /* service, server, generation, name: enum news_column, in order */
	SHARED_LEASE, /* name, owner, time: a row if it is the owner's */
	SHARED_PURGE, /* rows; and those behind it for other tables */
	SHARED_PURGE_MARKS,
	SHARED_PURGE_LEASES,
	SHARED_PURGE_GREYLIST,
	SHARED_PURGE_CHANGES,
	SHARED_STATEMENTS
};

enum news_column {
	NEWS_LAST,       /* generation of all marks */
	NEWS_GENERATION, /* NULL: nothing is new */
	NEWS_NAME,
	NEWS_CAUSE,
	NEWS_LEFT,
	NEWS_OWN,
};

/* By number, ended by NULL. */
extern const char *const shared_statements[SHARED_STATEMENTS + 1];

#endif
