/* Parts of `ftgatectl status`: what is found out about the servers of a data folder, what is wrong, and how it is printed. */
#ifndef CMD_CTL_STATUS_STATUS_H
#define CMD_CTL_STATUS_STATUS_H

#include <stdint.h>
#include <time.h>

#include "cmd/ctl/ctl.h"
#include "config/config.h"

/* Exit statuses, as those of monitoring plugins; a wrong command line ends with EX_USAGE. */
enum health { HEALTH_OK, HEALTH_WARNING, HEALTH_CRITICAL, HEALTH_UNKNOWN };

enum { STATUS_PROBLEMS = 64, STATUS_TEXT_SIZE = 512, STATUS_SERVERS = CTL_SERVERS };

/* Something that is wrong, and what to do about it, in the user's language. */
struct problem {
	enum health severity;
	char text[STATUS_TEXT_SIZE];
	char cure[STATUS_TEXT_SIZE];
};

/* One of the servers. */
struct server_state {
	const char *name; /* of ctl_servers */
	bool running;
	bool expected;               /* the configuration has it, or it has ended without removing its socket */
	int error;                   /* errno of the question, if it is not running */
	char answer[CTL_ANSWER_MAX]; /* to "status"; "" if it is not running */
};

/* All that is found out. There is one, static: it is large. */
struct status_report {
	const struct request *request;
	const struct config *config; /* that the folder was found by; without one, the defaults */
	time_t now;
	struct server_state servers[STATUS_SERVERS];
	uint64_t disk_free, disk_size; /* octets of the file system of the data folder; 0: unknown */
	int schema, schema_newest;     /* versions of the directory; 0: there is none */
	size_t problem_count;          /* further ones are dropped */
	struct problem problems[STATUS_PROBLEMS];
};

/* Adds a problem; the cure is a sentence without a full stop. */
void status_add(struct status_report *report, enum health severity, const char *cure, const char *format, ...)
    __attribute__((format(printf, 4, 5)));

/* Looks for what is wrong with the servers; with disk and directory; with the own texts. */
void status_check_servers(struct status_report *report);
void status_check_machine(struct status_report *report);
void status_check_texts(struct status_report *report);

/* The worst severity. */
enum health status_health(const struct status_report *report);

/* "healthy", "warning", "critical": never translated. */
const char *status_word(enum health health);

/* Prints all of it: for people, or as one object of JSON, which changes the answers; or what is wrong alone, as CSV. */
void status_print(const struct status_report *report);
void status_print_json(struct status_report *report);
void status_print_csv(const struct status_report *report);

#endif
