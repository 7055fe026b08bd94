/* The verdict of the access lists on clients and senders. */
#include "directory/sqlite/access.h"

#include <stdio.h>
#include <string.h>

#include "base/address_key.h"
#include "base/network.h"
#include "directory/sqlite/account.h"

/* Where a verdict goes: a set of kinds, and the text of the entry that refuses. */
struct verdict {
	unsigned *access;
	char *text;
};

enum { ABOUT_MAIL = ACCESS_REFUSED | ACCESS_BLACKLIST | ACCESS_PERMITTED };

/* Adds the entry of a wider network or domain, unless a smaller one has decided whether mail is permitted. */
static void
widen(struct verdict *verdict, unsigned wider, sqlite3_stmt *row)
{
	if (*verdict->access & ABOUT_MAIL)
		wider &= ~(unsigned)ABOUT_MAIL;
	if (wider & (ACCESS_REFUSED | ACCESS_BLACKLIST))
		sqlite_copy(verdict->text, DIRECTORY_TEXT_SIZE, row, 1);
	*verdict->access |= wider;
}

/* The kinds in the row of a query; false if it failed. */
static bool
read_kinds(struct reader *reader, enum query query, int result, struct verdict *verdict)
{
	sqlite3_stmt *row = reader_query(reader, query);
	if (result == SQLITE_ROW)
		widen(verdict, (unsigned)sqlite3_column_int(row, 0), row);
	reader_done(reader, query);
	return result == SQLITE_ROW;
}

static bool
ask_network(struct reader *reader, const struct network *network, struct verdict *verdict)
{
	sqlite3_stmt *statement = reader_query(reader, QUERY_NETWORK);
	if (statement == NULL)
		return false;
	sqlite3_bind_blob(statement, 1, network->octets, NETWORK_OCTETS, SQLITE_STATIC);
	sqlite3_bind_int(statement, 2, (int)network->bits);
	return read_kinds(reader, QUERY_NETWORK, reader_step(reader, QUERY_NETWORK), verdict);
}

/* Every network that can hold the address is asked for, so that the time does not grow with the list. */
enum directory_verdict
sqlite_access_client(struct reader *reader, struct client_question *question)
{
	struct network network;
	struct verdict verdict = { &question->access, question->text };
	question->access = 0;
	question->text[0] = '\0';
	int any = reader_ask(reader, QUERY_NETWORKS, NULL, NULL);
	reader_done(reader, QUERY_NETWORKS);
	if (any != SQLITE_ROW && any != SQLITE_DONE)
		return DIRECTORY_FAILED;
	if (any == SQLITE_DONE || !network_parse_address(&network, question->address))
		return DIRECTORY_FOUND;
	unsigned widest = network_is_ipv4(&network) ? NETWORK_IPV4_BITS : 0;
	for (unsigned bits = NETWORK_BITS;; bits--) {
		network_widen(&network, bits);
		if (!ask_network(reader, &network, &verdict))
			return DIRECTORY_FAILED;
		if (bits == widest)
			return DIRECTORY_FOUND;
	}
}

static bool
ask_sender(struct reader *reader, const char *sender, struct verdict *verdict)
{
	return read_kinds(reader, QUERY_SENDER, reader_ask(reader, QUERY_SENDER, sender, NULL), verdict);
}

enum directory_verdict
sqlite_access_sender(struct reader *reader, struct sender_question *question)
{
	const struct address *address = &question->address;
	struct verdict verdict = { &question->access, question->text };
	char text[ADDRESS_MAX + 1], key[ADDRESS_LOCAL_MAX + 1];
	question->access = 0;
	question->text[0] = '\0';
	if (!address_key(key, address->local))
		return DIRECTORY_FAILED;
	snprintf(text, sizeof text, "%s@%s", key, address->domain);
	if (!ask_sender(reader, text, &verdict))
		return DIRECTORY_FAILED;
	for (const char *domain = address->domain; domain != NULL && *domain != '\0';) {
		if (!ask_sender(reader, domain, &verdict))
			return DIRECTORY_FAILED;
		domain = strchr(domain, '.');
		domain = domain == NULL ? NULL : domain + 1;
	}
	return DIRECTORY_FOUND;
}
