/* The catalogue: the texts of all replies in all languages, checked and compiled, and the choice of a language. */
#ifndef FTGATE_CATALOG_H
#define FTGATE_CATALOG_H

#include <ftgate/reply.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The rules that a text, or a whole file, must keep. A text that breaks a rule is refused alone, and the next source is
 * used: the operator's own text, then the translation, then English.
 */
enum ftg_rule {
#define RULE(id, name, cure) id,
#include <ftgate/rules.def>
#undef RULE
	FTG_RULES
};

/* The short name of a rule ("control"), and one English sentence that says what to do. Never NULL. */
FTG_API const char *ftg_rule_name(enum ftg_rule rule);
FTG_API const char *ftg_rule_cure(enum ftg_rule rule);

/* Why a text, or a whole file, was refused. */
struct ftg_refusal {
	const char *file;     /* path, or "gettext", "catgets"; NULL from ftg_text_check() */
	const char *language; /* locale name of the file: "de" */
	bool whole_file;      /* nothing of the file is used */
	enum ftg_id id;       /* not below FTG_IDS if the entry has no known ID */
	enum ftg_rule rule;
	const char *detail;         /* English: the offending piece, printable ASCII */
	enum ftg_audience audience; /* of the entry: FTG_USERS if its msgctxt is "ID|user" */
};

/* Called once for each refusal while a catalogue is loaded. The strings of the refusal are valid during the call only. */
typedef void ftg_report(void *context, const struct ftg_refusal *refusal);

/*
 * A compiled catalogue (.mo) in memory, such as one made from a .po that is being written. A function that gets one makes
 * a copy of what it needs, and refuses one of more than 1 MiB as a whole, as it does a file.
 */
struct ftg_compiled {
	const char *file;     /* its name in refusals */
	const char *language; /* locale name: "de" */
	const char *octets;   /* of the .mo; NULL if len is 0 */
	size_t len;           /* in octets */
	bool own;             /* it has own texts, as ftgate-local: an entry may have the msgctxt "ID|user" */
};

/*
 * Where texts come from. Each folder contains LL/LC_MESSAGES/DOMAIN.mo, as for gettext. NULL means none; a folder that
 * does not exist is like an empty one.
 *
 * Own texts can have the msgctxt "ID|user", for clients that have logged in; without one these get the text of ID. The
 * overlay can have folders @DOMAIN of the same form, in which a DOMAIN is in lower case and in its A-label form (RFC 5890):
 * these texts precede those of the server. For each language in turn the order is: of the domain for users, of the domain,
 * of the server for users, of the server, the translation.
 */
struct ftg_sources {
	const char *locale; /* translations: domain "ftgate" */
	const char
	    *overlay; /* the operator's own texts: domain "ftgate-local", used before the translation of a language */
	/*
	 * Lists of languages that will be asked for, as in LANGUAGE ("de_AT:fr"); the array ends with NULL, or is NULL. A
	 * single language that a folder contains can be asked for without being listed here.
	 */
	const char *const *preferences;
	enum ftg_profile profile;
	/* Used instead of the translation of its language in locale; NULL for none. Ignored if its language is not valid. */
	const struct ftg_compiled *draft;
};

/*
 * Loads and compiles every catalogue of the sources. The result is immutable; any number of threads can use it at the
 * same time. A file that is not a valid .mo is refused as a whole, a text that breaks a rule is refused alone; each
 * refusal is passed to report, which may be NULL.
 * Returns NULL with errno if a folder cannot be read (EACCES, ENOTDIR ...), memory is exhausted (ENOMEM) or too many
 * files are open (EMFILE, ENFILE). The caller frees the catalogue when no thread renders from it any more.
 */
FTG_API ftg_catalog *ftg_catalog_open(const struct ftg_sources *sources, ftg_report *report, void *context);

/* Frees a catalogue; NULL and the built-in English are ignored. */
FTG_API void ftg_catalog_free(ftg_catalog *catalog);

/*
 * Makes a catalogue of one language, FTG_CALLERS, from what the C library returns for the caller's locale: dgettext()
 * in a text domain that the caller has bound, with codeset UTF-8; or catgets() from the catalogue of that name in NLSPATH
 * (set m, message nn + 1, + 100 for each further ID with the same reference; UTF-8; no plural forms). Returns NULL with
 * errno ENOMEM, or ENOENT if catopen() finds no such catalogue. No other thread may change the locale or the text domain
 * during the call.
 */
#define FTG_CALLERS 1
FTG_API ftg_catalog *ftg_catalog_from_gettext(
    const char *domain, enum ftg_profile profile, ftg_report *report, void *context);
FTG_API ftg_catalog *ftg_catalog_from_catgets(
    const char *name, enum ftg_profile profile, ftg_report *report, void *context);

/* The message number of an ID in a catgets catalogue; the set goes to *set. Returns 0 for an ID without a text. */
FTG_API int ftg_catgets_number(enum ftg_id id, int *set);

/* The built-in English in a profile. Never NULL; need not be freed. */
FTG_API const ftg_catalog *ftg_catalog_english(enum ftg_profile profile);

/* The profile that a catalogue was compiled for. */
FTG_API enum ftg_profile ftg_catalog_profile(const ftg_catalog *catalog);

/*
 * Finds a language by a preference: one that was given to ftg_catalog_open(), else the first language of the list that
 * the catalogue has, by RFC 4647 section 3.4 ("de-AT" finds de); else the first language that begins with one of the list
 * ("pt" finds pt-BR). Accepts locale names and language tags, and skips what is neither. "C", "POSIX" and "i-default" are
 * the built-in English; so is "en", if there is no translation of that name. Returns -1 if nothing matches.
 */
FTG_API ftg_lang ftg_catalog_find(const ftg_catalog *catalog, const char *preference);

/* The number of languages, and the tag of each ("en" for FTG_ENGLISH, "de", "sr-Latn"). */
FTG_API int ftg_catalog_languages(const ftg_catalog *catalog);
FTG_API const char *ftg_catalog_tag(const ftg_catalog *catalog, ftg_lang language);

/*
 * The tag of the language that clients read when this language is sent in this encoding: "ru-Latn", or "en" for a language
 * that has no ASCII form. The first is that of most replies for which the language has a text, the second that of one
 * reply. A language that does not exist is English. Never NULL; valid as long as the catalogue. id must be below FTG_IDS.
 */
FTG_API const char *ftg_catalog_spoken(const ftg_catalog *catalog, ftg_lang language, enum ftg_encoding encoding);
FTG_API const char *ftg_catalog_spoken_in(
    const ftg_catalog *catalog, ftg_lang language, enum ftg_encoding encoding, enum ftg_id id);

/* Where the text of an ID comes from, in a language and an encoding. */
enum ftg_origin { FTG_FROM_TABLE, FTG_FROM_TRANSLATION, FTG_FROM_OVERLAY };
FTG_API enum ftg_origin ftg_catalog_origin(
    const ftg_catalog *catalog, ftg_lang language, enum ftg_encoding encoding, enum ftg_id id);

/*
 * The same in a voice, with its audience and its domain. A voice without a catalogue is the built-in English. Never NULL;
 * valid as long as the catalogue of the voice.
 */
FTG_API const char *ftg_voice_spoken(const struct ftg_voice *voice, enum ftg_id id);
FTG_API enum ftg_origin ftg_voice_origin(const struct ftg_voice *voice, enum ftg_id id);

/*
 * The number, for a voice, of a domain with own texts: its name is in its A-label form, in lower case. Returns 0 if it has
 * none. The number is valid for this catalogue only.
 */
FTG_API int ftg_catalog_domain(const ftg_catalog *catalog, const char *name);

/*
 * Checks and compiles one text of a reply without a plural, or of a reason, for voices that speak it in place of what the
 * catalogue has. It is in a language that is not known: its tag is "und" (RFC 5646). If it has no ASCII form, voices in ASCII
 * speak the text of the catalogue. profile must be that of the catalogue of these voices. Returns NULL with errno: ENOMEM,
 * or EINVAL after it has filled *refusal, whose detail is in static storage of the thread, until the next call.
 */
FTG_API ftg_text *ftg_text_compile(
    enum ftg_id id, enum ftg_profile profile, const char *text, size_t len, struct ftg_refusal *refusal);

/* Frees a text, which no voice may have any more; NULL is ignored. */
FTG_API void ftg_text_free(ftg_text *text);

/* How many domains have own texts. */
FTG_API int ftg_catalog_domains(const ftg_catalog *catalog);

/*
 * How many own texts of a language are spoken in it, in UTF-8, for everyone and for users together: those of the server if
 * domain is 0, else those of that domain.
 */
FTG_API unsigned ftg_catalog_own_texts(const ftg_catalog *catalog, ftg_lang language, int domain);

/*
 * Checks one text as ftg_catalog_open() would. text holds the plural forms, each followed by a NUL; len counts all octets.
 * Returns 0, or -1 and fills *refusal; its detail is in static storage of the thread, until the next call.
 */
FTG_API int ftg_text_check(
    enum ftg_id id, const char *language, const char *text, size_t len, struct ftg_refusal *refusal);

/*
 * Checks a whole .mo file as ftg_catalog_open() would: one named ftgate-local.mo as own texts. Returns the number of
 * refusals, each of which was passed to report, or -1 with errno if the file cannot be read at all.
 */
FTG_API int ftg_catalog_check_file(const char *path, const char *language, ftg_report *report, void *context);

/*
 * The same for a catalogue in memory, whose language can be "" for none. Returns the number of refusals, or -1 with errno
 * ENOMEM if memory is exhausted.
 */
FTG_API int ftg_catalog_check_compiled(const struct ftg_compiled *compiled, ftg_report *report, void *context);

/* Reasons to warn about a text that is accepted: a set of bits. */
enum ftg_remark {
	FTG_REMARK_DROPPED = 1 << 0,    /* does not show an argument of the table */
	FTG_REMARK_UNFOLDABLE = 1 << 1, /* has no ASCII form: the ASCII wire gets ll@latin or English */
	FTG_REMARK_LONG = 1 << 2,       /* with the longest arguments it needs a second line (SMTP) or is cut (POP3) */
	FTG_REMARK_SPACE = 1 << 3,      /* begins or ends with a space */
	FTG_REMARK_SAME = 1 << 4,       /* is the English text */
};

/*
 * The remarks about a text, which is passed as to ftg_text_check(). plural_forms is the field of the catalogue's header,
 * "nplurals=2; plural=n != 1;"; NULL, or one that is malformed, stands for this one. A form that is used for one number
 * only need not show it.
 */
FTG_API unsigned ftg_text_remarks(
    enum ftg_id id, const char *language, const char *plural_forms, const char *text, size_t len);

/*
 * The greatest length of a text, in octets, that fits on one line in both profiles, whatever its arguments are; for a DSN
 * row, which is not a line, the greatest length of any text.
 */
FTG_API size_t ftg_text_room(enum ftg_id id);

/*
 * The language preference of the environment by POSIX.1-2024 XBD 8.2, also if no locale is installed: the first of
 * LC_ALL, LC_MESSAGES and LANG that is not empty, preceded by LANGUAGE. "C" and "POSIX" mean English whatever LANGUAGE
 * says, and end the list if LANGUAGE contains them; an unset locale and C.UTF-8 express no preference. Writes a list such
 * as "de_AT:fr", or "", and returns its length. Leaves out what is malformed or does not fit. getenv_ is getenv() or a
 * function like it.
 */
enum ftg_name_limit { FTG_PREFERENCE_MAX = 256, FTG_TAG_MAX = 36 };
FTG_API size_t ftg_language_from_environment(char preference[FTG_PREFERENCE_MAX], char *(*getenv_)(const char *));

/*
 * Whether name is a language tag (which is also a range by RFC 4647 section 2.1) or a locale name
 * (ll[_CC][.codeset][@modifier]). "*", C, POSIX, tags that begin with i- or x-, and names of FTG_TAG_MAX octets or more
 * are not.
 */
FTG_API bool ftg_language_valid(const char *name);

/*
 * Whether the language of this name is written from right to left: ar, he, fa, az-Arab. False for what is no name of a
 * language.
 */
FTG_API bool ftg_language_is_rtl(const char *name);

#ifdef __cplusplus
}
#endif

#endif
