/* The settings of a server: those of its configuration, and over them those of the command line. */
#ifndef CMD_SERVER_SETTINGS_H
#define CMD_SERVER_SETTINGS_H

#include <ftgate/catalog.h>
#include <limits.h>
#include <stddef.h>

#include "base/address/address.h"
#include "config/config.h"
#include "config/limits.h"
#include "net/listen.h"
#include "relay/client/route.h"
#include "smtp/session.h"

enum { SETTINGS_ERROR_SIZE = 320, USER_SIZE = 33, VARIABLE_SIZE = 256 };

struct listen_setting {
	char address[LISTEN_NAME_SIZE];
	char language[FTG_PREFERENCE_MAX]; /* "": that of the server */
	bool proxied;                      /* connections begin with a header of the PROXY protocol */
	bool submission;                   /* clients must log in */
	enum config_tls tls;
	unsigned item; /* its number in the list of the configuration, from 1; 0: it is not from there */
};

struct content_rules;

/* The words of the program that speaks a protocol. */
struct settings_names {
	const char *server;   /* its name behind "ftgate-" */
	const char *protocol; /* in metrics */
	const char *section;  /* of the settings that are its alone; "": outside of sections */
};

struct settings {
	enum config_protocol protocol;
	const struct config *config; /* its sections; the other members override what they repeat */
	size_t listen_count;
	struct listen_setting listen[LISTEN_MAX];
	char tls_cert[PATH_MAX]; /* files; "": none */
	char tls_key[PATH_MAX];
	unsigned mechanisms;            /* of AUTH: a set of 1 << enum sasl_mechanism */
	bool auth_in_clear;             /* passwords may be sent without TLS */
	bool normalise;                 /* a bare CR, LF or NUL of a message is corrected, not refused */
	char metrics[LISTEN_NAME_SIZE]; /* address for Prometheus; "": none */
	char log[PATH_MAX];             /* where events are logged, as log_target.h has it; "": by default */
	char data[PATH_MAX];
	char database[512]; /* of PostgreSQL, as libpq has it; "": the accounts are in the data folder */
	char hostname[ADDRESS_DOMAIN_MAX + 1];
	char language[FTG_PREFERENCE_MAX];  /* a list as in LANGUAGE, "" for English */
	char bilingual[FTG_PREFERENCE_MAX]; /* the second language of a reply, "" for none */
	bool xlang, xlang_utf8;             /* clients may choose a language; replies are then in UTF-8 */
	enum ftg_profile profile;
	unsigned workers;
	char user[USER_SIZE]; /* that root becomes */
	bool user_named;      /* the configuration names it: it must exist */
	struct address
	    postmaster; /* who gets the mail of the server's postmaster; its domain is "": the setting is missing */
	char contact[VARIABLE_SIZE]; /* values of variables in texts; "" for contact: postmaster of the host */
	char help[VARIABLE_SIZE];
	const char *help_link; /* "fallback", "always" or "never"; NULL: by the URL */
	struct limits limits;
	const struct content_rules *content_rules; /* NULL: none */
	struct routes routes;                      /* of mail to other servers */
	enum smtp_audience vrfy, expn, etrn;
};

/* The defaults: those of the host and of the environment; no address to listen at. */
void settings_standard(struct settings *settings, enum config_protocol protocol);

/* Never NULL. */
const struct settings_names *settings_names(enum config_protocol protocol);

/*
 * When a refusal ends with the link help-url: as help-link says, else if the URL has {lang} and the text fell back. In the
 * answer of a map the link has a line of its own: without help-link it is always there.
 */
enum ftg_link settings_link(const struct settings *settings);

/*
 * Sets one: listen, listen-tls (each adds an address), tls-cert, tls-key, auth, data, hostname, language, bilingual,
 * log, metrics, postmaster, profile, user, workers, contact, help-url. Copies the value. Returns 0, or -1 with an English
 * sentence in error, which names value and cure.
 */
int settings_set(struct settings *settings, const char *name, const char *value, char error[SETTINGS_ERROR_SIZE]);

/*
 * Applies a parsed configuration; config must outlive settings. Reports each fault with its line. Returns 0, or -1 if there
 * was one; the settings without a fault are applied all the same.
 */
int settings_configure(struct settings *settings, const struct config *config, config_report *report, void *context);

/* The line of the configuration that sets a setting of a listener; 0: none does. */
unsigned settings_listener_line(
    const struct settings *settings, const struct listen_setting *listener, const char *name);

/*
 * Checks the settings against each other, and reads the files of credentials that they name. Call it last. Reports each
 * fault. Returns 0, or -1 if there was one.
 */
int settings_complete(struct settings *settings, config_report *report, void *context);

#endif
