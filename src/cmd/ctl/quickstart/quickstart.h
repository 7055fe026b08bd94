/* ftgatectl quickstart: the parts of it. */
#ifndef CMD_CTL_QUICKSTART_QUICKSTART_H
#define CMD_CTL_QUICKSTART_QUICKSTART_H

#include <ftgate/catalog.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>

#include "base/address/address.h"
#include "base/address/dns_name.h"
#include "base/address/network.h"
#include "cmd/ctl/ctl.h"
#include "cmd/ctl/prompt.h"

#define QUICKSTART_DATA FTGATE_LOCALSTATEDIR "/lib/ftgate"
#define QUICKSTART_USER "ftgate"
#define QUICKSTART_CERT FTGATE_SYSCONFDIR "/ftgate/cert.pem"
#define QUICKSTART_KEY  FTGATE_SYSCONFDIR "/ftgate/key.pem"

enum {
	QUICKSTART_ADDRESSES_MAX = 8,
	QUICKSTART_CHECKS_MAX = 16,
	QUICKSTART_RECORDS_MAX = 5 + 2 * QUICKSTART_ADDRESSES_MAX,
	QUICKSTART_TEXT_SIZE = 320,
	QUICKSTART_NAME_SIZE = 64,
};

/* How a check or a record is. QUICKSTART_UNKNOWN: it could not be found out. */
enum quickstart_state {
	QUICKSTART_OK,
	QUICKSTART_MISSING, /* a record: it is to be published */
	QUICKSTART_DIFFERS, /* a record: another value is published */
	QUICKSTART_WARNING,
	QUICKSTART_UNKNOWN,
};

struct quickstart_check {
	char subject[QUICKSTART_NAME_SIZE]; /* for programs: "port 25" */
	enum quickstart_state state;
	char detail[QUICKSTART_TEXT_SIZE]; /* for people, translated */
};

struct quickstart_record {
	char name[DNS_NAME_SIZE];
	const char *type;
	char value[QUICKSTART_TEXT_SIZE]; /* as in a zone file */
	enum quickstart_state state;
	char found[QUICKSTART_TEXT_SIZE]; /* what is published instead; "": nothing */
};

/* What is to be set up, what was found, and what is to be published. */
struct quickstart {
	struct request *request;
	char domain[ADDRESS_DOMAIN_MAX + 1]; /* A-labels */
	char hostname[ADDRESS_DOMAIN_MAX + 1];
	char account[ADDRESS_TEXT_SIZE]; /* of the domain */
	char language[FTG_PREFERENCE_MAX];
	char user[QUICKSTART_NAME_SIZE]; /* that the servers become; as this one the files are made */
	const char *config, *data, *cert, *key;
	bool has_cert; /* both files exist */
	bool named[3]; /* words of the command line: by enum quickstart_word */
	bool write;
	const char *resolver; /* as dns_servers_read() reads it; NULL: that of /etc/resolv.conf */
	size_t address_count;
	struct network addresses[QUICKSTART_ADDRESSES_MAX]; /* that the world may reach */
	char password[PROMPT_SIZE];                         /* "": none */
	bool made_up;                                       /* the password is to be shown, for nobody knows it yet */
	size_t check_count, record_count;
	struct quickstart_check checks[QUICKSTART_CHECKS_MAX];
	struct quickstart_record records[QUICKSTART_RECORDS_MAX];
};

/* Words of the command line that are asked for at a terminal if they are missing. */
enum quickstart_word { QUICKSTART_HOSTNAME, QUICKSTART_ACCOUNT, QUICKSTART_LANGUAGE };

/*
 * Reads the words of the command line, asks at a terminal for those that are missing unless something exists already,
 * and makes up the password if there is none. Returns EX_OK, or an exit status after it has printed its error. Texts
 * point into the request.
 */
int quickstart_read(struct quickstart *quickstart);

/* Adds a check. The detail is a translated sentence. */
void quickstart_note(struct quickstart *quickstart, const char *subject, enum quickstart_state state,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

/* Checks the ports, the clock, the space on disk, and the user. */
void quickstart_check_machine(struct quickstart *quickstart);

/* The addresses of this machine that the world may reach, unless the command line names them. */
void quickstart_find_addresses(struct quickstart *quickstart);

/* Lists the records to publish, and asks the resolver what of them is published, for a few seconds at most. */
void quickstart_list_records(struct quickstart *quickstart);

/*
 * Refuses if the configuration or a database exists. Returns EX_OK, or an exit status after it has printed what exists and
 * how to go on.
 */
int quickstart_check_new(const struct quickstart *quickstart);

/*
 * Writes the configuration, and makes the data folder with the domain and the account. Of what fails nothing is left but an
 * empty data folder. Returns EX_OK, or an exit status after it has printed its error.
 */
int quickstart_write(const struct quickstart *quickstart);

/* Prints all of it, with the commands that come next. */
void quickstart_print(const struct quickstart *quickstart);
void quickstart_print_json(const struct quickstart *quickstart);

#endif
