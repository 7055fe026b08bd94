/* The message of a list: its identifier, its sender, its fields, and who does not get it. */
#include "smtp/list_message.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static struct list_messages *messages;

static void
free_messages(void)
{
	list_messages_free(messages);
	messages = NULL;
}

TestSuite(list_message, .fini = free_messages);

static struct list_message *
list_of(const char *local, const char *domain)
{
	struct address list = { .null = false };
	snprintf(list.local, sizeof list.local, "%s", local);
	snprintf(list.domain, sizeof list.domain, "%s", domain);
	return list_messages_add(&messages, &list);
}

Test(list_message, identifier_is_a_dot_atom_of_ascii_and_tells_lists_apart)
{
	static const char *const names[][2] = {
		{ "staff", "staff.d.example" },
		{ "first.last-x_y+z", "first.last-x_y+z.d.example" },
		{ "a b", "a=20b.d.example" },
		{ "a=20b", "a=3D20b.d.example" },
		{ "gr\xC3\xBC\xC3\x9F"
		  "e",
		    "gr=C3=BC=C3=9Fe.d.example" },
		{ ".a", "=2Ea.d.example" },
		{ "a..b", "a=2E=2Eb.d.example" },
		{ "<\">@(", "=3C=22=3E=40=28.d.example" },
	};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		cr_expect_str_eq(list_of(names[i][0], "d.example")->id, names[i][1]);
}

Test(list_message, identifier_that_would_be_too_long_is_left_out)
{
	char local[ADDRESS_LOCAL_MAX + 1] = "", domain[ADDRESS_DOMAIN_MAX + 1] = "";
	memset(local, ' ', ADDRESS_LOCAL_MAX);
	memset(domain, 'd', 62);
	cr_expect_eq(strlen(list_of(local, domain)->id), LIST_ID_MAX);
	memset(domain, 'd', 63);
	struct list_message *list = list_of(local, domain);
	cr_expect_str_eq(list->id, "");
	cr_expect_not(list_message_has_id(list, "", 0));
	cr_expect_not(list_message_has_id(list, "<>", 2));
	cr_assert(list_message_write(list, "x@y.example", false));
	for (size_t i = 0; i < list->edits.added_count; i++)
		cr_expect_neq(strncmp(list->edits.added[i].text, "List-Id", 7), 0);
}

static bool
has_id(const char *value)
{
	return list_message_has_id(messages->all[0], value, strlen(value));
}

Test(list_message, identifier_is_found_behind_a_phrase_in_any_case)
{
	list_of("all", "d.example");
	cr_expect(has_id("<all.d.example>"));
	cr_expect(has_id("\"<x>\" ALL <All.D.Example>"));
	cr_expect(has_id("all.d.example"));
	cr_expect(has_id("<all.d.example"));
	cr_expect_not(has_id("<all.d.example.>"));
	cr_expect_not(has_id("<ll.d.example>"));
	cr_expect_not(has_id("<all.d.example> <b>"));
	cr_expect_not(has_id(""));
	cr_expect_not(has_id("<"));
	cr_expect_not(has_id(">all.d.example<"));
}

Test(list_message, sender_is_an_address_that_every_server_takes)
{
	char text[ADDRESS_TEXT_SIZE];
	struct address list = { .local = "gr\xC3\xBC\xC3\x9F"
		                         "e",
		.domain = "d.example" };
	list_message_sender(text, &list, true);
	cr_expect_str_eq(text,
	    "gr\xC3\xBC\xC3\x9F"
	    "e-bounces@d.example");
	list_message_sender(text, &list, false);
	cr_expect_str_eq(text, "postmaster@d.example");
	memset(list.local, 'a', 57);
	list.local[57] = '\0';
	list_message_sender(text, &list, true);
	cr_expect_str_eq(text, "postmaster@d.example");
	list.local[56] = '\0';
	list_message_sender(text, &list, true);
	cr_expect_eq(strlen(text), strlen("@d.example") + ADDRESS_LOCAL_MAX);
}

Test(list_message, fields_are_one_set_and_octets_beyond_ascii_are_encoded)
{
	struct list_message *list = list_of("gr\xC3\xBC\xC3\x9F"
	                                    "e",
	    "d.example");
	cr_assert(list_message_write(list, "", false));
	cr_assert_eq(list->edits.added_count, 3, "Delivered-To would need UTF-8");
	cr_expect_str_eq(list->edits.added[0].text, "List-Id: <gr=C3=BC=C3=9Fe.d.example>\n");
	cr_expect_str_eq(list->edits.added[1].text, "List-Post: <mailto:gr%C3%BC%C3%9Fe@d.example>\n");
	cr_expect_str_eq(list->edits.added[2].text, "Precedence: list\n");
	cr_expect_eq(list->edits.removed_count, 3);
	list = list_of("gr\xC3\xBC\xC3\x9F"
	               "e",
	    "d.example");
	cr_assert(list_message_write(list, "", true));
	cr_expect_str_eq(list->edits.added[0].text,
	    "Delivered-To: gr\xC3\xBC\xC3\x9F"
	    "e@d.example\n");
}

Test(list_message, mailbox_that_is_not_alone_is_not_named)
{
	struct mailbox anna = { .address = "anna@d.example" }, bob = { .address = "bob@d.example" };
	struct list_message *list = list_of("all", "d.example");
	cr_assert(list_message_add(list, &anna));
	cr_assert(list_message_write(list, "all-bounces@d.example", false));
	cr_expect_str_eq(list->local, "Return-Path: <all-bounces@d.example>\nDelivered-To: anna@d.example\n");
	list = list_of("two", "d.example");
	cr_assert(list_message_add(list, &anna) && list_message_add(list, &bob));
	cr_assert(list_message_write(list, "", false));
	cr_expect_str_eq(list->local, "Return-Path: <>\n");
	list = list_of("none", "d.example");
	cr_assert(list_message_add_elsewhere(list, "x@far.example"));
	cr_assert(list_message_write(list, "none-bounces@d.example", false));
	cr_expect_str_eq(list->local, "");
}

static bool
is_named(const void *context, const char *address)
{
	return strstr(context, address) != NULL;
}

Test(list_message, members_who_are_named_are_removed_and_the_order_stays)
{
	struct list_message *list = list_of("all", "d.example");
	for (const char *name = "abcde"; *name != '\0'; name++) {
		struct mailbox mailbox = { 0 };
		snprintf(mailbox.address, sizeof mailbox.address, "%c@d.example", *name);
		cr_assert(list_message_add(list, &mailbox));
		cr_assert(list_message_add_elsewhere(list, mailbox.address));
	}
	list_message_remove(list, is_named, "a@d.example c@d.example e@d.example");
	cr_assert_eq(list->count, 2);
	cr_assert_eq(list->entry.count, 2);
	cr_expect_str_eq(list->mailboxes[0].address, "b@d.example");
	cr_expect_str_eq(list->mailboxes[1].address, "d@d.example");
	cr_expect_str_eq(list->entry.recipients[0].address, "b@d.example");
	cr_expect_str_eq(list->entry.recipients[1].address, "d@d.example");
}
