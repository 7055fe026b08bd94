/* ftgatectl trace: says what became of a message, from the log. */
#include "cmd/ctl/trace/trace.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text/translate.h"
#include "cmd/ctl/ctl.h"
#include "cmd/ctl/folder.h"
#include "cmd/ctl/trace/print.h"
#include "cmd/ctl/trace/search.h"
#include "config/config.h"

enum { NAMES_SIZE = 1024 };

/* The file that the configuration names for the log; otherwise the journal. A server that logs elsewhere is not known. */
static bool
add_configured(struct sources *sources, const struct request *request)
{
	const char *file = request->config;
	if (file == NULL && (access(CTL_CONFIG_DEFAULT, F_OK) == 0 || errno == EACCES))
		file = CTL_CONFIG_DEFAULT;
	if (file != NULL && ctl_check_rights(file, R_OK) != 0)
		return false;
	struct config *config = file != NULL ? config_read(file, config_print_fault, NULL) : NULL;
	if (file != NULL && config == NULL) {
		ctl_fail(TRACE_ERROR, _("%s cannot be used; mend it, or name the log by --log"), file);
		return false;
	}
	bool is_file = config != NULL && config->log != NULL && config->log[0] == '/';
	bool fine = sources_add(sources, is_file ? config->log : "journal");
	config_free(config);
	return fine;
}

static bool
add_all(struct sources *sources, const struct request *request)
{
	bool fine = true;
	for (size_t i = 0; i < request->trace.count && fine; i++)
		fine = sources_add(sources, request->trace.logs[i]);
	return fine && (sources->count > 0 || add_configured(sources, request));
}

static bool
read_question(struct question *question, const struct request *request)
{
	const char *const times[] = { request->trace.since, request->trace.until };
	static const char *const names[] = { "--since", "--until" };
	if (!question_read(question, request->words[0])) {
		ctl_fail(TRACE_ERROR, _("'%s' is no address, message-id, session or reference"), request->words[0]);
		return false;
	}
	for (unsigned i = 0; i < 2; i++)
		if (times[i] != NULL && !question_set_time(question, i, times[i])) {
			/* TRANSLATORS: an option; its value. */
			ctl_fail(TRACE_ERROR,
			    _("%s: '%s' is no time such as 2026-01-31, '2026-01-31 12:00' (UTC) or 2h (ago)"), names[i],
			    times[i]);
			return false;
		}
	return true;
}

/* Whoever started a server by hand has its log on the terminal. */
static int
fail_nothing(const struct question *question, const struct sources *sources)
{
	char names[NAMES_SIZE];
	sources_names(sources, names, sizeof names);
	/* TRANSLATORS: an address or the like, and the names of logs. */
	return ctl_fail(TRACE_NOTHING,
	    _("nothing about '%s' in this log: %s; if the servers log elsewhere, name the file by --log, or by the setting log"),
	    question->text, names);
}

static int
print(const struct request *request, const struct question *question, const struct story *story,
    const struct sources *sources)
{
	struct results results = { 0 };
	int status = results_find(&results, story) ? TRACE_FOUND : ctl_fail(TRACE_ERROR, "%s", strerror(ENOMEM));
	if (status == TRACE_FOUND && request->format == OUTPUT_CSV && !results_print_csv(&results))
		status = ctl_fail(TRACE_ERROR, "%s", strerror(ENOMEM));
	else if (status == TRACE_FOUND && request->format == OUTPUT_JSON)
		story_print_json(question->text, story, &results);
	else if (status == TRACE_FOUND && request->format == OUTPUT_TABLE && story->count > 0)
		story_print(story, &results);
	if (status == TRACE_FOUND && story->count == 0)
		status = fail_nothing(question, sources);
	results_clear(&results);
	return status;
}

int
ctl_trace(struct request *request)
{
	struct question question = { 0 };
	struct sources sources = { 0 };
	struct story story = { 0 };
	int status = TRACE_ERROR;
	if (read_question(&question, request) && add_all(&sources, request) && search_run(&story, &question, &sources))
		status = print(request, &question, &story, &sources);
	story_clear(&story);
	sources_close(&sources);
	free(request->trace.logs);
	return status;
}
