/*
 * What TLS the mail to a domain needs, as a policy service says it: Postfix's smtp_tls_policy_maps, as MTA-STS
 * resolvers speak it.
 */
#ifndef PORT_TLS_POLICY_H
#define PORT_TLS_POLICY_H

#include <stdbool.h>
#include <stddef.h>

enum {
	TLS_POLICY_NAMES_SIZE = 1024,
	TLS_POLICY_ERROR_SIZE = 200, /* of an English phrase */
};

/* Postfix's levels: none; may, dane; encrypt; dane-only; verify, secure. */
enum tls_policy_level {
	TLS_POLICY_NONE,      /* in the clear */
	TLS_POLICY_MAY,       /* as if there were no policy */
	TLS_POLICY_ENCRYPT,   /* TLS with any certificate */
	TLS_POLICY_DANE_ONLY, /* TLS verified by usable records of DANE */
	TLS_POLICY_VERIFY     /* TLS whose certificate is for one of the names */
};

/*
 * names holds names with spaces between. One that begins with a dot stands for all names below it; "hostname" stands for
 * the name of the server.
 */
struct tls_policy {
	enum tls_policy_level level;
	char names[TLS_POLICY_NAMES_SIZE];
};

/*
 * Parses "secure match=mx.example.org:.example.net servername=hostname", for mail to a domain, whose name replaces "nexthop"
 * and "dot-nexthop". An attribute may also be "{ name = value }". Those that do not say whom to trust are skipped.
 * Returns false, with an English phrase in error, for what is not understood: then no mail may be sent.
 */
bool tls_policy_parse(
    struct tls_policy *policy, const char *text, const char *domain, char error[TLS_POLICY_ERROR_SIZE]);

/* Is it a list of names as above, with one name at least? */
bool tls_policy_names_valid(const char *names);

struct tls_policy_question {
	/*
	 * Called once, on the loop. policy NULL: there is none if error is "", else the service has not answered, and error
	 * says why. Both are valid until it returns. It may free the question.
	 */
	void (*done)(struct tls_policy_question *question, const struct tls_policy *policy, const char *error);
	struct tls_policy_question *next; /* for the service */
};

/* Implemented by relay/client/socketmap.h and by tests. */
struct tls_policies {
	/*
	 * Asks for the policy of a domain, in the A-label form; it is copied. The answer comes within a time limit, possibly
	 * before this returns. A question cannot be cancelled.
	 */
	void (*ask)(struct tls_policies *policies, const char *domain, struct tls_policy_question *question);
};

#endif
