/* --check: what would be served, and what is wrong with the texts. */
#include <errno.h>
#include <ftgate/catalog.h>
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/data.h"
#include "base/program.h"
#include "cmd/server/server.h"
#include "net/tls_context.h"

static void
tell_refusal(void *context, const struct ftg_refusal *refusal)
{
	unsigned *refused = context;
	*refused += 1;
	printf("refused       %s: %s (%s): %s\n", refusal->file,
	    refusal->id == FTG_IDS ? "the whole file" : ftg_row(refusal->id)->id, ftg_rule_name(refusal->rule),
	    refusal->detail);
	printf("              %s\n", ftg_rule_cure(refusal->rule));
}

static void
print_asked(const char *what, const char *address, const char *name)
{
	printf("%-13s %s%s%s\n", what, address, name != NULL ? " is " : "", name != NULL ? name : "");
}

static void
print_settings(const struct settings *settings)
{
	for (size_t i = 0; i < settings->listen_count; i++)
		printf("listen        %s%s%s%s\n", settings->listen[i].address,
		    settings->listen[i].tls == CONFIG_TLS_IMPLICIT ? " with TLS" : "",
		    settings->listen[i].language[0] != '\0' ? " in " : "", settings->listen[i].language);
	printf("data          %s\n", settings->data);
	printf("hostname      %s\n", settings->hostname);
	printf("profile       %s\n", settings->profile == FTG_STRICT ? "strict" : "published");
	printf("workers       %u\n", settings->workers);
	for (unsigned i = 0; i < settings->config->services_count; i++)
		print_asked("service", settings->config->services[i].address, settings->config->services[i].name);
	for (unsigned i = 0; i < settings->config->filters_count; i++)
		print_asked(settings->config->filters[i].kind == FILTER_RSPAMD ? "rspamd" : "clamav",
		    settings->config->filters[i].address, settings->config->filters[i].name);
}

/* False where the language that is wished for is not there. */
static bool
print_language(const ftg_catalog *catalog, const char *what, const char *preference, const char *instead)
{
	ftg_lang language = *preference == '\0' ? FTG_ENGLISH : ftg_catalog_find(catalog, preference);
	if (language < 0)
		printf("%-13s %s: there is none for '%s'\n", what, instead, preference);
	else
		printf("%-13s %s\n", what, ftg_catalog_tag(catalog, language));
	return language >= 0;
}

/* Prints which languages there are and which are spoken. False where one that is wished for is not there. */
static bool
print_languages(const ftg_catalog *catalog, const struct settings *settings)
{
	printf("languages    ");
	for (ftg_lang i = 0; i < ftg_catalog_languages(catalog); i++)
		printf(" %s", ftg_catalog_tag(catalog, i));
	printf("\n");
	bool found = print_language(catalog, "language", settings->language, "en");
	for (size_t i = 0; i < settings->listen_count; i++)
		if (settings->listen[i].language[0] != '\0')
			found &= print_language(catalog, "  there", settings->listen[i].language, "the above");
	if (settings->bilingual[0] != '\0')
		found &= print_language(catalog, "second", settings->bilingual, "none");
	return found;
}

/* False where there is one that cannot be used. */
static bool
print_certificate(const struct settings *settings)
{
	char error[TLS_ERROR_SIZE];
	if (settings->tls_cert[0] == '\0') {
		printf("certificate   none: no TLS\n");
		return true;
	}
	struct tls_context *context = tls_context_new(settings->tls_cert, settings->tls_key, NULL, error);
	bool usable = context != NULL && tls_context_is_current(context, error);
	printf("certificate   %s\n", usable ? settings->tls_cert : error);
	tls_context_free(context);
	return usable;
}

int
server_check(const struct server_kind *kind, const struct settings *settings)
{
	char locale[PATH_MAX], overlay[PATH_MAX];
	const char *const preferences[] = { settings->language, NULL };
	const struct ftg_sources sources = {
		.locale = locale,
		.overlay = data_path(overlay, settings->data, "locale") == 0 ? overlay : NULL,
		.preferences = preferences,
		.profile = settings->profile,
	};
	unsigned refused = 0;
	program_locale_folder(locale);
	print_settings(settings);
	bool usable = print_certificate(settings);
	ftg_catalog *catalog = ftg_catalog_open(&sources, tell_refusal, &refused);
	if (catalog == NULL) {
		fprintf(stderr, "%s: the catalogue: %s\n", kind->name, strerror(errno));
		return EX_OSERR;
	}
	bool found = print_languages(catalog, settings);
	ftg_catalog_free(catalog);
	return found && usable && refused == 0 ? EX_OK : EX_DATAERR;
}
