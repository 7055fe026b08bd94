/* The commands of ftgatectl on the server that runs. */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/data.h"
#include "base/local.h"
#include "cmd/ctl.h"

enum { ANSWER_MAX = 64 * 1024, ANSWER_TIME = 10, NAME_WIDTH = 18, ID_WIDTH = 32 };

static int
fail(const struct request *request)
{
	if (errno == ENOENT || errno == ECONNREFUSED)
		return ctl_fail(EX_UNAVAILABLE,
		    "no server runs with the data folder %s: start ftgate-smtpd, or name its folder by --data",
		    request->data);
	return ctl_fail(EX_TEMPFAIL, "the server of %s does not answer: %s", request->data, strerror(errno));
}

/* Reads to the end. False with errno where the answer is not whole. */
static bool
read_answer(int socket, char answer[ANSWER_MAX])
{
	size_t len = 0;
	ssize_t got;
	while ((got = read(socket, answer + len, ANSWER_MAX - 1 - len)) > 0)
		len += (size_t)got;
	answer[len] = '\0';
	if (got == 0)
		errno = EPROTO;
	return got == 0 && len >= 5 && strcmp(answer + len - 5, "\nend\n") == 0;
}

/* Asks the server how it fares. */
static int
ask(const struct request *request, char answer[ANSWER_MAX])
{
	static const char question[] = "status\n";
	int socket = local_connect(request->data, DATA_STATUS, ANSWER_TIME);
	if (socket < 0)
		return fail(request);
	bool answered = write(socket, question, sizeof question - 1) == sizeof question - 1 &&
	    read_answer(socket, answer);
	int status = answered ? EX_OK : fail(request);
	close(socket);
	return status;
}

/* Cuts the next word, or the rest of a line, off a text, which goes on behind it. */
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
	if (value[strspn(value, "0123456789")] == '\0')
		fputs(value, stdout);
	else
		print_json_string(value, strlen(value));
}

/* The replies come behind all else. */
static void
print_answer_json(char *answer)
{
	size_t values = 0, replies = 0;
	while (strcmp(answer, "end\n") != 0) {
		char *line = cut(&answer, '\n'), *name = cut(&line, ' ');
		if (strcmp(name, "reply") != 0) {
			print_value(name, line, values++ == 0);
			continue;
		}
		const char *ref = cut(&line, ' '), *id = cut(&line, ' ');
		fputs(replies++ == 0 ? ", \"replies\": [" : ", ", stdout);
		printf("{\"ref\": \"%s\", \"id\": \"%s\", \"count\": %s}", ref, id, line);
	}
	puts(replies == 0 ? ", \"replies\": []}" : "]}");
}

static void
print_answer(char *answer)
{
	while (strcmp(answer, "end\n") != 0) {
		char *line = cut(&answer, '\n'), *name = cut(&line, ' ');
		if (strcmp(name, "reply") != 0) {
			printf("%-*s %s\n", NAME_WIDTH, name, line);
			continue;
		}
		const char *ref = cut(&line, ' '), *id = cut(&line, ' ');
		printf("reply %-*s %-*s %s\n", NAME_WIDTH - 6, ref, ID_WIDTH, id, line);
	}
}

int
ctl_status(struct request *request)
{
	static char answer[ANSWER_MAX];
	int status = ask(request, answer);
	if (status == EX_OK)
		(request->json ? print_answer_json : print_answer)(answer);
	return status;
}
