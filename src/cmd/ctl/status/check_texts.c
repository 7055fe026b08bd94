/* Looks for own texts that no server uses. */
#include <stdio.h>

#include "base/system/data.h"
#include "base/text/shell_word.h"
#include "base/text/translate.h"
#include "cmd/ctl/status/status.h"
#include "cmd/ctl/text.h"
#include "texts/folder.h"

static void
add_stray(void *context, enum texts_stray stray, const char *path)
{
	char cure[STATUS_TEXT_SIZE], word[STATUS_TEXT_SIZE];
	shell_word(word, sizeof word, path);
	snprintf(cure, sizeof cure, _("run ftgatectl text apply %s"), word);
	if (stray == TEXTS_NOT_COMPILED)
		status_add(context, HEALTH_WARNING, cure, _("%s: it is not compiled, so no server reads it"), path);
	else if (stray == TEXTS_NO_LANGUAGE)
		status_add(context, HEALTH_WARNING, _("own texts are in LANGUAGE/LC_MESSAGES/ftgate-local.po"),
		    _("%s: it is in no folder of a language, so no server reads it"), path);
	else if (stray == TEXTS_NO_DOMAIN)
		status_add(context, HEALTH_WARNING, _("write the domain in lower case, as xn--... if it is not ASCII"),
		    _("%s: it has not the name of a domain, so no server reads it"), path);
}

static void
add_edited(void *context, const char *domain, const char *path, size_t count)
{
	char cure[STATUS_TEXT_SIZE], word[STATUS_TEXT_SIZE];
	shell_word(word, sizeof word, path);
	if (domain == NULL)
		snprintf(cure, sizeof cure, _("run ftgatectl text apply %s"), word);
	else
		snprintf(cure, sizeof cure, _("run ftgatectl --domain %s text apply %s"), domain, word);
	/* TRANSLATORS: a file, and a number of texts. */
	status_add(context, HEALTH_WARNING, cure, _("%s: texts that were edited and not compiled: %zu"), path, count);
}

void
status_check_texts(struct status_report *report)
{
	char folder[TEXT_PATH];
	struct request request = *report->request;
	struct texts *texts = data_path(folder, request.data, "locale") == 0 ? texts_folder_open(folder, NULL) : NULL;
	if (texts == NULL)
		return;
	(void)texts->ops->each_stray(texts, add_stray, report);
	texts->ops->close(texts);
	text_each_edited(&request, add_edited, report);
}
