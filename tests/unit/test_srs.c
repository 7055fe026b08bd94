/* Senders of forwarded mail: they lead back to the original sender, nobody else makes them, and secrets can be replaced. */
#include "session/srs.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/text/ascii.h"
#include "session/srs_file.h"
#include "support/folder.h"

enum { NOW = 1893456000, DAY = 86400 };

static struct srs_secrets secrets = { .list = { { .made = NOW, .octets = "a secret of 32 octets" } }, .count = 1 };
static const struct srs_secrets others = { .list = { { .made = NOW, .octets = "another one" } }, .count = 1 };
static struct address original;

static struct address
address(const char *text)
{
	struct address parsed;
	cr_assert_eq(address_parse(&parsed, text, strlen(text), false, true), ADDRESS_OK, "%s", text);
	return parsed;
}

static struct address
forward(const char *sender, const char *domain)
{
	struct address made = { .null = false }, from = address(sender);
	cr_expect_eq(srs_forward(&made, &secrets, &from, domain, NOW), SRS_OK, "%s", sender);
	return made;
}

/* The address that a local part leads back to, as it is written; "" if it does not. */
static const char *
back(const char *local, int64_t now)
{
	static char text[ADDRESS_TEXT_SIZE];
	text[0] = '\0';
	if (srs_reverse(&original, &secrets, local, now) == SRS_OK)
		address_write(text, original.local, original.domain);
	return text;
}

Test(srs, sender_is_in_the_local_part)
{
	struct address made = forward("anna@example.net", "alias.example");
	cr_expect_str_eq(made.domain, "alias.example");
	cr_expect_eq(strncmp(made.local, "SRS0=", 5), 0);
	cr_expect_str_eq(made.local + 5 + 6, "=M3=example.net=anna");
	cr_expect_str_eq(back(made.local, NOW), "anna@example.net");
}

Test(srs, leads_back_to_every_kind_of_sender)
{
	static const char *const senders[] = { "anna@example.net", "Anna.B+tag=x@example.net",
		"\"two words\"@example.net", "\"a=b@c\\\\\"@x", "j\xC3\xB6rg@xn--bcher-kva.example", "a@[192.0.2.1]",
		"a@[ipv6:2001:db8::1]", "srs0@x", "srs0x=a=b@x", "SRS1=nothing@x", "=@x",
		"bounce-1=bob=example.org@x" };
	for (size_t i = 0; i < sizeof senders / sizeof *senders; i++) {
		struct address made = forward(senders[i], "alias.example");
		char text[ADDRESS_TEXT_SIZE];
		struct address from = address(senders[i]);
		address_write(text, from.local, from.domain);
		cr_expect_str_eq(back(made.local, NOW), text);
	}
}

Test(srs, forwarded_again_it_leads_to_the_first_server)
{
	struct address first = forward("anna@example.net", "one.example");
	char text[ADDRESS_TEXT_SIZE], whole[ADDRESS_TEXT_SIZE];
	address_write(text, first.local, first.domain);
	struct address second = forward(text, "two.example");
	cr_expect_eq(strncmp(second.local, "SRS1=", 5), 0);
	cr_expect_str_eq(back(second.local, NOW), text);
	address_write(whole, second.local, second.domain);
	struct address third = forward(whole, "three.example");
	cr_expect_eq(strncmp(third.local, "SRS1=", 5), 0);
	cr_expect_eq(strlen(third.local), strlen(second.local), "it does not grow with each server");
	cr_expect_str_eq(back(third.local, NOW), text, "the second server is skipped");
}

Test(srs, other_separators_and_cases_of_other_servers_are_kept)
{
	struct address second = forward("srs0+h4Sh=AB=example.net=anna@one.example", "two.example");
	cr_expect_str_eq(back(second.local, NOW), "SRS0+h4Sh=AB=example.net=anna@one.example");
}

Test(srs, case_does_not_count)
{
	struct address made = forward("Anna@example.net", "alias.example");
	for (char *at = made.local; *at != '\0'; at++)
		*at = ascii_lower(*at);
	cr_expect_str_eq(back(made.local, NOW), "anna@example.net");
	for (char *at = made.local; *at != '\0'; at++)
		*at = ascii_upper(*at);
	cr_expect_str_eq(back(made.local, NOW), "ANNA@example.net");
}

Test(srs, expires)
{
	struct address made = forward("anna@example.net", "alias.example");
	cr_expect_eq(srs_reverse(&original, &secrets, made.local, NOW + (SRS_DAYS + 1) * DAY), SRS_EXPIRED);
	cr_expect_eq(srs_reverse(&original, &secrets, made.local, NOW + SRS_DAYS * DAY), SRS_OK);
	cr_expect_eq(srs_reverse(&original, &secrets, made.local, NOW - DAY), SRS_OK, "clocks of two servers");
	cr_expect_eq(srs_reverse(&original, &secrets, made.local, NOW - 2 * DAY), SRS_EXPIRED);
	cr_expect_eq(srs_reverse(&original, &secrets, made.local, NOW + 1024LL * DAY), SRS_OK, "the day has ten bits");
	secrets.count = 0;
	cr_expect_eq(srs_reverse(&original, &secrets, made.local, NOW), SRS_FORGED);
}

Test(srs, forged_ones_are_known)
{
	static const char *const forged[] = { "SRS0=", "SRS0==", "SRS0=AAAAAA=M3=example.net=anna", "SRS0=AAAA",
		"SRS0==M3=example.net=anna", "SRS0-AAAAAA=M3=example.net=anna", "SRS1=", "SRS1=AAAAAA=one.example==x",
		"SRS1=AAAAAA==", "SRS0=AAAAAA=M3=example.net", "srs0=\xFF\xFF\xFF\xFF\xFF\xFF=M3=example.net=anna" };
	static const char *const other[] = { "", "S", "SRS0", "SRS2=AAAAAA=M3=example.net=anna", "SRS0AAAAAA",
		"srs-list", "anna" };
	for (size_t i = 0; i < sizeof forged / sizeof *forged; i++)
		cr_expect_eq(srs_reverse(&original, &secrets, forged[i], NOW), SRS_FORGED, "%s", forged[i]);
	for (size_t i = 0; i < sizeof other / sizeof *other; i++)
		cr_expect_eq(srs_reverse(&original, &secrets, other[i], NOW), SRS_OTHER, "%s", other[i]);
}

/* Each octet of an address but those of the case counts. */
Test(srs, every_changed_octet_is_a_forgery)
{
	struct address first = forward("anna@example.net", "one.example");
	char text[ADDRESS_TEXT_SIZE];
	address_write(text, first.local, first.domain);
	struct address second = forward(text, "two.example");
	const struct address *const made[] = { &first, &second };
	for (size_t which = 0; which < 2; which++)
		for (size_t i = 5; made[which]->local[i] != '\0'; i++) {
			struct address changed = *made[which];
			changed.local[i] = changed.local[i] == '3' ? '4' : '3';
			cr_expect_eq(
			    srs_reverse(&original, &secrets, changed.local, NOW), SRS_FORGED, "%s", changed.local);
		}
	cr_expect_eq(srs_reverse(&original, &others, first.local, NOW), SRS_FORGED);
}

/* A hash of one address is none of another whose domain and local part make the same text together. */
Test(srs, fields_cannot_be_parted_anew)
{
	struct address made = forward("malice@example.co", "alias.example");
	char moved[ADDRESS_LOCAL_MAX + 1];
	snprintf(moved, sizeof moved, "%.12s=M3=example.com=alice", made.local);
	cr_expect_eq(srs_reverse(&original, &secrets, moved, NOW), SRS_FORGED);
	snprintf(moved, sizeof moved, "SRS1%.60s", made.local + 4);
	cr_expect_eq(srs_reverse(&original, &secrets, moved, NOW), SRS_FORGED, "a tag is signed, too");
}

Test(srs, long_senders_are_refused)
{
	char text[ADDRESS_TEXT_SIZE];
	for (size_t len = 1; len <= ADDRESS_LOCAL_MAX; len++) {
		struct address made, from;
		snprintf(text, sizeof text, "%.*s@example.net", (int)len,
		    "0123456789012345678901234567890123456789012345678901234567890123");
		from = address(text);
		enum srs_outcome outcome = srs_forward(&made, &secrets, &from, "alias.example", NOW);
		cr_expect_eq(outcome,
		    len + sizeof "SRS0=HHHHHH=TT=example.net=" - 1 <= ADDRESS_LOCAL_MAX ? SRS_OK : SRS_TOO_LONG);
		if (outcome == SRS_OK)
			cr_expect_str_eq(back(made.local, NOW), text);
	}
}

static unsigned long long state = 88172645463325252ULL;

static unsigned
draw(unsigned below)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (unsigned)(state >> 33) % below;
}

/* Octets that separate fields come often. */
static struct address
generate(void)
{
	static const char octets[] = "====+-..SRS01aZ9@\"\\ \xC3\xA9%!";
	struct address sender = { .null = false };
	size_t len = 1 + draw(48);
	for (size_t i = 0; i < len; i++)
		sender.local[i] = octets[draw(sizeof octets - 1)];
	snprintf(sender.domain, sizeof sender.domain, "%s", draw(2) == 0 ? "x" : "[192.0.2.1]");
	return sender;
}

Test(srs, generated_senders_come_back_and_no_forgery_does)
{
	unsigned whole = 0;
	for (unsigned i = 0; i < 20000; i++) {
		struct address sender = generate(), made, parsed;
		char text[ADDRESS_TEXT_SIZE];
		address_write(text, sender.local, sender.domain);
		if (address_parse(&parsed, text, strlen(text), false, true) != ADDRESS_OK)
			continue;
		cr_assert_neq(srs_reverse(&original, &secrets, sender.local, NOW), SRS_OK, "%s", sender.local);
		enum srs_outcome outcome = srs_forward(&made, &secrets, &sender, "alias.example", NOW);
		if (outcome == SRS_TOO_LONG)
			continue;
		cr_assert_eq(outcome, SRS_OK);
		cr_assert_eq(srs_reverse(&original, &secrets, made.local, NOW), SRS_OK, "%s", made.local);
		if (strncmp(made.local, "SRS0", 4) == 0)
			cr_assert(
			    strcmp(original.local, sender.local) == 0 && strcmp(original.domain, sender.domain) == 0);
		whole++;
	}
	cr_expect_gt(whole, 1000);
}

static struct srs srs;

static void
open_file(void)
{
	folder_make();
	cr_assert_eq(srs_open(&srs, ".", NULL, NOW), 0);
}

TestSuite(srs_file, .init = open_file, .fini = folder_remove);

Test(srs_file, is_made_once_for_its_owner)
{
	struct stat status;
	struct srs again;
	cr_assert_eq(stat(SRS_FILE, &status), 0);
	cr_expect_eq(status.st_mode & 07777, 0600);
	cr_expect_eq(srs.secrets.count, 1);
	cr_expect_eq(srs_open(&again, ".", "srs.example", NOW + 5), 0);
	cr_expect_arr_eq(again.secrets.list[0].octets, srs.secrets.list[0].octets, SRS_SECRET_LEN);
	cr_expect_str_eq(again.domain, "srs.example");
}

Test(srs_file, rotation_is_seen_and_the_former_secret_counts_for_a_while)
{
	struct address made, from = address("anna@example.net");
	size_t kept;
	int64_t later = NOW + 100LL * DAY;
	cr_assert_eq(srs_forward(&made, &srs.secrets, &from, "alias.example", later), SRS_OK);
	cr_expect_eq(srs_rotate(".", later, &kept), 0);
	cr_expect_eq(kept, 1);
	cr_expect_eq(srs.secrets.count, 1);
	cr_expect_eq(srs_refresh(&srs), 0);
	cr_assert_eq(srs.secrets.count, 2);
	cr_expect_eq(srs_reverse(&original, &srs.secrets, made.local, later + SRS_DAYS * DAY), SRS_OK);
	cr_expect_eq(srs_reverse(&original, &srs.secrets, made.local, later + SRS_LIFETIME), SRS_FORGED);
	cr_expect_eq(srs_rotate(".", later + SRS_LIFETIME, &kept), 0);
	cr_expect_eq(kept, 1, "that of the first day is gone");
}

Test(srs_file, too_many_rotations_are_refused)
{
	size_t kept;
	for (unsigned i = 1; i < SRS_SECRETS_MAX; i++)
		cr_assert_eq(srs_rotate(".", NOW + i, &kept), 0);
	cr_expect_eq(kept, SRS_SECRETS_MAX - 1);
	errno = 0;
	cr_expect_eq(srs_rotate(".", NOW + 100, &kept), -1);
	cr_expect_eq(errno, ENOSPC);
	cr_expect_eq(srs_refresh(&srs), 0);
	cr_expect_eq(srs.secrets.count, SRS_SECRETS_MAX);
}

static void
write_file(const char *text)
{
	FILE *file = fopen(SRS_FILE, "w");
	cr_assert_not_null(file);
	fputs(text, file);
	fclose(file);
}

Test(srs_file, damaged_file_is_not_read_and_not_replaced)
{
	static const char *const damaged[] = { "", "\n", "1 00\n", "x", "1893456000 ",
		"1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f",
		"1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1g\n",
		"1 000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f\nx" };
	struct srs again;
	size_t kept;
	for (size_t i = 0; i < sizeof damaged / sizeof *damaged; i++) {
		write_file(damaged[i]);
		errno = 0;
		cr_expect_eq(srs_open(&again, ".", NULL, NOW), -1, "%s", damaged[i]);
		cr_expect_eq(errno, EBADMSG, "%s", damaged[i]);
		cr_expect_eq(srs_rotate(".", NOW, &kept), -1);
		cr_expect_eq(srs_refresh(&srs), -1);
		cr_expect_eq(srs.secrets.count, 1, "the secrets that were read before");
	}
}
