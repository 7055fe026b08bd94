/* Finds what a text contains: references, IDs, the words of a reply, codes of other servers, words of the log. */
#ifndef MSG_FIND_H
#define MSG_FIND_H

#include "cmd/msg/msg.h"

enum hit_kind {
	HIT_REPLY,  /* a reply of the table */
	HIT_NONE,   /* a reference that no reply has: reference */
	HIT_STATUS, /* a reply of another server: status, code or both */
	HIT_WORD,   /* a word of the log: word */
};

struct hit {
	enum hit_kind kind;
	enum ftg_id id;
	unsigned reference;   /* 318 for #3.18 */
	char status[12];      /* an enhanced status code, "5.1.1" (RFC 3463); empty: none */
	char code[16];        /* a reply code, "550", or a response code of POP3, "[AUTH]"; empty: none */
	const char *server;   /* the software or service whose words these look to be; NULL: unknown */
	const char *language; /* tag of the catalogue whose words were found; NULL if a reference or an ID was */
	const struct log_word *word;
};

/* A word of man/ftgate-log.7. Static. */
struct log_word {
	const char *key;     /* "event", "key", or the key that has the word as its value */
	const char *name;    /* the word */
	const char *meaning; /* English, as in the page */
};

enum { HITS_MAX = 128 };

/* Each hit once, in the order of the text; after HITS_MAX the rest is left out. */
struct hits {
	size_t count;
	struct hit at[HITS_MAX];
};

/*
 * Finds references (#m.nn) and IDs in n octets of text. The last reference of a line counts; one that several replies share
 * is narrowed by the reply code before it, and one that a reply code of another class contradicts is not ours. If nothing is
 * found, quoted-printable is decoded, then broken lines are joined.
 */
void find_in_text(struct hits *hits, const char *text, size_t n);

/* Finds what one word names: an ID, "4.46", "#4.46", "(#4.46)", "4.46#", "5.1.1". False for any other word. */
bool find_word(struct hits *hits, const char *word);

struct foreign;

/*
 * Finds replies by their words, in every language of a catalogue, unless a code beside them contradicts. report: the codes in
 * the report of the same message (RFC 3464), or none.
 */
void find_by_words(
    struct hits *hits, const ftg_catalog *catalog, const struct foreign *report, const char *text, size_t n);

/* Finds words of the log: "cause=hops", "event=deferred", or, if word is true, a text that is one of its names. */
void find_log_words(struct hits *hits, const char *text, size_t n, bool word);

/*
 * Finds references in one short line of prose, without brackets or a code: "see #4.46", not "ticket #4.46". Only for a text in
 * which nothing else was found.
 */
void find_mentions(struct hits *hits, const char *text, size_t n);

/* Adds a hit, unless it is there already or hits is full. */
void hits_add(struct hits *hits, const struct hit *hit);

/* Whether the code ("550", "-ERR") is a word of its own in text[0..n). */
bool find_code(const char *code, const char *text, size_t n);

#endif
