/* What a record of SPF says of several addresses, with the records that it includes. */
#include "cmd/ctl/check/spf_walk.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MX_MAX = 10 /* of an mx term (RFC 7208 section 4.6.4) */ };

/* Which addresses a term matches, and of which nothing can be said. */
struct match {
	bool yes[CHECK_ADDRESSES_MAX], unsure[CHECK_ADDRESSES_MAX];
};

static void
fail(struct spf_walk *walk, enum spf_fault fault, const char *name)
{
	if (walk->fault != SPF_SOUND)
		return;
	walk->fault = fault;
	snprintf(walk->culprit, sizeof walk->culprit, "%.*s", DNS_NAME_MAX, name);
}

static const struct lookup *
ask(struct spf_walk *walk, enum resolver_type type, const char *name)
{
	const struct lookup *found = answers_get(&walk->check->answers, type, name);
	if (found->outcome == RESOLVER_FAILED)
		fail(walk, SPF_NOT_KNOWN, name);
	return found;
}

/* Do two addresses have the same prefix? */
static bool
is_within(const struct network *address, const struct network *other, unsigned bits)
{
	struct network a = *address, b = *other;
	network_widen(&a, bits);
	network_widen(&b, bits);
	return memcmp(a.octets, b.octets, NETWORK_OCTETS) == 0;
}

static void
match_network(const struct spf_walk *walk, const struct network *network, unsigned bits, struct match *match)
{
	const struct check_options *options = &walk->check->options;
	for (size_t i = 0; i < options->address_count; i++)
		if (network_is_ipv4(&options->addresses[i]) == network_is_ipv4(network) &&
		    is_within(&options->addresses[i], network, bits))
			match->yes[i] = true;
}

/* The addresses of a host, with the prefixes of the term. Returns how many it has. */
static size_t
match_host(struct spf_walk *walk, const struct spf_term *term, const char *host, struct match *match)
{
	answers_want(&walk->check->answers, RESOLVER_A, host);
	answers_want(&walk->check->answers, RESOLVER_AAAA, host);
	const struct lookup *ipv4 = ask(walk, RESOLVER_A, host), *ipv6 = ask(walk, RESOLVER_AAAA, host);
	for (size_t i = 0; i < ipv4->count; i++)
		match_network(walk, &ipv4->addresses[i], NETWORK_IPV4_BITS + term->bits_ipv4, match);
	for (size_t i = 0; i < ipv6->count; i++)
		match_network(walk, &ipv6->addresses[i], term->bits_ipv6, match);
	return ipv4->count + ipv6->count;
}

static void
match_mx(struct spf_walk *walk, const struct spf_term *term, const char *name, struct match *match)
{
	const struct lookup *mx = ask(walk, RESOLVER_MX, name);
	walk->voids += mx->count == 0;
	for (size_t i = 0; i < mx->count && i < MX_MAX; i++) {
		answers_want(&walk->check->answers, RESOLVER_A, mx->texts[i]);
		answers_want(&walk->check->answers, RESOLVER_AAAA, mx->texts[i]);
	}
	for (size_t i = 0; i < mx->count && i < MX_MAX && walk->fault == SPF_SOUND; i++)
		if (*mx->texts[i] != '\0')
			(void)match_host(walk, term, mx->texts[i], match);
}

static void
match_all(const struct spf_walk *walk, bool marks[CHECK_ADDRESSES_MAX])
{
	for (size_t i = 0; i < walk->check->options.address_count; i++)
		marks[i] = true;
}

/* An included record matches if it lets the address pass. */
static void
match_included(struct spf_walk *walk, const char *name, struct match *match)
{
	struct spf_result results[CHECK_ADDRESSES_MAX] = { 0 };
	spf_walk(walk, name, results);
	for (size_t i = 0; i < walk->check->options.address_count; i++) {
		match->yes[i] = results[i].qualifier == '+';
		match->unsure[i] = results[i].is_unsure;
	}
}

static void
match_term(struct spf_walk *walk, const struct spf_term *term, const char *domain, struct match *match)
{
	const char *name = term->domain[0] != '\0' ? term->domain : domain;
	if (term->has_macro || term->kind == SPF_PTR) {
		walk->uses_ptr = walk->uses_ptr || term->kind == SPF_PTR;
		match_all(walk, match->unsure);
		return;
	}
	switch (term->kind) {
	case SPF_ALL: match_all(walk, match->yes); break;
	case SPF_INCLUDE: match_included(walk, name, match); break;
	case SPF_A: walk->voids += match_host(walk, term, name, match) == 0; break;
	case SPF_MX: match_mx(walk, term, name, match); break;
	case SPF_EXISTS:
		if (ask(walk, RESOLVER_A, name)->count > 0)
			match_all(walk, match->yes);
		else
			walk->voids++;
		break;
	case SPF_IP4:
	case SPF_IP6: match_network(walk, &term->network, term->network.bits, match); break;
	default: break;
	}
}

static void
settle(const struct spf_walk *walk, const struct match *match, char qualifier, struct spf_result results[])
{
	for (size_t i = 0; i < walk->check->options.address_count; i++) {
		if (results[i].qualifier != 0)
			continue;
		if (match->yes[i])
			results[i].qualifier = qualifier;
		else if (match->unsure[i])
			results[i].is_unsure = true;
	}
}

/* Each lookup is counted before it is made, which bounds the work and the depth, too. */
static bool
may_go_on(struct spf_walk *walk, const struct spf_term *term, const char *name)
{
	if (walk->fault == SPF_SOUND && spf_needs_lookup(term) && ++walk->lookups > SPF_LOOKUPS_MAX)
		fail(walk, SPF_TOO_MANY_LOOKUPS, name);
	return walk->fault == SPF_SOUND;
}

/* The terms behind "all", and redirect beside it, are ignored (RFC 7208 sections 5.1 and 6.1). */
static void
walk_terms(struct spf_walk *walk, const struct spf_record *record, const char *name, struct spf_result results[])
{
	const struct spf_term *redirect = NULL;
	for (size_t i = 0; i < record->count; i++) {
		const struct spf_term *term = &record->terms[i];
		struct match match = { 0 };
		if (term->kind == SPF_REDIRECT)
			redirect = term;
		if (term->kind == SPF_REDIRECT || term->kind == SPF_OTHER)
			continue;
		if (!may_go_on(walk, term, name))
			return;
		match_term(walk, term, name, &match);
		settle(walk, &match, term->qualifier, results);
		if (term->kind == SPF_ALL)
			return;
	}
	if (redirect == NULL || !may_go_on(walk, redirect, name))
		return;
	if (!redirect->has_macro) {
		spf_walk(walk, redirect->domain, results);
		return;
	}
	struct match match = { 0 };
	match_all(walk, match.unsure);
	settle(walk, &match, '?', results);
}

void
spf_walk(struct spf_walk *walk, const char *name, struct spf_result results[CHECK_ADDRESSES_MAX])
{
	size_t at, len;
	struct policy_texts texts = check_policy_texts(walk->check, name, "v=spf1");
	struct spf_record *record = malloc(sizeof *record);
	if (record == NULL || texts.outcome == RESOLVER_FAILED) {
		fail(walk, SPF_NOT_KNOWN, name);
	} else if (texts.count != 1) {
		fail(walk, SPF_NO_RECORD, name);
	} else if (texts.len >= RESOLVER_TEXT_MAX) {
		fail(walk, SPF_TOO_LONG, name);
	} else if (spf_parse(record, texts.text, texts.len, &at, &len)) {
		walk_terms(walk, record, name, results);
	} else {
		fail(walk, SPF_MALFORMED, name);
		walk->term = texts.text + at;
		walk->term_len = len;
	}
	free(record);
}
