/* ftgatectl check-domain: the parts of it. */
#ifndef CMD_CTL_CHECK_CHECK_H
#define CMD_CTL_CHECK_CHECK_H

#include "base/address/address.h"
#include "cmd/ctl/check/answers.h"
#include "cmd/ctl/check/options.h"
#include "cmd/ctl/ctl.h"

enum {
	CHECK_FINDINGS_MAX = 128, /* further ones are left out */
	CHECK_HOSTS_MAX = 8,      /* MX records that are followed */
	CHECK_DETAIL_SIZE = 640,
	CHECK_RECORD_SIZE = 1664, /* a text of RESOLVER_TEXT_MAX with a name and more terms */
};

/* What is checked. The order is that of the output. */
enum check_subject {
	CHECK_MX,
	CHECK_HOST,
	CHECK_PTR,
	CHECK_SPF,
	CHECK_DKIM,
	CHECK_DMARC,
	CHECK_MTA_STS,
	CHECK_TLS_REPORT,
	CHECK_TLSA,
	CHECK_SUBJECTS
};

enum check_state {
	CHECK_OK,
	CHECK_OPTIONAL, /* it could be better; receivers accept the mail without it */
	CHECK_MISSING,
	CHECK_WRONG,
	CHECK_UNKNOWN, /* it could not be looked up */
};

struct finding {
	enum check_subject subject;
	enum check_state state;
	char name[DNS_NAME_SIZE];       /* in the DNS */
	char detail[CHECK_DETAIL_SIZE]; /* a translated sentence; texts of the DNS in it may have any octets */
	const char *published;          /* the text of a record, which the answers own; NULL: none */
	size_t published_len;
	char record[CHECK_RECORD_SIZE]; /* to be published, as in a zone file; "": none is proposed */
};

struct check {
	char domain[ADDRESS_DOMAIN_MAX + 1]; /* A-labels */
	char hostname[ADDRESS_DOMAIN_MAX + 1];
	struct check_options options;
	bool accepts_no_mail; /* the domain has a null MX (RFC 7505) */
	struct answers answers;
	size_t count;
	struct finding findings[CHECK_FINDINGS_MAX];
};

/* Adds a finding; the detail is translated. The result is valid as long as the check, and never NULL. */
struct finding *check_add(struct check *check, enum check_subject subject, enum check_state state, const char *name,
    const char *format, ...) __attribute__((format(printf, 5, 6)));

/* Sets the record to publish: its type and data, as in a zone file. */
void check_propose(struct finding *finding, const char *name, const char *type, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Adds the finding that a name could not be looked up. */
void check_add_unknown(struct check *check, enum check_subject subject, const char *name, const char *type);

/* Has the name a dot? One that has none means nothing outside its network, and no record is proposed for it or with it. */
bool check_is_full_name(const char *name);

/* Is the address one of those that the domain's mail is sent from? Does a name have the address? */
bool check_is_own(const struct check *check, const struct network *address);
bool check_has_address(struct check *check, const char *name, const struct network *address);

/* The TXT records of a name that begin with a version: "v=spf1". */
struct policy_texts {
	enum resolver_outcome outcome; /* RESOLVER_FAILED: it could not be looked up */
	size_t count;
	const char *text; /* the first one, which the answers own; NULL: none */
	size_t len;
};
struct policy_texts check_policy_texts(struct check *check, const char *name, const char *version);

/* A record that a name must have once. */
struct policy {
	enum check_subject subject;
	enum check_state without; /* CHECK_MISSING, or CHECK_OPTIONAL */
	const char *label;        /* "DMARC" */
	const char *version;      /* with which it begins */
	const char *proposed;     /* the text to publish, without quotes */
};

/*
 * Adds a finding unless the texts are one that was read whole, and returns whether they are. published_len of a finding is
 * set by check_show().
 */
bool check_is_one(struct check *check, const struct policy *policy, const char *name, const struct policy_texts *texts);

/* Has the finding show the text that is published. */
void check_show(struct finding *finding, const char *text, size_t len);

/* The parts of the check, in their order: MX records and the hosts that they name; the name and addresses of this server. */
void check_mx(struct check *check);
void check_host(struct check *check);
void check_spf(struct check *check);

/* Notes the questions of the parts below, for answers_fetch(). */
void check_want_policies(struct check *check);

/* As above: DKIM keys; DMARC; MTA-STS and TLS reporting. */
void check_dkim(struct check *check);
void check_dmarc(struct check *check);
void check_transport(struct check *check);

/* Prints the findings. */
void check_print(const struct check *check);
void check_print_json(const struct check *check, int status);

/* Prints them as CSV, a row for each. Returns the table, whose end the caller writes; NULL: memory is out. */
struct table *check_csv(const struct check *check, int status);

/* ftgatectl check-domain. Returns CHECK_GOOD, CHECK_FAULTY or CHECK_NOT_KNOWN, or another exit status after an error. */
enum { CHECK_GOOD, CHECK_FAULTY, CHECK_NOT_KNOWN };
int ctl_check_domain(struct request *request);

#endif
