/* Whether a message needs SMTPUTF8: its header is read in blocks. */
#include "relay/client/transport_entry.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

static struct transport_recipient bert = { .address = "bert@example.net" };

/* Is SMTPUTF8 needed for a file with these octets, of which the first are not sent? */
static bool
needs_utf8(const char *octets, size_t len, size_t local)
{
	int file = memfd_create("message", MFD_CLOEXEC);
	struct transport transport = { .sender = "anna@example.test",
		.recipients = &bert,
		.count = 1,
		.utf8 = true,
		.message = file,
		.local_prefix_len = local };
	cr_assert_eq(write(file, octets, len), len);
	bool needs = transport_needs_utf8(&transport);
	close(file);
	return needs;
}

/* A header of so many octets, lines of 64, then an empty line and a body in UTF-8. Returns the length of all. */
static size_t
write_message(char *to, size_t header)
{
	memset(to, 'x', header);
	for (size_t i = 63; i + 2 < header; i += 64)
		to[i] = '\n';
	to[header - 1] = '\n';
	return header + (size_t)sprintf(to + header, "\n\xC3\xA4\n\n\xC3\xA4\n");
}

Test(transport_entry, finds_the_end_of_a_header_wherever_blocks_end)
{
	static char octets[40000];
	for (size_t border = 4096; border <= 32768; border *= 2)
		for (size_t header = border - 4; header <= border + 4; header++)
			for (size_t local = 0; local < 3; local++) {
				size_t len = write_message(octets + local, header);
				cr_expect_not(needs_utf8(octets, local + len, local), "%zu", header);
				octets[local + header - 2] = '\xE4';
				cr_expect(needs_utf8(octets, local + len, local), "%zu", header);
			}
}

Test(transport_entry, header_may_be_empty_or_the_whole_message)
{
	cr_expect_not(needs_utf8("\n\xC3\xA4\n", 4, 0));
	cr_expect_not(needs_utf8("", 0, 0));
	cr_expect_not(needs_utf8("a: b\n", 5, 0));
	cr_expect(needs_utf8("a: \xC3\xA4\n", 6, 0));
	cr_expect(needs_utf8("a: b\nc: \xC3\xA4", 10, 0));
}
