/* The replies: their table, a reply as a value, and the one function that turns a value into bytes. */
#ifndef FTGATE_REPLY_H
#define FTGATE_REPLY_H

#include <stdbool.h>
#include <stddef.h>

#include <ftgate/version.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Every reply by its published ID, in the order of the published page; FTG_IDS is their number. */
enum ftg_id {
#define REPLY(id, ...) id,
#include <ftgate/replies.def>
#undef REPLY
	FTG_IDS
};

/*
 * Who sends a reply. MAILBOX and SECPOL rows are reasons: an argument of another reply and a word in the log. DSN rows
 * are words of the notices that tell senders what has become of their mail (RFC 3464).
 */
enum ftg_service { FTG_MAILBOX, FTG_SECPOL, FTG_SMTP, FTG_POP3, FTG_DSN };

/* The two sets of codes: as published, or as RFC 5321, 2034, 3463, 5248, 4954 and 3206 ask. */
enum ftg_profile { FTG_PUBLISHED, FTG_STRICT, FTG_PROFILES };

/* What an argument is; it decides how long it may get and what it is cleaned of. */
enum ftg_arg_kind {
	FTG_ARG_NONE,
	FTG_ARG_BANNER,    /* host name, then ESMTP for SMTP (RFC 5321 4.2) */
	FTG_ARG_PATH,      /* a reverse-path without its brackets; may be empty */
	FTG_ARG_ADDRESS,   /* a mailbox, as the client wrote it */
	FTG_ARG_IP,        /* an IPv4 or IPv6 address */
	FTG_ARG_TEXT,      /* somebody else's words */
	FTG_ARG_REASON,    /* the ID of a MAILBOX or SECPOL row, rendered in the reply's language */
	FTG_ARG_COUNT,     /* a number; chooses the plural form */
	FTG_ARG_CHALLENGE, /* base64 (RFC 4954 section 4) */
	FTG_ARG_NAME,      /* the name of a domain or of a server, or its address */
	FTG_ARG_TAG,       /* a language tag (RFC 6856 3.2): it stands in front of the text, which cannot place it */
	FTG_ARG_TIMESTAMP, /* "<1896.697@host>" (RFC 1939 7): it follows the reference; no text: the reference ends the line */
	FTG_ARG_KINDS
};

enum {
	FTG_ARGS_MAX = 2,
	FTG_LINE_MAX = 512,   /* octets of a reply line with its CRLF (RFC 5321 4.5.3.1.5, RFC 2449 4) */
	FTG_REPLY_MAX = 6144, /* octets of the longest rendered reply, all its lines */
};

/* A code as it stands on the wire: "250" and "2.1.0", "-ERR" and "[AUTH]"; "" where there is none. */
struct ftg_code {
	const char *reply;
	const char *status;
};

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

/* Finds a row by its ID as text ("ERR_SMTP_OK", any case). Returns FTG_IDS where there is none. */
FTG_API enum ftg_id ftg_id_find(const char *name);

/* Octets that an argument of this kind may take on the wire; longer ones are cut at a character. */
FTG_API size_t ftg_arg_max(enum ftg_arg_kind kind);

/* A language of one catalogue: an index that ftg_catalog_find() gives. The built-in English is in every catalogue. */
typedef int ftg_lang;
#define FTG_ENGLISH 0

typedef struct ftg_catalog ftg_catalog;

/* One argument. The bytes are borrowed until the reply is rendered; they need no cleaning and may hold anything. */
struct ftg_arg {
	const char *text;
	size_t len;
	unsigned long number; /* FTG_ARG_COUNT: the count. FTG_ARG_REASON: the reason's enum ftg_id. */
};

/* A reply as a value: what is said, not yet how. */
struct ftg_reply {
	enum ftg_id id;
	struct ftg_arg arg[FTG_ARGS_MAX];
};

/* The four ways of saying something; written so that C++ takes them too. */
static inline struct ftg_reply
ftg_reply(enum ftg_id id)
{
	struct ftg_reply reply = { id, { { NULL, 0, 0 }, { NULL, 0, 0 } } };
	return reply;
}

static inline struct ftg_reply
ftg_reply_text(enum ftg_id id, const char *text, size_t len)
{
	struct ftg_reply reply = { id, { { text, len, 0 }, { NULL, 0, 0 } } };
	return reply;
}

static inline struct ftg_reply
ftg_reply_reason(enum ftg_id id, const char *text, size_t len, enum ftg_id reason)
{
	struct ftg_reply reply = { id, { { text, len, 0 }, { NULL, 0, reason } } };
	return reply;
}

static inline struct ftg_reply
ftg_reply_count(enum ftg_id id, unsigned long count)
{
	struct ftg_reply reply = { id, { { NULL, 0, count }, { NULL, 0, 0 } } };
	return reply;
}

/* The variables that an operator may use in any text: ${host}, ${client} and so on. ${ref} needs no value. */
enum ftg_var { FTG_VAR_HOST, FTG_VAR_CLIENT, FTG_VAR_SESSION, FTG_VAR_TIME, FTG_VAR_CONTACT, FTG_VAR_HELP, FTG_VARS };

/* The name of a variable as it stands between ${ and }. */
FTG_API const char *ftg_var_name(enum ftg_var var);

/*
 * Values of the variables; borrowed, need no cleaning, cut at 255 octets. NULL or "" is nothing, but for the host, which
 * is then "localhost". FTG_VAR_HELP is an URL that the reference is added to: ".../replies#" becomes ".../replies#4.46".
 */
struct ftg_vars {
	const char *value[FTG_VARS];
};

/* What a session may receive: FTG_ASCII is octets 0x20-0x7E; FTG_UTF8 needs POP3 LANG or UTF8 (RFC 6856) or XLANG. */
enum ftg_encoding { FTG_ASCII, FTG_UTF8, FTG_ENCODINGS };

/* In which words a session speaks. A copy is as good as the original. All zero speaks the published English. */
struct ftg_voice {
	const ftg_catalog *catalog; /* NULL: the built-in English under the published codes */
	ftg_lang language;          /* of this catalogue; one that it lacks is English */
	bool bilingual;             /* SMTP: the second language's text follows as further lines of the same reply */
	ftg_lang second;
	enum ftg_encoding encoding;
	const struct ftg_vars *vars; /* NULL: none */
};

/*
 * Renders a reply into buf, which must hold FTG_REPLY_MAX octets, and returns the number of octets written; no NUL is
 * added. Never fails, allocates, locks or waits. Whatever the catalogue and the arguments hold:
 *   - code, status and reference are those of the table, on each line that RFC 5321 4.2.1 and RFC 2034 4 ask for them;
 *   - no line is longer than FTG_LINE_MAX, but for a challenge (334), which RFC 4954 section 4 allows more. SMTP goes on
 *     in a further line; POP3 cuts the text, never the reference or the timestamp;
 *   - no octet is outside 0x20-0x7E under FTG_ASCII; never a control, a bidi control or bad UTF-8;
 *   - characters that the encoding cannot show stand as \x{HEX} in arguments (RFC 6533 section 3).
 * A timestamp that is not printable ASCII within one pair of angle brackets, or is over its limit, is left out.
 * The words of 220, 221 and 421 have the host in front of them (RFC 5321 4.2); the greeting's argument begins with it.
 * A language tag stands in front of the words, too (RFC 6856 3.2).
 * A MAILBOX or SECPOL row is rendered as a reason: "text (#m.nn)", or "#m.nn" without a text, and no line end. A DSN
 * row is its text alone.
 */
FTG_API size_t ftg_render(char *buf, const struct ftg_voice *voice, const struct ftg_reply *reply);

#ifdef __cplusplus
}
#endif

#endif
