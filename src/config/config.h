/* The configuration file of a server, in YAML. */
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <stdbool.h>

#include "config/content_settings.h"
#include "config/dns_settings.h"
#include "config/limits.h"
#include "config/policy_settings.h"
#include "config/pop3_settings.h"
#include "config/relay_settings.h"
#include "config/service_settings.h"

enum { CONFIG_FILE_MAX = 1 << 20 }; /* octets */

/* What of TLS at a listener: by STARTTLS where the client wants it, or must; from the first octet on. */
enum config_tls { CONFIG_TLS_STARTTLS, CONFIG_TLS_REQUIRED, CONFIG_TLS_IMPLICIT };

/* What a program speaks. */
enum config_protocol { CONFIG_SMTP, CONFIG_POP3 };

/* Who comes to a listener: other servers; users who send; users who fetch, and to whom ftgate-pop3d speaks. */
enum config_role { CONFIG_ROLE_MX, CONFIG_ROLE_SUBMISSION, CONFIG_ROLE_POP3 };

struct config_listener {
	const char *address;  /* ADDRESS:PORT */
	const char *language; /* of the replies there; NULL: the server's */
	enum config_tls tls;
	enum config_role role;
	bool proxy; /* each connection begins with a header of the PROXY protocol, version 2 */
};

/* What is not set is NULL, 0, and for a limit its default. */
struct config {
	const char *data;
	const char *hostname;
	const char *language;
	const char *bilingual; /* a second language */
	const char *xlang;   /* may a client choose the language: "no", "yes", or "utf-8", in which it is spoken then */
	const char *profile; /* "published" or "strict" */
	const char *user;
	const char *metrics;  /* ADDRESS:PORT */
	const char *contact;  /* the variable ${contact} of texts */
	const char *help;     /* and ${help}: an URL to which a reference is added */
	const char *tls_cert; /* files */
	const char *tls_key;
	const char *auth;   /* names of SASL mechanisms, with spaces between */
	bool auth_in_clear; /* passwords may be sent without TLS */
	bool normalise;     /* bare-octets: the bare CR, LF and NUL of messages are not refused, but mended */
	unsigned workers;
	struct config_listener *listeners;
	unsigned listener_count;
	struct limits limits;
	struct content_settings content;
	struct policy_settings policy;
	struct greylist_settings greylist;
	struct service_settings *services;
	unsigned services_count;
	struct filter_settings *filters;
	unsigned filters_count;
	struct relay_settings relay;
	struct delivery_settings delivery;
	struct route_settings *routes;
	unsigned routes_count;
	struct blocklist_settings blocklists;
	struct dns_settings dns;
	struct pop3_settings pop3;
	const char *vrfy; /* who may ask by these commands: "nobody", "accounts" or "anyone" */
	const char *expn;
	const char *etrn;
};

/* One fault: file and line (0: none can be named), and an English sentence that names the cure. */
typedef void config_report(void *context, const char *file, unsigned line, const char *fault);

/* Reads a file; path NULL is an empty one. Each fault is reported, then NULL is returned. To be freed by the caller. */
struct config *config_read(const char *path, config_report *report, void *context);
void config_free(struct config *config);

#endif
