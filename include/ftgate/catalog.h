/* The catalogue: every reply in every language, checked and compiled; and the choice of a language. */
#ifndef FTGATE_CATALOG_H
#define FTGATE_CATALOG_H

#include <ftgate/reply.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The rules that a text, or a whole file, must keep. A text that breaks one is refused alone and the next source
 * answers: operator's own, translation, English.
 */
enum ftg_rule {
#define RULE(id, name, cure) id,
#include <ftgate/rules.def>
#undef RULE
	FTG_RULES
};

/* A short name ("control"), and one English sentence that says what to do. */
FTG_API const char *ftg_rule_name(enum ftg_rule rule);
FTG_API const char *ftg_rule_cure(enum ftg_rule rule);

/* Why a text was refused, or why a whole file was. */
struct ftg_refusal {
	const char *file;     /* path, or "gettext", "catgets"; NULL from ftg_text_check() */
	const char *language; /* locale name of the file: "de" */
	bool whole_file;      /* nothing of the file is used */
	enum ftg_id id;       /* FTG_IDS where no ID can be named */
	enum ftg_rule rule;
	const char *detail; /* English: the offending piece, printable ASCII */
};

/* Called once for each refusal while a catalogue loads. What it points at lives until the call returns. */
typedef void ftg_report(void *context, const struct ftg_refusal *refusal);

/*
 * Where texts come from. Each folder holds LL/LC_MESSAGES/DOMAIN.mo as gettext lays them out; NULL is none; one that
 * does not exist is empty.
 */
struct ftg_sources {
	const char *locale;  /* translations: domain "ftgate" */
	const char *overlay; /* the operator's own texts: domain "ftgate-local", before any translation */
	/*
	 * Priority lists that will be asked for, as in LANGUAGE ("de_AT:fr"); NULL-terminated, or NULL. Each single
	 * language that a folder holds can be asked for without standing here.
	 */
	const char *const *wishes;
	enum ftg_profile profile;
};

/*
 * Loads every catalogue of the sources and compiles it: an immutable generation, for any number of threads. A file
 * that is no sound .mo is left out whole, a text that breaks a rule alone; each is reported (report may be NULL).
 * Returns NULL with errno where a folder cannot be read (EACCES, ENOTDIR ...), memory is out (ENOMEM) or too many files
 * are open (EMFILE, ENFILE). To be freed by the caller, once nobody renders from it any more.
 */
FTG_API ftg_catalog *ftg_catalog_open(const struct ftg_sources *sources, ftg_report *report, void *context);
FTG_API void ftg_catalog_free(ftg_catalog *catalog);

/*
 * Catalogues of one language, FTG_CALLERS, filled once from what the C library says for the caller's locale:
 * dgettext() in a text domain bound by the caller, with codeset UTF-8; or catgets() from the catalogue of that name in
 * NLSPATH (set = m, message = nn + 1, + 100 for each further ID of a reference; UTF-8; no plurals). NULL, errno ENOMEM,
 * or ENOENT where catopen() finds no such catalogue. No other thread may change locale or text domain meanwhile.
 */
#define FTG_CALLERS 1
FTG_API ftg_catalog *ftg_catalog_from_gettext(
    const char *domain, enum ftg_profile profile, ftg_report *report, void *context);
FTG_API ftg_catalog *ftg_catalog_from_catgets(
    const char *name, enum ftg_profile profile, ftg_report *report, void *context);

/* The message number of an ID in a catgets catalogue; its set is *set. 0 for an ID that has no text. */
FTG_API int ftg_catgets_number(enum ftg_id id, int *set);

/* The built-in English under either profile. Never NULL, never to be freed. */
FTG_API const ftg_catalog *ftg_catalog_english(enum ftg_profile profile);

FTG_API enum ftg_profile ftg_catalog_profile(const ftg_catalog *catalog);

/*
 * Finds a language: a wish as it was given at load, else the first element of the list that is here, after RFC 4647
 * section 3.4 ("de-AT" finds de); where none is, the first that an element is the beginning of ("pt" finds pt-BR). Takes
 * locale names and language tags, and passes over what is neither. "C", "POSIX" and "i-default" are the built-in English,
 * "en" too where there is no translation of that name. -1 where nothing fits.
 */
FTG_API ftg_lang ftg_catalog_find(const ftg_catalog *catalog, const char *wish);

/* How many languages there are, and the tag of each ("en" for FTG_ENGLISH, "de", "sr-Latn"). */
FTG_API int ftg_catalog_languages(const ftg_catalog *catalog);
FTG_API const char *ftg_catalog_tag(const ftg_catalog *catalog, ftg_lang language);

/* Where the text of an ID in a language comes from. */
enum ftg_origin { FTG_FROM_TABLE, FTG_FROM_TRANSLATION, FTG_FROM_OVERLAY };
FTG_API enum ftg_origin ftg_catalog_origin(
    const ftg_catalog *catalog, ftg_lang language, enum ftg_encoding encoding, enum ftg_id id);

/*
 * Checks one text of a language as a load would. text holds the plural forms one after another, each with its NUL, in
 * len octets in all. Returns 0, or -1 with *refusal filled (its detail lives in static storage of the thread).
 */
FTG_API int ftg_text_check(
    enum ftg_id id, const char *language, const char *text, size_t len, struct ftg_refusal *refusal);

/*
 * Checks a whole .mo file as a load would. Returns the number of refusals, each reported; -1 with errno where the file
 * cannot be read at all.
 */
FTG_API int ftg_catalog_check_file(const char *path, const char *language, ftg_report *report, void *context);

/* Things worth a warning in a text that is accepted. A set of these bits. */
enum ftg_remark {
	FTG_REMARK_DROPPED = 1 << 0,    /* an argument of the table is not shown */
	FTG_REMARK_UNFOLDABLE = 1 << 1, /* has no ASCII form: the ASCII wire speaks ll@latin or English */
	FTG_REMARK_LONG = 1 << 2,       /* with the longest arguments it needs a second line (SMTP) or is cut (POP3) */
	FTG_REMARK_SPACE = 1 << 3,      /* begins or ends with a space */
	FTG_REMARK_SAME = 1 << 4,       /* is the English text */
};
FTG_API unsigned ftg_text_remarks(enum ftg_id id, const char *language, const char *text, size_t len);

/*
 * Octets of the longest text that stays on one line under both profiles, whatever its arguments hold; for a DSN row,
 * which is no line, of the longest text that it may have.
 */
FTG_API size_t ftg_text_room(enum ftg_id id);

/*
 * The language wish of the environment as POSIX.1-2024 XBD 8.2 says, with no locale installed: LC_ALL, LC_MESSAGES or
 * LANG, the first that is not empty; LANGUAGE goes before it. "C" and "POSIX" are English whatever LANGUAGE says, and
 * end the list where LANGUAGE holds them; an unset locale and C.UTF-8 are no wish of their own. Writes a list such as
 * "de_AT:fr" to wish, "" for none, and returns its length; what is malformed or does not fit is left out. getenv_ is
 * getenv() or a stand-in for it.
 */
enum { FTG_WISH_MAX = 256, FTG_TAG_MAX = 36 };
FTG_API size_t ftg_language_from_environment(char wish[FTG_WISH_MAX], char *(*getenv_)(const char *));

/*
 * Is this a language tag, which is a range by RFC 4647 2.1 too, or a locale name (ll[_CC][.codeset][@modifier])? Not so
 * "*", C and POSIX, tags that begin with i- or x-, and names of FTG_TAG_MAX octets or more.
 */
FTG_API bool ftg_language_valid(const char *name);

#ifdef __cplusplus
}
#endif

#endif
