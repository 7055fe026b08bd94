/*
 * Reads the records that an answer needs, one at a time. The rules by which records make an answer (recipient.h,
 * login.h, access.h, expand.h) are the same for all backends; a backend only finds the records.
 */
#ifndef DIRECTORY_LOOKUP_H
#define DIRECTORY_LOOKUP_H

#include "base/address/network.h"
#include "directory/settings.h"
#include "port/directory.h"

/* An alias or a list. */
struct alias {
	int64_t number;
	char local[ADDRESS_LOCAL_MAX + 1]; /* as it was added */
	bool list;
	enum expansion_right right;
	enum posting_right post;
};

/* What the access lists say of one network, address or domain. */
struct access_row {
	unsigned kinds; /* set of enum access_kind; 0: no entry */
	char text[DIRECTORY_TEXT_SIZE];
};

/* Takes a target of an alias. Returns false to read no more. */
typedef bool target_fn(void *context, const char *local, const char *domain);

struct lookup;

/*
 * key is what address_key() makes of a local part. Each returns DIRECTORY_FAILED if the records cannot be read, and the
 * cause is trouble(); the text lasts until the next failure.
 */
struct lookup_ops {
	/*
	 * FOUND, whatever its flags are; NO_MAILBOX, with account->domain set; NO_DOMAIN. All else of the account is
	 * zero. The stored forms of the password are empty unless secrets are requested.
	 */
	enum directory_verdict (*account)(
	    struct lookup *lookup, const char *domain, const char *key, bool secrets, struct account *account);
	/* FOUND, NO_MAILBOX. */
	enum directory_verdict (*alias)(
	    struct lookup *lookup, const char *domain, const char *key, struct alias *alias);
	/* FOUND, NO_DOMAIN; the domain is zero then. */
	enum directory_verdict (*domain)(struct lookup *lookup, const char *name, struct domain *domain);
	/*
	 * Quota and store of mailboxes of a domain that have none of their own:
	 * FOUND, NO_DOMAIN. All else of it is zero.
	 */
	enum directory_verdict (*mailbox)(struct lookup *lookup, const char *domain, struct mailbox *mailbox);
	/* The domain that has this local part: FOUND, NO_MAILBOX, AMBIGUOUS. */
	enum directory_verdict (*bare)(struct lookup *lookup, const char *key, char domain[ADDRESS_DOMAIN_MAX + 1]);
	/* The domain that was hosted first, and is not relayed: FOUND, with "" if there is none. */
	enum directory_verdict (*first_domain)(struct lookup *lookup, char domain[ADDRESS_DOMAIN_MAX + 1]);
	/* The largest number of an account; 0 without accounts. FOUND. */
	enum directory_verdict (*last_account)(struct lookup *lookup, int64_t *number);
	/* The domain of this account, or of the next one by number: FOUND, NO_DOMAIN. */
	enum directory_verdict (*domain_of_account)(
	    struct lookup *lookup, int64_t account, char domain[ADDRESS_DOMAIN_MAX + 1]);
	/* Is an address a target of the list? FOUND, NO_MAILBOX. */
	enum directory_verdict (*member)(struct lookup *lookup, int64_t list, const char *domain, const char *key);
	/* Is an address that of the account, or an alias's that leads straight to it? FOUND, NO_MAILBOX. */
	enum directory_verdict (*owner)(struct lookup *lookup, int64_t account, const char *domain, const char *key);
	/*
	 * The targets of an alias, by domain and local part, as they were added:
	 * FOUND, also if it has none; NO_MAILBOX if the function returned false.
	 */
	enum directory_verdict (*targets)(struct lookup *lookup, int64_t alias, target_fn *each, void *context);
	/* Is there any entry of a network? FOUND, NO_MAILBOX. */
	enum directory_verdict (*any_network)(struct lookup *lookup);
	/* The entries of this very network; of this very address, with its key as local part, or domain. FOUND. */
	enum directory_verdict (*network)(struct lookup *lookup, const struct network *network, struct access_row *row);
	enum directory_verdict (*sender)(struct lookup *lookup, const char *sender, struct access_row *row);
	const char *(*trouble)(const struct lookup *lookup);
};

/* Embedded in what the backend needs for it. */
struct lookup {
	const struct lookup_ops *ops;
	const struct directory_settings *settings;
	bool no_postmaster; /* is set once the address of the setting postmaster was looked for in vain */
};

/* lookup_ops.account and .alias by a local part in any spelling. */
enum directory_verdict lookup_account(
    struct lookup *lookup, const char *domain, const char *local, bool secrets, struct account *account);
enum directory_verdict lookup_alias(struct lookup *lookup, const struct address *address, struct alias *alias);

/*
 * The domain of a local part that stands alone: FOUND, NO_MAILBOX, AMBIGUOUS, FAILED. The postmaster without a domain
 * is that of the domain that was hosted first; "" if none is.
 */
enum directory_verdict lookup_bare(struct lookup *lookup, const char *local, char domain[ADDRESS_DOMAIN_MAX + 1]);

/* Is the local part postmaster, in any case? */
bool lookup_is_postmaster(const char *local);

/* The rights of a list, as they are stored; of other words, NULL among them, the default. */
enum expansion_right lookup_expansion_right(const char *text);
enum posting_right lookup_posting_right(const char *text);

#endif
