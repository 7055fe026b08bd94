/* Checks of catalogue files, for `ftgate-msg lint` and `stats`. */
#ifndef MSG_LINT_H
#define MSG_LINT_H

#include "msg.h"

enum {
	LINT_SIZE_MAX = 1024 * 1024, /* octets of a catalogue */
	LINT_FINDINGS_MAX = 1000,    /* of a file; further ones are counted, not printed */
};

/* The counts of a check of one file. */
struct tally {
	unsigned errors;
	unsigned warnings;
	unsigned translated; /* replies with a text that a server accepts */
	unsigned stale;      /* with a text for another English one */
	unsigned refused;    /* with a text that a server refuses */
	bool read;           /* its entries were looked at */
	bool done;           /* the check is complete */
};

enum severity { LINT_ERROR, LINT_WARNING, LINT_NOTE };

/* Findings in addition to the rules of the catalogue; the names and cures are in findings.c. */
enum remark {
	REMARK_MSGFMT,
	REMARK_HEADER,
	REMARK_LANGUAGE,
	REMARK_DOMAIN,
	REMARK_MISSING,
	REMARK_UNTRANSLATED,
	REMARK_FUZZY,
	REMARK_FLAG,
	REMARK_NUMBER,
	REMARK_DROPPED,
	REMARK_ASCII,
	REMARK_LONG,
	REMARK_SPACE,
	REMARK_SAME,
	REMARK_ALIKE,
	REMARKS
};

struct finding {
	size_t line; /* 0: the file as a whole */
	enum severity severity;
	char *id;
	const char *rule;
	const char *cure;
	char *what;
};

/* The entry of an ID as the file has it. */
struct seen {
	bool here;
	bool refused;     /* its text breaks a rule */
	bool faulty;      /* an error of it has been reported: msgfmt's message about the same is left out */
	bool no_ascii;    /* its text has no ASCII form */
	size_t line;      /* of its text */
	const char *text; /* its (first) form; NULL if a server would send the English text */
};

struct lint {
	const char *path;
	bool partial;   /* entries may be missing: an operator's own file */
	bool quiet;     /* count, but print nothing */
	bool template;  /* a .pot: it has no language and no texts */
	char *language; /* of the header, else of the path; NULL if neither has one */
	struct tally *tally;
	struct finding *findings;
	size_t count, room;
	struct seen seen[FTG_IDS];
};

/* Adds a finding; what is a printf format for one English or translated phrase without a full stop. */
__attribute__((format(printf, 6, 7))) void lint_add(
    struct lint *lint, size_t line, enum severity severity, const char *id, enum remark remark, const char *what, ...);

/* Adds an error: a text, or the whole file, breaks a rule of the catalogue. */
void lint_refuse(struct lint *lint, size_t line, const struct ftg_refusal *refusal);

/* Prints the findings in the order of lines, counts them, and frees them. */
void lint_report(struct lint *lint);

/* Checks a .po, or a compiled .mo. */
void lint_po(struct lint *lint);
void lint_mo(struct lint *lint);

/* Checks a file in a process of its own, so that a crash of the parser affects no other file. False with errno. */
bool lint_file(const char *path, bool partial, bool quiet, struct tally *tally);

#endif
