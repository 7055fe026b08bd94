/* Replaces the own texts of a folder by a generation from the database, if all of it passes the check. */
#include "texts/adopt.h"

#include <errno.h>
#include <ftgate/catalog.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "catalog/load.h"
#include "texts/folder.h"
#include "texts/po_file.h"

enum { DOMAIN_FOLDER = 300, REFUSAL_KINDS = 2 * (FTG_IDS + 1) * FTG_RULES };

struct adoption {
	const char *folder;
	const struct texts_set *set;
	struct texts_state *state;
	const struct texts_listener *listener;
	struct texts *locked;           /* holds the lock */
	const struct texts_part *part;  /* that is checked */
	unsigned before[REFUSAL_KINDS]; /* how often the texts of the folder in its place are refused, by ID and rule */
	uint64_t refused;               /* texts, of all parts */
	char reason[TEXTS_STATE_REASON]; /* the first of them */
};

void
texts_set_free(struct texts_set *set)
{
	for (size_t i = 0; i < set->count; i++) {
		free(set->part[i].domain);
		free(set->part[i].language);
		free(set->part[i].source);
	}
	free(set->part);
	*set = (struct texts_set) { 0 };
}

/* Copies a text as printable ASCII, as far as it fits. */
static void
append(char *to, size_t size, const char *text)
{
	size_t at = strlen(to);
	for (; *text != '\0' && at + 1 < size; text++)
		to[at++] = *text >= ' ' && *text <= '~' ? *text : '?';
	to[at] = '\0';
}

/* "de: ERR_SMTP_OK: stale: ...", with the domain before the language. */
static void
refuse(struct adoption *adoption, const char *id, const char *rule, const char *detail)
{
	const struct texts_part *part = adoption->part;
	const char *const words[] = { part->domain, *part->domain != '\0' ? "/" : "", part->language, ": ", id, ": ",
		rule, ": ", detail };
	for (size_t i = 0; adoption->refused == 0 && i < sizeof words / sizeof *words; i++)
		append(adoption->reason, sizeof adoption->reason, words[i]);
	adoption->refused++;
	adoption->listener->refused(adoption->listener->context, part, id, rule, detail);
}

/* Returns the number of refusals of an entry by a rule. */
static unsigned *
count_of(struct adoption *adoption, const struct ftg_refusal *refusal)
{
	size_t id = refusal->whole_file || refusal->id > FTG_IDS ? FTG_IDS : refusal->id;
	size_t users = refusal->audience == FTG_USERS;
	return &adoption->before[((2 * id) + users) * FTG_RULES + refusal->rule];
}

static void
note_before(void *context, const struct ftg_refusal *refusal)
{
	++*count_of(context, refusal);
}

/* A text that was refused before does not refuse the generation. A file that is refused as a whole always does. */
static void
note_refusal(void *context, const struct ftg_refusal *refusal)
{
	struct adoption *adoption = context;
	unsigned *before = count_of(adoption, refusal);
	char name[64];
	if (!refusal->whole_file && *before > 0) {
		--*before;
		return;
	}
	bool known = refusal->id < FTG_IDS;
	snprintf(name, sizeof name, "%s%s", known ? ftg_row(refusal->id)->id : "-",
	    known && refusal->audience == FTG_USERS ? "|user" : "");
	refuse(adoption, name, ftg_rule_name(refusal->rule), refusal->detail);
}

/* The texts of a domain, or of the server. */
static struct texts *
open_texts(const struct adoption *adoption, const char *domain)
{
	return texts_folder_open(adoption->folder, *domain != '\0' ? domain : NULL);
}

static int
load(const struct texts_part *part, const char *octets, size_t len, ftg_report *report, struct adoption *adoption)
{
	const struct ftg_compiled compiled = { part->language, part->language, octets, len, true };
	return ftg_catalog_check_compiled(&compiled, report, adoption) < 0 ? -1 : 0;
}

/* Counts the refused texts in the folder's own file of this part. */
static int
check_before(struct adoption *adoption)
{
	const struct texts_part *part = adoption->part;
	size_t len = 0;
	memset(adoption->before, 0, sizeof adoption->before);
	struct texts *texts = open_texts(adoption, part->domain);
	if (texts == NULL)
		return -1;
	char *octets = texts->ops->read_compiled(texts, part->language, &len);
	int result = octets != NULL ? load(part, octets, len, note_before, adoption) : 0;
	free(octets);
	texts->ops->close(texts);
	return result;
}

static int
check_parsed(struct adoption *adoption, const struct po_file *po)
{
	size_t len = 0;
	char *octets = po_file_compile(po, NULL, &len);
	if (octets == NULL && errno != EFBIG && errno != EEXIST)
		return -1;
	if (octets == NULL)
		refuse(adoption, "-", ftg_rule_name(FTG_RULE_FILE), strerror(errno));
	int result = octets != NULL ? load(adoption->part, octets, len, note_refusal, adoption) : 0;
	free(octets);
	return result;
}

static int
check_source(struct adoption *adoption)
{
	const struct texts_part *part = adoption->part;
	struct po_file po;
	int result = po_file_parse(&po, part->source, part->len);
	if (result < 0 && errno == EINVAL) {
		char detail[256];
		snprintf(detail, sizeof detail, "line %zu: %s", po.fault_line, po.fault);
		refuse(adoption, "-", "syntax", detail);
		result = 0;
	} else if (result == 0) {
		result = check_parsed(adoption, &po);
	}
	int error = errno;
	po_file_free(&po);
	errno = error;
	return result;
}

/* Is the name valid for a folder? It is then a safe path below the folder of own texts. */
static bool
is_named_well(struct adoption *adoption)
{
	const struct texts_part *part = adoption->part;
	char folder[DOMAIN_FOLDER];
	bool fits = snprintf(folder, sizeof folder, "@%s", part->domain) < (int)sizeof folder;
	if (!fits || (*part->domain != '\0' && !load_is_domain(folder)))
		refuse(adoption, "-", "domain", "it is not a domain name");
	else if (!ftg_language_valid(part->language) || strchr(part->language, '/') != NULL)
		refuse(adoption, "-", "language", "it is not a language name");
	else
		return true;
	return false;
}

static int
check_all(struct adoption *adoption)
{
	static char empty[] = "";
	static const struct texts_part none = { empty, empty, empty, 0 };
	int result = 0;
	adoption->part = &none;
	if (adoption->set->fault != NULL)
		refuse(adoption, "-", "size", adoption->set->fault);
	for (size_t i = 0; i < adoption->set->count && result == 0; i++) {
		adoption->part = &adoption->set->part[i];
		if (is_named_well(adoption))
			result = check_before(adoption) < 0 || check_source(adoption) < 0 ? -1 : 0;
	}
	return result;
}

/* Stores the source of a part, or removes the file if the part has none. */
static int
put(struct adoption *adoption, const char *domain, const char *language, const struct texts_change *change)
{
	size_t len = 0, compiled_len = 0;
	int result = 0;
	struct texts *texts = open_texts(adoption, domain);
	if (texts == NULL)
		return -1;
	char *source = texts->ops->read(texts, language, 0, &len);
	char *compiled = texts->ops->read_compiled(texts, language, &compiled_len);
	bool same = source != NULL && len == change->source_len && memcmp(source, change->source, len) == 0;
	bool in_place = same && compiled != NULL && compiled_len == change->compiled_len &&
	    memcmp(compiled, change->compiled, compiled_len) == 0;
	bool absent = source == NULL && compiled == NULL && change->source_len == 0;
	if (!same && (source != NULL || compiled != NULL) && adoption->state->used.number == 0)
		adoption->listener->replaced(adoption->listener->context, domain, language);
	if (!in_place && !absent)
		result = texts->ops->replace(texts, language, change);
	int error = errno;
	free(source);
	free(compiled);
	texts->ops->close(texts);
	errno = error;
	return result;
}

static int
put_part(struct adoption *adoption, const struct texts_part *part)
{
	struct texts_change change = { .source = part->source, .source_len = part->len };
	struct po_file po;
	char *compiled = NULL;
	if (po_file_parse(&po, part->source, part->len) == 0)
		compiled = po_file_compile(&po, NULL, &change.compiled_len);
	change.compiled = compiled;
	int result = compiled == NULL ? -1 : put(adoption, part->domain, part->language, &change);
	int error = errno;
	free(compiled);
	po_file_free(&po);
	errno = error;
	return result;
}

/* Removes the files that the generation does not have. */
struct removal {
	struct adoption *adoption;
	const char *domain;
	int result;
};

static bool
has_part(const struct texts_set *set, const char *domain, const char *language)
{
	for (size_t i = 0; i < set->count; i++)
		if (strcmp(set->part[i].domain, domain) == 0 && strcmp(set->part[i].language, language) == 0)
			return true;
	return false;
}

static void
remove_language(void *context, const char *language)
{
	static const struct texts_change none = { "", "", 0, 0 };
	struct removal *removal = context;
	if (removal->result == 0 && !has_part(removal->adoption->set, removal->domain, language))
		removal->result = put(removal->adoption, removal->domain, language, &none);
}

static void
remove_of_domain(void *context, const char *domain)
{
	struct removal *removal = context;
	struct texts *texts = open_texts(removal->adoption, domain);
	removal->domain = domain;
	if (texts == NULL || texts->ops->each_language(texts, remove_language, removal) < 0)
		removal->result = -1;
	if (texts != NULL)
		texts->ops->close(texts);
}

static int
remove_others(struct adoption *adoption)
{
	struct texts *texts = adoption->locked;
	struct removal removal = { .adoption = adoption };
	remove_of_domain(&removal, "");
	if (removal.result == 0 && texts->ops->each_domain(texts, remove_of_domain, &removal) < 0)
		return -1;
	return removal.result;
}

static enum texts_adoption
refuse_all(struct adoption *adoption)
{
	struct texts_state *state = adoption->state;
	state->refused = adoption->set->generation;
	state->refusals = adoption->refused;
	snprintf(state->reason, sizeof state->reason, "%s", adoption->reason);
	return texts_state_write(state, adoption->folder) < 0 ? TEXTS_FAILED : TEXTS_REFUSED;
}

/* Writes the state last: if the process ends before, the next one finds what is missing. */
static enum texts_adoption
put_all(struct adoption *adoption)
{
	for (size_t i = 0; i < adoption->set->count; i++)
		if (put_part(adoption, &adoption->set->part[i]) < 0)
			return TEXTS_FAILED;
	if (remove_others(adoption) < 0)
		return TEXTS_FAILED;
	const struct texts_state state = { .used = adoption->set->generation };
	if (texts_state_write(&state, adoption->folder) < 0)
		return TEXTS_FAILED;
	*adoption->state = state;
	return TEXTS_ADOPTED;
}

static enum texts_adoption
adopt(struct adoption *adoption)
{
	struct texts_state *state = adoption->state, now;
	if (adoption->locked->ops->lock(adoption->locked) < 0)
		return errno == EWOULDBLOCK ? TEXTS_BUSY : TEXTS_FAILED;
	if (texts_state_read(&now, adoption->folder) < 0)
		return TEXTS_FAILED;
	bool same = texts_generation_is(&now.used, &state->used) && texts_generation_is(&now.refused, &state->refused);
	*state = now;
	if (!same)
		return TEXTS_BUSY;
	if (check_all(adoption) < 0)
		return TEXTS_FAILED;
	return adoption->refused > 0 ? refuse_all(adoption) : put_all(adoption);
}

enum texts_adoption
texts_adopt(
    const char *folder, const struct texts_set *set, struct texts_state *state, const struct texts_listener *listener)
{
	struct adoption *adoption = calloc(1, sizeof *adoption);
	if (adoption == NULL)
		return TEXTS_FAILED;
	*adoption = (struct adoption) { .folder = folder, .set = set, .state = state, .listener = listener };
	adoption->locked = texts_folder_open(folder, NULL);
	enum texts_adoption result = adoption->locked == NULL ? TEXTS_FAILED : adopt(adoption);
	int error = errno;
	if (adoption->locked != NULL)
		adoption->locked->ops->close(adoption->locked);
	free(adoption);
	errno = error;
	return result;
}
