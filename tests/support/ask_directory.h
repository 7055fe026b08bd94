/* Asks a directory that answers before the question returns, by jobs that run in line, or after turns of a loop. */
#ifndef TESTS_SUPPORT_ASK_DIRECTORY_H
#define TESTS_SUPPORT_ASK_DIRECTORY_H

#include "port/directory.h"
#include "port/job.h"

/* Runs jobs in line, and counts them. */
extern struct executor ask_executor;
extern unsigned ask_jobs;

/* Runs one turn of the loop of a directory that answers later; NULL: it answers at once. */
extern void (*ask_turn)(void);

/* Where the mail of an address goes, lists expanded. */
struct ask_found {
	enum recipient_kind kind;
	struct domain domain;
	char local[ADDRESS_LOCAL_MAX + 1], language[DIRECTORY_LANGUAGE_SIZE], moved_to[ADDRESS_MAX + 1];
	enum posting_right post;
	bool member;
	size_t left_out;
	char left_out_names[EXPANSION_NAMES_SIZE];
	struct mailbox mailboxes[DIRECTORY_TARGETS_MAX];
	size_t count;
	struct expansion_target elsewhere[8];
	struct address lists[DIRECTORY_LISTS_MAX];
	size_t list_count;
	size_t elsewhere_count;
	char detail[DIRECTORY_DETAIL_SIZE];
};

/* Each fails the test unless the directory answers once. */
enum directory_verdict ask_recipient(
    struct directory *directory, const struct address *address, const char *sender, struct ask_found *found);
enum directory_verdict ask_domain(struct directory *directory, const char *name, struct domain *domain);
enum directory_verdict ask_client(struct directory *directory, const char *address, unsigned *access);
enum directory_verdict ask_sender(struct directory *directory, struct sender_question *question);
enum directory_verdict ask_members(struct directory *directory, struct members_question *question);
enum directory_verdict ask_login(struct directory *directory, const char *name, struct account *account);

#endif
