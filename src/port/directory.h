/* The directory: which domains are hosted here and whose mailboxes are in them. A narrow seam; SQLite is behind it. */
#ifndef PORT_DIRECTORY_H
#define PORT_DIRECTORY_H

#include "port/mailbox.h"

#include <stdint.h>

enum directory_verdict {
	DIRECTORY_FOUND,
	DIRECTORY_NO_DOMAIN,     /* not hosted here */
	DIRECTORY_NO_MAILBOX,    /* hosted, but no such mailbox, alias or list */
	DIRECTORY_AMBIGUOUS,     /* a bare local part that more than one hosted domain has */
	DIRECTORY_DISABLED,      /* the account is switched off: #3.13 */
	DIRECTORY_NO_PRIVILEGE,  /* it may not receive: #4.65 with #1.00 */
	DIRECTORY_SPAMTRAP,      /* #4.65 with #1.01 */
	DIRECTORY_MOVED,         /* #4.33 */
	DIRECTORY_MISCONFIGURED, /* aliases that go in a circle, too far, or to nobody: #3.17; it has been logged */
	DIRECTORY_FAILED,        /* the directory itself is in trouble: #3.22; it has been logged */
};

enum {
	DIRECTORY_LANGUAGE_SIZE = 36, /* a language tag with its NUL */
	DIRECTORY_SECRET_SIZE = 256,  /* what is stored of a password, in each form, with its NUL */
	DIRECTORY_DEPTH_MAX = 16,     /* aliases that one after the other lead to a mailbox */
	DIRECTORY_TARGETS_MAX = 2000, /* addresses that one recipient may come to on the way */
};

struct domain {
	char name[ADDRESS_DOMAIN_MAX + 1];
	char language[DIRECTORY_LANGUAGE_SIZE]; /* "": none of its own */
	int64_t max_message_size;               /* octets; 0: no limit of its own */
	bool greylist;                          /* where there is greylisting, mail to it may have to wait */
	bool relayed;                           /* its mailboxes are at another server, which its mail is sent on to */
};

/* What an account may do. */
enum account_flag {
	ACCOUNT_SMTP = 1 << 0, /* log in to SMTP */
	ACCOUNT_POP3 = 1 << 1, /* log in to POP3 */
	ACCOUNT_SEND = 1 << 2,
	ACCOUNT_RECEIVE = 1 << 3,
	ACCOUNT_DISABLED = 1 << 4,
	ACCOUNT_SPAMTRAP = 1 << 5,
};

/* An account as a login needs it. The caller wipes it (explicit_bzero) when done. */
struct account {
	struct mailbox mailbox;
	struct domain domain;
	char local[ADDRESS_LOCAL_MAX + 1]; /* as it was added */
	char language[DIRECTORY_LANGUAGE_SIZE];
	unsigned flags;
	char password[DIRECTORY_SECRET_SIZE];     /* a hash of crypt(5); "": nobody may log in */
	char scram_sha256[DIRECTORY_SECRET_SIZE]; /* a verifier; "": none */
	char secret[DIRECTORY_SECRET_SIZE];       /* the password as it is; "": not kept */
	char moved_to[ADDRESS_MAX + 1];           /* "": it has not moved */
};

enum recipient_kind { RECIPIENT_ACCOUNT, RECIPIENT_ALIAS, RECIPIENT_LIST };

/* Who may write to a list. */
enum posting_right {
	POSTING_ANYONE,
	POSTING_ACCOUNTS, /* who is logged in, or may relay */
	POSTING_MEMBERS,  /* whose sender's address is in it */
};

/* What an address comes to. What it points to is the directory's, until its next call. */
struct recipient {
	enum recipient_kind kind;
	struct domain domain; /* once it is known to be hosted, whatever the verdict is */
	char local[ADDRESS_LOCAL_MAX + 1];
	char language[DIRECTORY_LANGUAGE_SIZE]; /* of the account; "": none of its own */
	char moved_to[ADDRESS_MAX + 1];         /* DIRECTORY_MOVED: the new address, or other words */
	enum posting_right post;                /* of a list; others are open to anyone */
	const struct mailbox *mailboxes;        /* DIRECTORY_FOUND: one here or elsewhere, or more, each once */
	size_t count;
	const struct address *elsewhere; /* addresses that the mail goes on to, at other servers */
	size_t elsewhere_count;
};

enum expansion_right { EXPANSION_NOBODY, EXPANSION_ACCOUNTS, EXPANSION_ANYONE };

/* The members of a list or alias, as they were added: of one level. They are the directory's, until its next call. */
struct expansion {
	enum expansion_right right; /* who may be told */
	const struct address *members;
	size_t count;
};

/* What the lists of clients and senders say. */
enum access_kind {
	ACCESS_REFUSED = 1 << 0,   /* not to be talked to: #4.45 */
	ACCESS_BLACKLIST = 1 << 1, /* no mail is taken: #2.02 of a client, #4.60 of a sender */
	ACCESS_PERMITTED = 1 << 2, /* where only those are served */
	ACCESS_RELAY = 1 << 3,     /* may send elsewhere without logging in */
};

struct directory {
	const struct directory_ops *ops;
};

/*
 * These are called on the loop, for each RCPT and the like, so they make no system call where they can help it. Domains
 * are in lower case; local parts are compared without regard to ASCII case. Any of them may say DIRECTORY_FAILED.
 */
struct directory_ops {
	/*
	 * The verdict on a recipient. Aliases and lists are followed, to other servers too; such a one is found where one
	 * mailbox at least is, else has the verdict of the first of its targets. Of a domain that is relayed everybody is.
	 * postmaster always exists at a hosted domain and without a domain (RFC 5321 4.5.1).
	 */
	enum directory_verdict (*resolve)(
	    struct directory *directory, const struct address *address, struct recipient *recipient);
	/* The members of a list or an alias: FOUND, NO_DOMAIN, NO_MAILBOX (an account, too), AMBIGUOUS. */
	enum directory_verdict (*expand)(
	    struct directory *directory, const struct address *address, struct expansion *expansion);
	/* Is an address one of the members of a list, as they were added? FOUND, or NO_MAILBOX. */
	enum directory_verdict (*member)(
	    struct directory *directory, const struct address *list, const struct address *address);
	/*
	 * The account of a user name, local-part@domain, or a local part that one domain has: FOUND, or NO_MAILBOX. Then
	 * account->local and domain.name are the name in the spelling in which it was compared: local is empty if the name can
	 * be no address, domain.name if the name has no domain and none or several domains have the local part.
	 */
	enum directory_verdict (*account)(struct directory *directory, const char *name, struct account *account);
	/*
	 * One of the domains that have accounts, only its name: the same for the same number, unless accounts are added or
	 * removed, when a small share of the numbers get another one. Domains with many accounts come up more often. FOUND,
	 * or NO_DOMAIN if there are no accounts.
	 */
	enum directory_verdict (*any_domain)(struct directory *directory, uint64_t number, struct domain *domain);
	/* Is the address that of the account, or of an alias that leads straight to it? FOUND, or NO_MAILBOX. */
	enum directory_verdict (*owns)(struct directory *directory, int64_t account, const struct address *address);
	/* FOUND, or NO_DOMAIN. */
	enum directory_verdict (*domain)(struct directory *directory, const char *name, struct domain *domain);
	/*
	 * What the access lists say of a client's address ("192.0.2.1", "2001:db8::1"), of a sender's: FOUND, and a set of
	 * enum access_kind, 0 where nothing. Of networks, or addresses and domains, that disagree whether it is permitted
	 * the smallest decides. A domain stands for those below it, too.
	 */
	enum directory_verdict (*client)(struct directory *directory, const char *address, unsigned *access);
	enum directory_verdict (*sender)(struct directory *directory, const struct address *address, unsigned *access);
	void (*close)(struct directory *directory);
};

#endif
