/* The replies: their table, a reply as a value, and the function that turns a value into octets. */
#ifndef FTGATE_REPLY_H
#define FTGATE_REPLY_H

#include <stdbool.h>
#include <stddef.h>

#include <ftgate/version.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The IDs of all replies, in the order of the published page; FTG_IDS is their number. A later library can have more, behind
 * these: what is not below FTG_IDS is no ID that the program knows.
 */
enum ftg_id {
#define REPLY(id, ...) id,
#include <ftgate/replies.def>
#undef REPLY
	FTG_IDS
};

/*
 * Which service sends a reply. MAILBOX and SECPOL rows are reasons: an argument of another reply, and a word in the log.
 * DSN rows are words of delivery status notifications (RFC 3464).
 */
enum ftg_service { FTG_MAILBOX, FTG_SECPOL, FTG_SMTP, FTG_POP3, FTG_DSN };

/* The two sets of codes: as published, or as RFC 5321, 2034, 3463, 5248, 4954 and 3206 require. */
enum ftg_profile { FTG_PUBLISHED, FTG_STRICT, FTG_PROFILES };

/* The kind of an argument; it determines the greatest length and how the argument is cleaned. */
enum ftg_arg_kind {
	FTG_ARG_NONE,
	FTG_ARG_BANNER,    /* host name, then ESMTP for SMTP (RFC 5321 4.2) */
	FTG_ARG_PATH,      /* a reverse-path without its brackets; may be empty */
	FTG_ARG_ADDRESS,   /* a mailbox, as the client wrote it */
	FTG_ARG_IP,        /* an IPv4 or IPv6 address */
	FTG_ARG_TEXT,      /* words of a client, a peer or a service */
	FTG_ARG_REASON,    /* the ID of a MAILBOX or SECPOL row, rendered in the reply's language */
	FTG_ARG_COUNT,     /* a number; chooses the plural form */
	FTG_ARG_CHALLENGE, /* base64 (RFC 4954 section 4) */
	FTG_ARG_NAME,      /* the name of a domain or of a server, or its address */
	FTG_ARG_TAG,       /* a language tag (RFC 6856 3.2); always in front of the text, which cannot move it */
	FTG_ARG_TIMESTAMP, /* "<1896.697@host>" (RFC 1939 7); follows the reference; empty: the reference ends the line */
	FTG_ARG_KINDS
};

/* Limits of replies. */
enum ftg_limit {
	FTG_ARGS_MAX = 2,
	FTG_LINE_MAX = 512,   /* octets of a reply line with its CRLF (RFC 5321 4.5.3.1.5, RFC 2449 4) */
	FTG_REPLY_MAX = 6144, /* octets of the longest rendered reply, all its lines */
	FTG_LINK_MAX = 255,   /* octets of the longest rendered link */
};

/* A code as it is sent: "250" and "2.1.0", "-ERR" and "[AUTH]"; "" if there is none. */
struct ftg_code {
	const char *reply;
	const char *status;
};

/* A row of the table. */
struct ftg_row {
	const char *id;
	const char *ref; /* "#4.46" */
	enum ftg_service service;
	struct ftg_code code[FTG_PROFILES];
	enum ftg_arg_kind args[FTG_ARGS_MAX];
	const char *text[2]; /* English: singular, and plural or NULL */
};

/* The row of an ID; never NULL. The ID must be below FTG_IDS. */
FTG_API const struct ftg_row *ftg_row(enum ftg_id id);

/*
 * Finds an ID by its name ("ERR_SMTP_OK", in any case). Returns the number of replies that the library has if there is none:
 * FTG_IDS, or more if the program was compiled with an older library.
 */
FTG_API enum ftg_id ftg_id_find(const char *name);

/* The most octets that an argument of this kind takes on the wire; a longer one is cut between characters. */
FTG_API size_t ftg_arg_max(enum ftg_arg_kind kind);

/* A language of one catalogue: an index, as ftg_catalog_find() returns it. Every catalogue has the built-in English. */
typedef int ftg_lang;
#define FTG_ENGLISH 0

/* See ftgate/catalog.h. */
typedef struct ftg_catalog ftg_catalog;

/* One argument. text must be valid until the reply is rendered; it may contain any octets and need not be cleaned. */
struct ftg_arg {
	const char *text;
	size_t len;
	unsigned long number; /* FTG_ARG_COUNT: the count. FTG_ARG_REASON: the reason's enum ftg_id. */
};

/* A reply as a value: an ID and its arguments, not yet in a language. */
struct ftg_reply {
	enum ftg_id id;
	struct ftg_arg arg[FTG_ARGS_MAX];
};

/* A reply without arguments. This and the following also compile as C++. */
static inline struct ftg_reply
ftg_reply(enum ftg_id id)
{
	struct ftg_reply reply = { id, { { NULL, 0, 0 }, { NULL, 0, 0 } } };
	return reply;
}

/* A reply with one text, of len octets. */
static inline struct ftg_reply
ftg_reply_text(enum ftg_id id, const char *text, size_t len)
{
	struct ftg_reply reply = { id, { { text, len, 0 }, { NULL, 0, 0 } } };
	return reply;
}

/* A reply with a text and a reason, which is the ID of a MAILBOX or SECPOL row. */
static inline struct ftg_reply
ftg_reply_reason(enum ftg_id id, const char *text, size_t len, enum ftg_id reason)
{
	struct ftg_reply reply = { id, { { text, len, 0 }, { NULL, 0, reason } } };
	return reply;
}

/* A reply with a number. */
static inline struct ftg_reply
ftg_reply_count(enum ftg_id id, unsigned long count)
{
	struct ftg_reply reply = { id, { { NULL, 0, count }, { NULL, 0, 0 } } };
	return reply;
}

/* The variables that a text may use: ${host}, ${client} and so on. ${ref} needs no value. */
enum ftg_var { FTG_VAR_HOST, FTG_VAR_CLIENT, FTG_VAR_SESSION, FTG_VAR_TIME, FTG_VAR_CONTACT, FTG_VAR_HELP, FTG_VARS };

/* The name of a variable, as between ${ and }. */
FTG_API const char *ftg_var_name(enum ftg_var var);

/*
 * Values of the variables. They must be valid while replies are rendered, need not be cleaned, and are cut at 255 octets.
 * NULL or "" is an empty value; an empty host becomes "localhost". FTG_VAR_HELP is the URL of a page about the reply:
 * {lang} in it becomes the tag of the voice's language and {ref} the reference, ".../{lang}.html#{ref}" for instance
 * ".../ja.html#4.46"; without either the reference is appended, ".../replies#4.46".
 */
struct ftg_vars {
	const char *value[FTG_VARS];
};

/* What a client can receive: FTG_ASCII is octets 0x20-0x7E; FTG_UTF8 needs POP3 LANG or UTF8 (RFC 6856), or XLANG. */
enum ftg_encoding { FTG_ASCII, FTG_UTF8, FTG_ENCODINGS };

/*
 * When a 4yz, 5yz or -ERR reply ends with the link FTG_VAR_HELP, unless its text contains the link: never; if the encoding
 * cannot show the voice's language, so that the text is in another one; or always.
 */
enum ftg_link { FTG_LINK_NEVER, FTG_LINK_FALLBACK, FTG_LINK_ALWAYS };

/* Clients to whom a text is spoken: all of them, or those who have logged in. Own texts only differ in it. */
enum ftg_audience { FTG_EVERYONE, FTG_USERS, FTG_AUDIENCES };

/* See ftgate/catalog.h. */
typedef struct ftg_text ftg_text;

/* In which words replies are rendered. Can be copied. All zero means the published English. */
struct ftg_voice {
	const ftg_catalog *catalog; /* NULL: the built-in English with the published codes */
	ftg_lang language;          /* of this catalogue; an unknown one is English */
	bool bilingual;             /* SMTP: the text of the second language follows as further lines of the reply */
	ftg_lang second;
	enum ftg_encoding encoding;
	enum ftg_link link;
	const struct ftg_vars *vars; /* NULL: none */
	enum ftg_audience audience;  /* whether own texts for users are spoken */
	int domain;                  /* of the catalogue, whose own texts are spoken first; 0: none */
	const ftg_text *text;        /* spoken in place of the text of its ID, in each language; NULL: none */
};

/*
 * Renders a reply into buf, which must have room for FTG_REPLY_MAX octets, and returns the number of octets written; no
 * NUL is added. Never fails, allocates, locks or waits. Whatever the catalogue and the arguments contain:
 *   - code, status and reference are those of the table, on each line where RFC 5321 4.2.1 and RFC 2034 4 require them;
 *   - no line is longer than FTG_LINE_MAX, except a challenge (334; RFC 4954 section 4 allows more). SMTP continues on
 *     another line; POP3 cuts the text, never the reference or the timestamp;
 *   - with FTG_ASCII no octet is outside 0x20-0x7E; there is never a control, invalid UTF-8, or a bidi control of a text or
 *     an argument. A text in UTF-8 that is written from right to left is put into an isolate (U+2067 and U+2069), on each
 *     line, and U+200E precedes the reference, so that it is displayed whole and last (Unicode Standard Annex 9);
 *   - a character of an argument that the encoding cannot show becomes \x{HEX} (RFC 6533 section 3).
 * A timestamp that is not printable ASCII within one pair of angle brackets, or is too long, is left out.
 * The words of 220, 221 and 421 follow the host (RFC 5321 4.2); the greeting's argument begins with it. A language tag
 * also precedes the words (RFC 6856 3.2).
 * A MAILBOX or SECPOL row is rendered as a reason: "text (#m.nn)", or "#m.nn" if it has no text, without a line end. A
 * DSN row is rendered as its text alone.
 */
FTG_API size_t ftg_render(char *buf, const struct ftg_voice *voice, const struct ftg_reply *reply);

/*
 * Renders the link alone that a reply ends with in this voice, for callers that give it a place of their own; they render the
 * reply with FTG_LINK_NEVER. buf must have room for FTG_LINK_MAX octets; no NUL is added. Returns the number of octets, 0 if
 * the reply has no link, or has it in its text.
 */
FTG_API size_t ftg_render_link(char *buf, const struct ftg_voice *voice, const struct ftg_reply *reply);

#ifdef __cplusplus
}
#endif

#endif
