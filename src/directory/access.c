/* The verdict of the access lists on clients and senders. */
#include "directory/access.h"

#include <stdio.h>
#include <string.h>

#include "base/address/address_key.h"

/* Where a verdict goes: a set of kinds, and the text of the entry that refuses. */
struct verdict {
	unsigned *access;
	char *text;
};

enum { ABOUT_MAIL = ACCESS_REFUSED | ACCESS_BLACKLIST | ACCESS_PERMITTED };

/* Adds the entry of a wider network or domain, unless a smaller one has decided whether mail is permitted. */
static void
widen(struct verdict *verdict, const struct access_row *row)
{
	unsigned wider = row->kinds;
	if (*verdict->access & ABOUT_MAIL)
		wider &= ~(unsigned)ABOUT_MAIL;
	if (wider & (ACCESS_REFUSED | ACCESS_BLACKLIST))
		memcpy(verdict->text, row->text, sizeof row->text);
	*verdict->access |= wider;
}

static bool
ask_network(struct lookup *lookup, const struct network *network, struct verdict *verdict)
{
	struct access_row row;
	if (lookup->ops->network(lookup, network, &row) != DIRECTORY_FOUND)
		return false;
	widen(verdict, &row);
	return true;
}

/* Every network that can hold the address is asked for, so that the time does not grow with the list. */
enum directory_verdict
access_of_client(struct lookup *lookup, struct client_question *question)
{
	struct network network;
	struct verdict verdict = { &question->access, question->text };
	question->access = 0;
	question->text[0] = '\0';
	enum directory_verdict any = lookup->ops->any_network(lookup);
	if (any == DIRECTORY_FAILED)
		return DIRECTORY_FAILED;
	if (any != DIRECTORY_FOUND || !network_parse_address(&network, question->address))
		return DIRECTORY_FOUND;
	unsigned widest = network_is_ipv4(&network) ? NETWORK_IPV4_BITS : 0;
	for (unsigned bits = NETWORK_BITS;; bits--) {
		network_widen(&network, bits);
		if (!ask_network(lookup, &network, &verdict))
			return DIRECTORY_FAILED;
		if (bits == widest)
			return DIRECTORY_FOUND;
	}
}

static bool
ask_sender(struct lookup *lookup, const char *sender, struct verdict *verdict)
{
	struct access_row row;
	if (lookup->ops->sender(lookup, sender, &row) != DIRECTORY_FOUND)
		return false;
	widen(verdict, &row);
	return true;
}

enum directory_verdict
access_of_sender(struct lookup *lookup, struct sender_question *question)
{
	const struct address *address = &question->address;
	struct verdict verdict = { &question->access, question->text };
	char text[ADDRESS_MAX + 1], key[ADDRESS_LOCAL_MAX + 1];
	question->access = 0;
	question->text[0] = '\0';
	if (!address_key(key, address->local))
		return DIRECTORY_FAILED;
	snprintf(text, sizeof text, "%s@%s", key, address->domain);
	if (!ask_sender(lookup, text, &verdict))
		return DIRECTORY_FAILED;
	for (const char *domain = address->domain; domain != NULL && *domain != '\0';) {
		if (!ask_sender(lookup, domain, &verdict))
			return DIRECTORY_FAILED;
		domain = strchr(domain, '.');
		domain = domain == NULL ? NULL : domain + 1;
	}
	return DIRECTORY_FOUND;
}
