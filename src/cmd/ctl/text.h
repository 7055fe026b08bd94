/* Shared by the commands of ftgatectl on the operator's own texts. */
#ifndef CMD_CTL_TEXT_H
#define CMD_CTL_TEXT_H

#include <ftgate/catalog.h>

#include "base/address/dns_name.h"
#include "cmd/ctl/ctl.h"
#include "port/texts.h"
#include "texts/check.h"
#include "texts/po_file.h"

enum { TEXT_REFUSED = 1, TEXT_PATH = 4096 };

/* The own texts of one language, as they are and as a command works on them. */
struct text_work {
	struct request *request;
	struct texts *texts;
	char locale[TEXT_PATH];  /* folder of the translations */
	char overlay[TEXT_PATH]; /* folder of the own texts */
	char language[FTG_TAG_MAX];
	char domain[DNS_NAME_SIZE]; /* whose texts they are, by its A-label; "": of the server */
	char *octets;               /* the source in use; "" if there is none */
	size_t len;
	struct po_file po; /* the same, parsed; empty if it has a fault */
	bool faulty;
	bool typed;        /* texts that are new are from the command line */
	const char *about; /* the msgctxt whose reply is printed, even if it has not changed; NULL: none */
};

/*
 * Opens the texts of the data folder; locks them if they are to be changed.
 * Returns an exit status, after it has printed its error.
 */
int text_open(struct text_work *work, struct request *request, bool change);

/* Sets the language, by any spelling of it, and reads its source. Returns the same. */
int text_use(struct text_work *work, const char *language);

/* Frees the source, so that another language can be used. */
void text_leave(struct text_work *work);

/* Frees what text_open() and text_use() made. */
void text_close(struct text_work *work);

/*
 * Prints the error of errno about what has this name, and returns the status. EREMOTEIO is an error of the database, which is
 * printed already: the status is then that of text_database_trouble().
 */
int text_fail(const struct request *request, int status, const char *name);

/*
 * After a change of own texts of a language: says that servers do not use those of English unless they are set to it. The
 * language in their environment is unknown here. Returns whether it has.
 */
bool text_note_english(const struct request *request, const char *language);

/* Whether there is a translation of a language in the folder, or a row in the table of languages. */
bool text_language_is_known(const char *locale, const char *name);

/* Writes the msgctxt of a reply for everyone, or for users: "ID" or "ID|user". */
enum { TEXT_CONTEXT_SIZE = 64 };
void text_context(char context[TEXT_CONTEXT_SIZE], enum ftg_id id, bool users);

/* Whether a domain, which need not be hosted, has own texts in the data folder of the request. */
bool text_domain_has_any(const struct request *request, const char *domain);

/* Whether an entry is for users. */
bool text_is_for_users(const struct po_item *item);

/* Finds a reply by ID or reference. Returns FTG_IDS after it has printed an error. */
enum ftg_id text_find_id(const char *word);

/* Writes the value of Plural-Forms for new texts of the language: that of its translation, else that of a table. */
void text_plural_forms(const struct text_work *work, char *value, size_t size);

/* The number of forms that a text with a plural has in the language. */
unsigned text_forms(const struct text_work *work);

/*
 * Checks a source, and puts it in the place of the one in use: both servers load it, and the
 * replies that changed are printed. file is its name in messages. Returns an exit status:
 * TEXT_REFUSED, after each refusal has been printed, if nothing was changed.
 */
int text_commit(struct text_work *work, const char *file, const char *octets, size_t len);

/* Checks a source as text_commit() does, and prints what is refused. Returns the same. */
int text_check(struct text_work *work, const char *file, const char *octets, size_t len);

/* Whether both sources have the same text for an entry of one of them, which the other has too. */
bool text_is_same(const struct po_file *other, const struct po_item *item);

/*
 * Has the running servers load the texts of the data folder, and prints what came of it. Returns an exit status. Texts of a
 * database are read by the servers themselves.
 */
int text_publish(const struct text_work *work);

/* Prints the replies of entries as clients get them now, in ASCII and in UTF-8, and how many own texts are in use. */
struct text_replies {
	const struct po_item *const *item;
	size_t count;
};
int text_print_replies(const struct text_work *work, const struct text_replies *replies);

/* Prints a record about a reply: its English, the own text, if item is not NULL, and the octets of both encodings. */
int text_print_reply_data(const struct text_work *work, enum ftg_id id, const struct po_item *item);

/* Warns of what is accepted but worth a look: too long for a line, an argument that is not shown, no ASCII form. */
void text_print_remarks(const struct text_work *work, const struct po_file *po, const struct po_item *item);

/*
 * Prints what lies among the texts and is not used, and languages that are not
 * known. Returns how much of the first there is.
 */
unsigned text_print_strays(struct texts *texts);

/* The same for the texts of the data folder, without what is used all the same. */
unsigned text_warn_strays(const struct request *request);

/*
 * Calls for each language, of the server (domain NULL) and of each domain that has own texts, whose source has texts
 * that its compiled form has not: with the file, and how many.
 */
typedef void text_edited_fn(void *context, const char *domain, const char *file, size_t count);
void text_each_edited(const struct request *request, text_edited_fn *call, void *context);

/* Prints the same as warnings. Returns how many languages there are. */
unsigned text_warn_edited(const struct request *request);

/* Prints "#4.28 ERR_SMTP_ADDRESS_UNKNOWN", with the class behind a "|" of its msgctxt, and a line feed. */
void text_print_name(const struct po_item *item);

/* Adds a cell with both English texts of a reply, or with one if plural is NULL. */
void text_put_english(struct table *table, const char *singular, const char *plural);

/* Prints the forms of a text, each on a line after a label. */
void text_print_forms(const char *label, const char *text, size_t len);

/*
 * The entries of both files whose texts differ: the function gets NULL for the
 * one that has none. Returns how many there are.
 */
typedef void text_difference_fn(void *context, const struct po_item *old, const struct po_item *new);
size_t text_compare(const struct po_file *old, const struct po_file *new, text_difference_fn *call, void *context);

/*
 * Reads the version that a command line names, NULL for the last one before the texts in use. The caller frees the
 * octets. Returns NULL with an exit status in *status, after it has printed an error.
 */
char *text_read_version(struct text_work *work, const char *word, size_t *len, int *status);

/* The commands. Each returns an exit status, after it has printed its error. */
int text_set(struct request *request);
int text_unset(struct request *request);
int text_edit(struct request *request);
int text_apply(struct request *request);

/* As above; these change nothing, but for text_revert(). */
int text_list(struct request *request);
int text_show(struct request *request);
int text_diff(struct request *request);
int text_history(struct request *request);
int text_revert(struct request *request);
int text_stale(struct request *request);

/* The commands on all texts of a database. */
int text_apply_folder(struct request *request);
int text_list_generations(struct request *request);
int text_revert_generation(struct request *request);

/* The commands on the servers that use them. */
int text_status(struct request *request);
int text_forget(struct request *request);

/*
 * Reads the own texts in the folder that the command line names, for
 * text_apply_folder(). Returns an exit status, after it has printed its error.
 */
int text_read_folder(struct request *request, const char *path);

#endif
