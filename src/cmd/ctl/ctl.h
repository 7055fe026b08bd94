/* What the files of ftgatectl share. */
#ifndef CMD_CTL_CTL_H
#define CMD_CTL_CTL_H

#include <stdbool.h>
#include <stddef.h>

#include "directory/accounts.h"

enum password_source { PASSWORD_UNCHANGED, PASSWORD_PROMPT, PASSWORD_STDIN, PASSWORD_NONE };

/* What is asked for: options, and the words behind noun and verb. */
struct request {
	const char *data;
	const char *server; /* "smtpd" or "pop3d" */
	bool json;
	bool keep_secret;
	enum password_source password;
	char **words;
	size_t count;
	const struct command *command;
	struct accounts *accounts;
};

/* One row a command. */
struct command {
	const char *noun, *verb; /* verb "": there is none */
	size_t least, most;      /* words behind them */
	enum record_kind kind;   /* RECORD_KINDS: it is about a server, and needs no accounts */
	int (*run)(struct request *request);
	const char *arguments;
	const char *help;
};
extern const struct command ctl_commands[];
extern const size_t ctl_command_count;

/* Tells an error on standard error, and returns the status. */
int ctl_fail(int status, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The handlers return an exit status of <sysexits.h>. */
int ctl_list(struct request *request);
int ctl_show(struct request *request);
int ctl_add(struct request *request);
int ctl_set(struct request *request);
int ctl_remove(struct request *request);

/* These find the folder in request->data, which is there, and need no accounts. */
int ctl_status(struct request *request);
int ctl_reload(struct request *request);
int ctl_queue_list(struct request *request);
int ctl_queue_show(struct request *request);
int ctl_queue_run(struct request *request);
int ctl_queue_hold(struct request *request);
int ctl_queue_release(struct request *request);
int ctl_queue_remove(struct request *request);
int ctl_blacklist_remove(struct request *request);
int ctl_blacklist_clear(struct request *request);

/* Asks the server a question that ends with a line feed. Returns a status; what is wrong has been told. */
enum { CTL_ANSWER_MAX = 64 * 1024 };
int ctl_ask(const struct request *request, const char *question, char answer[CTL_ANSWER_MAX]);

/* A number of an answer, which is left as it is. 0 where it is not told. */
unsigned long ctl_number(const char *answer, const char *name);

/* How records are printed: a name a line, all fields, or JSON. All zero but kind to begin with. */
struct printer {
	enum record_kind kind;
	size_t printed;
};
record_tell print_name, print_fields, print_json, print_json_line;

/* The help's list of commands and settings; to be freed by the caller. NULL when memory is out. */
char *ctl_help(void);

#endif
