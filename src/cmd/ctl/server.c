/* The commands of ftgatectl on a running server. */
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sysexits.h>
#include <time.h>
#include <unistd.h>

#include "base/system/data.h"
#include "base/system/local_socket.h"
#include "base/text/ascii.h"
#include "base/text/printable.h"
#include "base/text/translate.h"
#include "cmd/ctl/ctl.h"
#include "cmd/ctl/text.h"

const char *const ctl_servers[CTL_SERVERS] = { "smtpd", "pop3d", "mapd" };

enum {
	ANSWER_TIME = 10,
	REF_WIDTH = 12,
	ID_WIDTH = 32,
	RELOAD_REFUSED = 1,
	RELOAD_POLLS = 1500,
	REFUSALS_POLLS = 64, /* answers with refusals, at most */
};

static int
fail(const struct request *request)
{
	if (errno == ENOENT || errno == ECONNREFUSED || errno == EPIPE || errno == ECONNRESET)
		return ctl_fail(EX_UNAVAILABLE,
		    _("no ftgate-%s runs with the data folder %s: start it, or name its folder by --data"),
		    request->server, request->data);
	return ctl_fail(EX_TEMPFAIL, _("the server of %s does not answer: %s"), request->data, strerror(errno));
}

/* Reads an answer to its end. Returns false with errno if it is incomplete. */
static bool
read_answer(int socket, char answer[CTL_ANSWER_MAX])
{
	size_t len = 0;
	ssize_t got;
	while ((got = read(socket, answer + len, CTL_ANSWER_MAX - 1 - len)) > 0)
		len += (size_t)got;
	answer[len] = '\0';
	if (got == 0)
		errno = EPROTO;
	return got == 0 && len >= 5 && strcmp(answer + len - 5, "\nend\n") == 0;
}

bool
ctl_runs(const struct request *request)
{
	char name[32];
	snprintf(name, sizeof name, "ftgate-%s" DATA_STATUS, request->server);
	int socket = local_connect(request->data, name, ANSWER_TIME);
	if (socket < 0)
		return false;
	close(socket);
	return true;
}

int
ctl_try_ask(const struct request *request, const char *server, const char *question, char answer[CTL_ANSWER_MAX])
{
	char name[32];
	snprintf(name, sizeof name, "ftgate-%s" DATA_STATUS, server);
	int socket = local_connect(request->data, name, ANSWER_TIME);
	if (socket < 0)
		return -1;
	ssize_t len = (ssize_t)strlen(question);
	bool answered = send(socket, question, (size_t)len, MSG_NOSIGNAL) == len && read_answer(socket, answer);
	int error = errno;
	close(socket);
	errno = error;
	return answered ? 0 : -1;
}

int
ctl_ask(const struct request *request, const char *question, char answer[CTL_ANSWER_MAX])
{
	static const char trouble[] = "error ";
	int status = ctl_try_ask(request, request->server, question, answer) == 0 ? EX_OK : fail(request);
	if (status == EX_OK && strncmp(answer, trouble, sizeof trouble - 1) == 0)
		return ctl_fail(
		    EX_DATAERR, "%.*s", (int)strcspn(answer + sizeof trouble - 1, "\n"), answer + sizeof trouble - 1);
	return status;
}

/* Returns the text up to an octet, and moves *text behind it. Writes into the text. */
static char *
cut(char **text, char end)
{
	char *word = *text, *at = strchrnul(word, end);
	*text = *at == '\0' ? at : at + 1;
	*at = '\0';
	return word;
}

static void
print_value(const char *name, char *value, bool first)
{
	printf("%s\"%s\": ", first ? "{" : ", ", name);
	if (*value != '\0' && value[strspn(value, "0123456789")] == '\0')
		fputs(value, stdout);
	else
		printable_json(stdout, value, strlen(value));
}

static void
print_reply_json(char *line)
{
	const char *ref = cut(&line, ' '), *id = cut(&line, ' ');
	printf("{\"ref\": \"%s\", \"id\": \"%s\", \"count\": %s}", ref, id, line);
}

/* "de live 1 stale 0 refused 0" */
static void
print_texts_json(char *line)
{
	printf("{\"language\": \"%s\"", cut(&line, ' '));
	while (*line != '\0') {
		const char *name = cut(&line, ' ');
		printf(", \"%s\": %s", name, cut(&line, ' '));
	}
	putchar('}');
}

/* "127.0.0.1:25 mx starttls de" */
static void
print_listener_json(char *line)
{
	static const char *const names[] = { "address", "role", "tls", "language" };
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const char *value = cut(&line, ' ');
		printf("%s\"%s\": ", i > 0 ? ", " : "{", names[i]);
		printable_json(stdout, value, strlen(value));
	}
	putchar('}');
}

/* Lines of the same name that become an array; they are the last of an answer, in this order. */
static const struct {
	const char *name, *array;
	void (*print)(char *line);
} arrays[] = {
	{ "listener", "listeners", print_listener_json },
	{ "own-texts", "own-texts", print_texts_json },
	{ "reply", "replies", print_reply_json },
};

/* Prints the lines at the beginning of an answer that have a name, as an array. Returns the rest of the answer. */
static char *
print_array(char *answer, size_t array)
{
	const char *name = arrays[array].name, *between = "";
	size_t len = strlen(name);
	printf(", \"%s\": [", arrays[array].array);
	while (strncmp(answer, name, len) == 0 && answer[len] == ' ') {
		char *line = cut(&answer, '\n');
		fputs(between, stdout);
		arrays[array].print(line + len + 1);
		between = ", ";
	}
	putchar(']');
	return answer;
}

static bool
is_of_array(const char *line)
{
	bool found = false;
	for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
		size_t len = strlen(arrays[i].name);
		found = found || (strncmp(line, arrays[i].name, len) == 0 && line[len] == ' ');
	}
	return found;
}

void
ctl_print_answer_json(char *answer)
{
	size_t values = 0;
	while (strcmp(answer, "end\n") != 0 && !is_of_array(answer)) {
		char *line = cut(&answer, '\n'), *name = cut(&line, ' ');
		print_value(name, line, values++ == 0);
	}
	for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++)
		answer = print_array(answer, i);
	putchar('}');
}

/* The longest name of a line other than of a reply. */
static int
name_width(const char *answer)
{
	int longest = 0;
	for (const char *line = answer; strncmp(line, "end\n", 4) != 0; line = strchr(line, '\n') + 1) {
		int len = (int)strcspn(line, " \n");
		longest = len > longest ? len : longest;
	}
	return longest;
}

static void
print_answer(char *answer)
{
	int width = name_width(answer);
	while (strcmp(answer, "end\n") != 0) {
		char *line = cut(&answer, '\n'), *name = cut(&line, ' ');
		if (strcmp(name, "reply") != 0) {
			printable_print(stdout, "%-*s %s\n", width, name, line);
			continue;
		}
		const char *ref = cut(&line, ' '), *id = cut(&line, ' ');
		printable_print(stdout, "reply %-*s %-*s %s\n", REF_WIDTH, ref, ID_WIDTH, id, line);
	}
}

/* A row for each line of the answer: lines of one name, such as reply, have a row each. */
static bool
print_answer_csv(char *answer)
{
	static const struct column columns[] = { { .name = "name" }, { .name = "value" } };
	const struct table_options options = { .columns = columns, .count = 2, .format = OUTPUT_CSV };
	struct table *table = table_open(&options);
	while (table != NULL && strcmp(answer, "end\n") != 0) {
		char *line = cut(&answer, '\n');
		table_text(table, cut(&line, ' '));
		table_text(table, line);
	}
	return table != NULL && table_close(table);
}

int
ctl_status_of_server(struct request *request)
{
	static char answer[CTL_ANSWER_MAX];
	int status = ctl_ask(request, "status\n", answer);
	if (status == EX_OK && request->json) {
		ctl_print_answer_json(answer);
		putchar('\n');
	} else if (status == EX_OK && request->format == OUTPUT_CSV) {
		status = print_answer_csv(answer) ? EX_OK : ctl_fail(EX_OSERR, "%s", strerror(ENOMEM));
	} else if (status == EX_OK) {
		print_answer(answer);
	}
	if (status == EX_OK)
		text_warn_strays(request);
	return status;
}

const char *
ctl_value(const char *answer, const char *name, int *len)
{
	size_t name_len = strlen(name);
	const char *line = answer;
	while (line != NULL && (strncmp(line, name, name_len) != 0 || line[name_len] != ' ')) {
		line = strchr(line, '\n');
		line = line == NULL ? NULL : line + 1;
	}
	const char *value = line == NULL ? "" : line + name_len + 1;
	*len = (int)strcspn(value, "\n");
	return value;
}

unsigned long
ctl_number(const char *answer, const char *name)
{
	int len;
	return strtoul(ctl_value(answer, name, &len), NULL, 10);
}

/* Prints "FILE:LINE: error: ID: RULE: what is wrong. Cure." for a line "refused ..." of an answer, as ftgate-msg lint does. */
static void
print_refusal(const char *line, int len)
{
	char id[64] = "", rule[32] = "", copy[4096], *rest = copy, *file, *detail, *cure;
	unsigned long number;
	int at = 0;
	snprintf(copy, sizeof copy, "%.*s", len, line);
	if (sscanf(copy, "refused %63s %31s %n", id, rule, &at) != 2 || !ascii_is_digit(copy[at]))
		return;
	number = strtoul(copy + at, NULL, 10);
	(void)strsep(&rest, "\t");
	file = strsep(&rest, "\t");
	detail = strsep(&rest, "\t");
	cure = strsep(&rest, "\t");
	if (cure == NULL)
		return;
	if (number > 0)
		printable_print(stdout, "%s:%lu: error: %s: %s: %s. %s\n", file, number, id, rule, detail, _(cure));
	else
		printable_print(stdout, "%s: error: %s: %s: %s. %s\n", file, id, rule, detail, _(cure));
}

/* Prints the lines "refused ..." of an answer. Returns how many there are. */
static unsigned
print_refusals(const char *answer)
{
	unsigned count = 0;
	for (const char *line = answer; *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n') {
		if (strncmp(line, "refused ", strlen("refused ")) != 0)
			continue;
		print_refusal(line, (int)strcspn(line, "\n"));
		count++;
	}
	return count;
}

/* Asks for what the load has refused, in pieces, and prints it. */
static int
report_refusals(const struct request *request)
{
	static char answer[CTL_ANSWER_MAX];
	unsigned from = 0, count = 1;
	int status = EX_OK;
	for (unsigned i = 0; count > 0 && i < REFUSALS_POLLS && status == EX_OK; i++, from += count) {
		char question[32];
		snprintf(question, sizeof question, "refusals %u\n", from);
		status = ctl_ask(request, question, answer);
		count = status == EX_OK ? print_refusals(answer) : 0;
	}
	return status;
}

/* Texts and certificate are loaded independently of each other: each may fail. */
static int
print_outcome(const struct request *request, const char *answer)
{
	unsigned long generation = ctl_number(answer, "generation"), refused = ctl_number(answer, "refused");
	int status = refused > 0 ? report_refusals(request) : EX_OK, len;
	if (status == EX_OK && refused > 0)
		status = RELOAD_REFUSED;
	const char *error = ctl_value(answer, "certificate-error", &len);
	if (ctl_number(answer, "workers-kept") > 0)
		status = ctl_fail(RELOAD_REFUSED, _("kept the catalogue of before, generation %lu: refused %lu"),
		    generation, refused);
	else
		/* TRANSLATORS: the number of the catalogue since the start, and of the texts that it refused. */
		printf(_("generation %lu, refused %lu\n"), generation, refused);
	if (len > 0)
		status = ctl_fail(RELOAD_REFUSED, _("the new certificate is not used: %.*s"), len, error);
	return status;
}

/* An answer without a process ID must not become a signal to a group of processes (kill(2)). */
static int
signal_server(unsigned long pid)
{
	if (pid > 1 && pid <= INT_MAX)
		return kill((pid_t)pid, SIGHUP);
	errno = EPROTO;
	return -1;
}

/* Reloads are numbered: the one that is requested here has a higher number than those before. */
int
ctl_reload_server(const struct request *request)
{
	static char answer[CTL_ANSWER_MAX];
	const struct timespec pause = { .tv_nsec = 20 * 1000 * 1000 };
	int status = ctl_ask(request, "status\n", answer);
	unsigned long before = ctl_number(answer, "reloads-asked");
	if (status != EX_OK)
		return status;
	if (signal_server(ctl_number(answer, "pid")) < 0)
		return fail(request);
	for (int i = 0; i < RELOAD_POLLS; i++) {
		status = ctl_ask(request, "status\n", answer);
		if (status != EX_OK)
			return status;
		if (ctl_number(answer, "reloads-done") > before)
			return print_outcome(request, answer);
		nanosleep(&pause, NULL);
	}
	errno = ETIMEDOUT;
	return fail(request);
}

int
ctl_reload(struct request *request)
{
	int status = ctl_reload_server(request);
	bool ended = status == EX_OK || status == RELOAD_REFUSED;
	unsigned strays = ended ? text_warn_strays(request) + text_warn_edited(request) : 0;
	return status == EX_OK && strays > 0 ? RELOAD_REFUSED : status;
}
