/* Shared by the files of ftgatectl. */
#ifndef CMD_CTL_CTL_H
#define CMD_CTL_CTL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "cmd/ctl/check/options.h"
#include "cmd/ctl/trace/trace.h"
#include "cmd/output/table.h"
#include "port/admin.h"

enum password_source { PASSWORD_UNCHANGED, PASSWORD_PROMPT, PASSWORD_STDIN, PASSWORD_NONE };

struct config;
struct sql;
struct texts_set;

/* A command line: its options, and the words behind noun and verb. */
struct request {
	const char *data;   /* --data; for commands, the absolute path of the folder */
	const char *config; /* -c; NULL: the default */
	const char *server; /* one of ctl_servers */
	enum output_format format;
	bool json;          /* the format is OUTPUT_JSON */
	bool users;         /* --user: own texts for users who have logged in */
	const char *domain; /* --domain: whose own texts; NULL: those of the server */
	bool keep_secret;
	bool dry_run, update, with_passwords; /* of import and export */
	FILE *input;                          /* the file of import or text apply */
	struct texts_set *folder;             /* the folder that text apply has read; NULL: it read no folder */
	const char *author;                   /* the author of changes in a database: "alice@mx1" */
	const char *comment;                  /* --comment: why; NULL: not given */
	struct sql *database;                 /* the database with the own texts; NULL: they are in the data folder */
	struct config *settings;       /* of status and records, read with the rights of the caller; NULL: none */
	bool data_named, server_named; /* --data and --server were given */
	enum password_source password;
	struct trace_options trace;
	struct check_options check;
	char **words;
	size_t count;
	const struct command *command;
	struct admin *admin;
};

/*
 * The kinds of commands that open no accounts: those on a server or the queue
 * need an existing data folder, others do not.
 */
enum { CTL_FOLDER = RECORD_KINDS, CTL_ANYWHERE };

/* A command: one row of the table. */
struct command {
	const char *noun, *verb; /* verb "": the command has none */
	size_t least, most;      /* words behind them */
	unsigned kind;           /* enum record_kind, CTL_FOLDER or CTL_ANYWHERE */
	int (*run)(struct request *request);
	const char *arguments;
	const char *help;
};
extern const struct command ctl_commands[];
extern const size_t ctl_command_count;

/* Runs the command of a request, whose words are those of the command line. Returns an exit status. */
int ctl_run(struct request *request);

/* Prints an error on standard error, with unsafe octets escaped for the terminal, and returns the status. */
int ctl_fail(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Prints why a change or a reading of records has failed. Returns the exit status; EX_OK: it has not failed. */
int ctl_admin_status(const struct request *request, enum admin_result result);

/* The same for a word that is unknown, with a hint at the nearest one, which can be NULL. Returns EX_DATAERR. */
int ctl_refuse(const char *nearest, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Reports that there is no catalogue for a language. Returns EX_DATAERR. */
int ctl_refuse_language(const char *language);

/* Commands on records. Each returns an exit status of <sysexits.h>, after it has printed its error. */
int ctl_list(struct request *request);
int ctl_show(struct request *request);
int ctl_add(struct request *request);

/* As above. */
int ctl_set(struct request *request);
int ctl_remove(struct request *request);
int ctl_rename(struct request *request);

/* Brings the database of the configuration to this version. */
int ctl_migrate(struct request *request);

/* Makes what a first server needs, and lists the DNS records of its domain. It needs no data folder. */
int ctl_quickstart(struct request *request);

/*
 * Commands on a running server and on the queue, for which request->data is the absolute path of a folder that exists.
 */
int ctl_status(struct request *request);
enum { CTL_STATUS_UNKNOWN = 3 }; /* exit status of status, if nothing can be found out */
int ctl_status_of_server(struct request *request);
int ctl_reload(struct request *request);

/* The commands on the queue. */
int ctl_queue_list(struct request *request);
int ctl_queue_show(struct request *request);
int ctl_queue_run(struct request *request);

/* Commands that change entries of the queue. */
int ctl_queue_hold(struct request *request);
int ctl_queue_release(struct request *request);
int ctl_queue_remove(struct request *request);

/* Replaces the secret that signs the senders of forwarded mail. */
int ctl_srs_rotate(struct request *request);

/* The commands on the temporary blacklist. */
int ctl_blacklist_list(struct request *request);
int ctl_blacklist_remove(struct request *request);
int ctl_blacklist_clear(struct request *request);

/*
 * Sends the running server a request, which ends with a line feed. Returns an
 * exit status, after it has printed its error.
 */
enum { CTL_ANSWER_MAX = 64 * 1024 };
int ctl_ask(const struct request *request, const char *question, char answer[CTL_ANSWER_MAX]);

/* The servers that can be asked: "smtpd", "pop3d", "mapd". */
enum { CTL_SERVERS = 3 };
extern const char *const ctl_servers[CTL_SERVERS];

/* Asks one of the servers, and prints nothing. Returns 0, or -1 with errno. */
int ctl_try_ask(const struct request *request, const char *server, const char *question, char answer[CTL_ANSWER_MAX]);

/* Prints the answer to "status" as an object of JSON, without a line feed. Changes the answer. */
void ctl_print_answer_json(char *answer);

/* Has the running server load texts and certificate again, and prints what came of it. Returns an exit status. */
int ctl_reload_server(const struct request *request);

/* Whether the server runs. */
bool ctl_runs(const struct request *request);

/* The value of a line of an answer, len octets; "" if there is no such line. */
const char *ctl_value(const char *answer, const char *name, int *len);

/* The number of that name in an answer; 0 if the answer has none. */
unsigned long ctl_number(const char *answer, const char *name);

/* Reports that memory is out. Returns an exit status. */
int ctl_fail_memory(void);

/* Begins the table of a command, in the format of the request, for standard output. NULL: memory is out. */
struct table *ctl_table(const struct request *request, const struct column *columns, size_t count, bool is_record);

/* Ends a table. Returns status, or another one if memory was out, after it has printed that. */
int ctl_close_table(struct table *table, int status);

/* Prints records of the kind of a command: a list, or one. */
enum { PRINTER_FIELDS_MAX = 32 };
struct printer {
	enum record_kind kind;
	struct table *table;
	struct column columns[PRINTER_FIELDS_MAX];
};

/* Begins the table. Returns an exit status, after it has printed its error. ctl_close_table() ends it. */
int printer_open(struct printer *printer, const struct request *request, bool is_record);

/* Adds a record; context is the printer. */
record_row_fn printer_row;

/* Has the help be about the noun, and its verb, of a command line; without them about all commands. */
void ctl_help_about(int argc, char **argv);

/* The list of commands and settings of the help. The caller frees it. NULL: memory is out. */
char *ctl_help(void);

#endif
