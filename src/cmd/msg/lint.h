/* Checks of catalogue files, for `ftgate-msg lint` and `stats`. */
#ifndef MSG_LINT_H
#define MSG_LINT_H

#include <stdint.h>

#include "msg.h"

enum {
	LINT_SIZE_MAX = 1024 * 1024, /* octets of a catalogue */
	LINT_FINDINGS_MAX = 1000,    /* of a file; further ones are counted, not printed */
};

/* The counts of a check of one file. */
struct tally {
	unsigned errors;
	unsigned warnings;
	unsigned printed;    /* findings */
	unsigned translated; /* replies with a text that a server accepts */
	unsigned stale;      /* with a text for another English one */
	unsigned refused;    /* with a text that a server refuses */
	bool read;           /* its entries were looked at */
	bool done;           /* the check is complete */
};

enum severity { LINT_ERROR, LINT_WARNING, LINT_NOTE };

enum lint_format { LINT_TEXT, LINT_JSON, LINT_CSV, LINT_GITHUB };

/* Findings in addition to the rules of the catalogue; the names and cures are in findings.c. */
enum remark {
	REMARK_MSGFMT,
	REMARK_BOM,
	REMARK_HEADER,
	REMARK_LANGUAGE,
	REMARK_PLACEHOLDER,
	REMARK_DOMAIN,
	REMARK_MISSING,
	REMARK_PROGRESS,
	REMARK_UNTRANSLATED,
	REMARK_INCOMPLETE,
	REMARK_FUZZY,
	REMARK_FLAG,
	REMARK_NUMBER,
	REMARK_DROPPED,
	REMARK_ASCII,
	REMARK_SCRIPT,
	REMARK_ENGLISH,
	REMARK_LONG,
	REMARK_SPACE,
	REMARK_SAME,
	REMARK_ALIKE,
	REMARK_BREAK,
	REMARK_OPERATOR,
	REMARK_HOSTNAME,
	REMARK_KEYWORD,
	REMARK_STOP,
	REMARK_HTML,
	REMARK_DOUBLED,
	REMARK_INVISIBLE,
	REMARKS
};

struct finding {
	size_t line; /* 0: the file as a whole */
	enum severity severity;
	char *id;
	const char *rule;
	char *cure; /* translated */
	char *what;
};

/* The entry of an ID as the file has it. */
struct seen {
	bool here;
	bool faulty;       /* a fault of it has been reported: msgfmt's message about the same is left out */
	bool no_ascii;     /* its text has no ASCII form */
	bool other_script; /* because most of its letters are not Latin */
	uint32_t lost;     /* the first character without an ASCII form */
	size_t line;       /* of its text */
	const char *text;  /* its (first) form; NULL if a server would send the English text */
};

/* How a file is checked. */
struct lint_options {
	bool partial; /* entries may be missing */
	bool quiet;   /* count, but print nothing */
	enum lint_format format;
	bool continued; /* findings of other files have been printed */
};

struct lint {
	const char *path;
	struct lint_options options;
	bool own;           /* an operator's own texts (ftgate-local) */
	bool template;      /* a .pot: it has no language and no texts */
	char *language;     /* of the header, else of the path; NULL if neither has one */
	char *plural_forms; /* of the header; NULL if it has none */
	struct tally *tally;
	struct finding *findings;
	size_t count, room;
	enum ftg_audience audience; /* of the entry that is checked: part of its name in findings */
	struct seen seen[FTG_AUDIENCES][FTG_IDS];
};

/* Adds a finding; what is a printf format for one English or translated phrase without a full stop. */
__attribute__((format(printf, 6, 7))) void lint_add(
    struct lint *lint, size_t line, enum severity severity, const char *id, enum remark remark, const char *what, ...);

/* Adds a finding that a text, or the whole file, breaks a rule of the catalogue. */
void lint_refuse(struct lint *lint, size_t line, enum severity severity, const struct ftg_refusal *refusal);

/* Prints the findings, errors first, each kind in the order of lines, and frees them. */
void lint_report(struct lint *lint);

/* Prints the line of names of CSV, which precedes the findings of all files. */
void lint_print_names(void);

/* Checks a .po, or a compiled .mo. */
void lint_po(struct lint *lint);
void lint_mo(struct lint *lint);

/* Checks a file in a process of its own, so that a crash of the parser affects no other file. False with errno. */
bool lint_file(const char *path, const struct lint_options *options, struct tally *tally);

/* The language of the file, "" if it has none. */
const char *lint_language(const struct lint *lint);

#endif
