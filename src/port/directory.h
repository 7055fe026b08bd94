/*
 * The directory: which domains are hosted here, and whose mailboxes are in them.
 * A port: directory/sqlite implements it.
 */
#ifndef PORT_DIRECTORY_H
#define PORT_DIRECTORY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "port/account_rates.h"
#include "port/mailbox.h"

/* The local part of the alias for all addresses of its domain that have no record of their own. */
#define DIRECTORY_CATCH_ALL "*"

/*
 * What is added to the local part of a list for the sender of its mail. It is the postmaster's, unless it has a record.
 */
#define DIRECTORY_BOUNCES "-bounces"

enum directory_verdict {
	DIRECTORY_FOUND,
	DIRECTORY_NO_DOMAIN,     /* not hosted here */
	DIRECTORY_NO_MAILBOX,    /* hosted, but no such mailbox, alias or list */
	DIRECTORY_AMBIGUOUS,     /* a bare local part that more than one hosted domain has */
	DIRECTORY_DISABLED,      /* the account is switched off: #3.13 */
	DIRECTORY_NO_PRIVILEGE,  /* it may not receive: #4.65 with #1.00 */
	DIRECTORY_SPAMTRAP,      /* #4.65 with #1.01 */
	DIRECTORY_MOVED,         /* #4.33 */
	DIRECTORY_MISCONFIGURED, /* aliases that form a loop, are nested too deep, or have no target: #3.17 */
	DIRECTORY_FAILED,        /* the directory cannot be used now: #3.22 */
};

enum {
	DIRECTORY_LANGUAGE_SIZE = 36, /* a language tag with its NUL */
	DIRECTORY_SECRET_SIZE = 256,  /* size of each stored form of a password, with its NUL */
	DIRECTORY_DETAIL_SIZE = 256,  /* the cause of a failure, with its NUL */
	DIRECTORY_TEXT_SIZE = 321,    /* own text of an access entry, with its NUL */
	DIRECTORY_DEPTH_MAX = 16,     /* aliases that one after the other lead to a mailbox */
	DIRECTORY_TARGETS_MAX = 2000, /* addresses that one recipient may lead to on the way */
	DIRECTORY_LISTS_MAX = 100,    /* lists that one message may be for */
};

struct domain {
	char name[ADDRESS_DOMAIN_MAX + 1];
	char language[DIRECTORY_LANGUAGE_SIZE]; /* "": none of its own */
	int64_t max_message_size;               /* octets; 0: no limit of its own */
	bool greylist;                          /* its mail is greylisted, if greylisting is on */
	bool relayed;                           /* its mailboxes are at another server, which its mail is sent to */
	bool neutral;                           /* replies do not tell recipients that get no mail apart */
};

/* Permissions of an account. */
enum account_flag {
	ACCOUNT_SMTP = 1 << 0, /* log in to SMTP */
	ACCOUNT_POP3 = 1 << 1, /* log in to POP3 */
	ACCOUNT_SEND = 1 << 2,
	ACCOUNT_RECEIVE = 1 << 3,
	ACCOUNT_DISABLED = 1 << 4,
	ACCOUNT_SPAMTRAP = 1 << 5,
};

/* An account as a login needs it. Its owner wipes it (explicit_bzero) when done. */
struct account {
	struct mailbox mailbox;
	struct domain domain;
	char local[ADDRESS_LOCAL_MAX + 1]; /* as it was added */
	char language[DIRECTORY_LANGUAGE_SIZE];
	unsigned flags;
	struct account_rates rates;
	char password[DIRECTORY_SECRET_SIZE];     /* a hash of crypt(5); "": no login */
	char scram_sha256[DIRECTORY_SECRET_SIZE]; /* a verifier; "": none */
	char secret[DIRECTORY_SECRET_SIZE];       /* the password as it is; "": not kept */
	char moved_to[ADDRESS_MAX + 1];           /* "": it has not moved */
};

/*
 * The part that all questions share: the first member of each kind. A question is embedded in whatever it is about, and
 * must not move before done() is called. The asker sets done and the members above "answer"; the directory sets the
 * others. Answers are values that the question owns.
 */
struct directory_question {
	/*
	 * Called once, on the loop, possibly before the asking function returns. It may free the question or ask again.
	 */
	void (*done)(struct directory_question *question);
	enum directory_verdict verdict;
	char detail[DIRECTORY_DETAIL_SIZE]; /* of MISCONFIGURED and FAILED: the cause, which has been logged; else "" */
	/* for the directory */
	struct directory_question *next;
	int64_t deadline; /* of all that answers it; of the directory in SQLite: not set */
};

/* The verdict of the access lists. */
enum access_kind {
	ACCESS_REFUSED = 1 << 0,   /* no session: #4.45 */
	ACCESS_BLACKLIST = 1 << 1, /* no mail: #2.02 of a client, #4.60 of a sender */
	ACCESS_PERMITTED = 1 << 2, /* exempt from most checks */
	ACCESS_RELAY = 1 << 3,     /* may send elsewhere without logging in */
};

/* The record of a client by its address. FOUND, or FAILED. */
struct client_question {
	struct directory_question base;
	const char *address; /* "192.0.2.1", "2001:db8::1" */
	/* answer */
	unsigned access; /* set of enum access_kind; of networks that disagree on mail, the smallest decides */
	char text[DIRECTORY_TEXT_SIZE]; /* in place of #4.45, if that refuses, else of #2.02; not checked; "": none */
};

/* The record of a sender. FOUND, or FAILED. */
struct sender_question {
	struct directory_question base;
	struct address address;
	int64_t account; /* of the user who has logged in; 0: none */
	/* answer */
	unsigned access; /* set of enum access_kind; of the address, its domain and those above it the first decides */
	char text[DIRECTORY_TEXT_SIZE]; /* in place of #4.60; not checked; "": none */
	bool hosted;                    /* the domain is hosted here, or relayed */
	bool relayed;                   /* it is relayed */
	bool owned; /* the address is that of the account, or of an alias that leads straight to it */
};

enum recipient_kind {
	RECIPIENT_ACCOUNT,
	RECIPIENT_ALIAS,
	RECIPIENT_LIST,
	RECIPIENT_RELAYED, /* its domain is relayed: every address exists */
};

/* The senders that may post to a list. */
enum posting_right {
	POSTING_ANYONE,
	POSTING_ACCOUNTS, /* users who have logged in, and clients that may relay */
	POSTING_MEMBERS,  /* senders whose address is in the list */
};

struct recipient {
	enum recipient_kind kind;
	struct domain domain;              /* once it is known to be hosted, whatever the verdict is */
	char local[ADDRESS_LOCAL_MAX + 1]; /* as it was added; of an alias for all addresses, DIRECTORY_CATCH_ALL */
	char language[DIRECTORY_LANGUAGE_SIZE]; /* of the account; "": none of its own */
	char moved_to[ADDRESS_MAX + 1];         /* MOVED: the new address, or other words */
	enum posting_right post;                /* of a list; others are open to anyone */
	bool member;                            /* post is POSTING_MEMBERS, and the sender is in the list */
	struct mailbox mailbox;                 /* of an account */
};

/*
 * What an address of RCPT is. For an alias or a list, FOUND means that it exists; its targets
 * are a separate question. An address with a tag is its account's or alias's, if
 * plus-addressing is on; DIRECTORY_CATCH_ALL gets what has no record. postmaster always exists
 * at a hosted domain, at the name of this server and without a domain (RFC 5321 section 4.5.1).
 */
struct recipient_question {
	struct directory_question base;
	struct address address; /* may lack a domain */
	const char *sender;     /* its mailbox, until done() is called; "" or NULL: none */
	/* answer */
	struct recipient recipient;
};

/* An address at another server. */
struct expansion_target {
	struct address address;
	unsigned list; /* as in struct mailbox */
	bool relayed;  /* this server relays the mail of its domain */
};

enum { EXPANSION_NAMES_SIZE = 400 };

/*
 * The targets of an alias or a list: each mailbox and each address once. The list of a target is the first one on the
 * way to it; a target that can be reached without a list has none.
 */
struct expansion {
	struct mailbox *mailboxes; /* here */
	size_t count;
	struct expansion_target *elsewhere;
	size_t elsewhere_count;
	struct address *lists; /* the lists of targets, as they were added */
	size_t list_count;
	char moved_to[ADDRESS_MAX + 1];            /* MOVED: of the first account that has moved */
	size_t left_out;                           /* targets that get no mail, such as an account that is disabled */
	char left_out_names[EXPANSION_NAMES_SIZE]; /* "ADDRESS CAUSE, ADDRESS CAUSE": as many of them as fit */
};

/*
 * Follows an alias or a list to its end, also to other servers; takes a job. FOUND if one mailbox or address can get
 * the mail; else the verdict of the first target that cannot. At most DIRECTORY_TARGETS_MAX addresses are visited.
 */
struct expansion_question {
	struct directory_question base;
	struct address address; /* with its domain */
	/* answer */
	struct expansion expansion; /* freed by expansion_clear() */
};

/* Frees the contents of an expansion and sets it to zero. */
void expansion_clear(struct expansion *expansion);

enum expansion_right { EXPANSION_NOBODY, EXPANSION_ACCOUNTS, EXPANSION_ANYONE };

/*
 * The members of a list or an alias as they were added, of one level; takes a job. FOUND, NO_DOMAIN, NO_MAILBOX (also
 * of an account), AMBIGUOUS, MISCONFIGURED if there are more than DIRECTORY_TARGETS_MAX. They are only read if the
 * right is at least the one that the asker needs.
 */
struct members_question {
	struct directory_question base;
	struct address address;
	enum expansion_right needed;
	/* answer */
	enum expansion_right right;
	struct address *members; /* freed by members_clear() */
	size_t count;
};

/* Frees the members. */
void members_clear(struct members_question *question);

/*
 * The account of a user name: local-part@domain, or a local part that one domain has. FOUND, NO_MAILBOX or FAILED. If
 * it is not found, account.local and account.domain.name are the name in the spelling in which it was compared; local
 * is "" if the name can be no address.
 *
 * If choose is set, a name without a domain that none or several domains have appears to be in one of the domains,
 * which number chooses: the same for the same number, unless accounts are added or removed. account.domain.name is then
 * that domain, and if the domain has such an account, account has its scram_sha256, too; domain.name is "" without
 * accounts.
 */
struct login_question {
	struct directory_question base;
	const char *name;
	bool choose;
	uint64_t number;
	/* answer */
	struct account account;
};

/* A domain. FOUND, NO_DOMAIN or FAILED. */
struct domain_question {
	struct directory_question base;
	const char *name; /* in its A-label form, in lower case */
	/* answer */
	struct domain domain;
};

struct directory {
	const struct directory_ops *ops;
};

/*
 * Called on the loop. Domains are in their A-label form, in lower case; local parts are compared by their keys. An
 * answer that is at hand comes before the function returns. A question cannot be cancelled: done() is always called,
 * before the end of the loop at the latest, and not after close().
 */
struct directory_ops {
	void (*client)(struct directory *directory, struct client_question *question);       /* one a connection */
	void (*sender)(struct directory *directory, struct sender_question *question);       /* one a MAIL */
	void (*recipient)(struct directory *directory, struct recipient_question *question); /* one a RCPT */
	/*
	 * Announces a question about a recipient, so that a directory whose answers take long can start to look it up.
	 * NULL if the directory gains nothing by that. If the question never comes, only the look-up is wasted.
	 */
	void (*expect)(struct directory *directory, const struct address *address);
	void (*expand)(struct directory *directory, struct expansion_question *question);
	void (*members)(struct directory *directory, struct members_question *question);
	void (*login)(struct directory *directory, struct login_question *question); /* one a login */
	void (*domain)(struct directory *directory, struct domain_question *question);
	/* Frees the directory. Not while a question waits for its answer. */
	void (*close)(struct directory *directory);
};

/* Sets the verdict, and calls done(). For implementations. */
void directory_answer(struct directory_question *question, enum directory_verdict verdict);

/*
 * Is this the address of a list that takes mail with the null sender, and replies of programs (RFC 3834)? The sender of
 * a list's mail, to which bounces come, may be a list, too; and the postmaster takes all mail.
 */
bool directory_takes_reports(const struct address *list);

/* Makes of the address of a list that to which its bounces come; the postmaster's, if that would be too long. */
void directory_name_bounces(struct address *list);

#endif
