/* What the log says of a certificate: that it is loaded, or not, and how long it is valid. */
#include "net/certificate.h"

#include <criterion/criterion.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "base/log/log.h"
#include "support/identity.h"

enum { DAY = 24 * 60 * 60, LOG_SIZE = 8192 };

static struct identity identity;
static int lines[2];

static void
set_up(void)
{
	cr_assert_eq(pipe2(lines, O_CLOEXEC | O_NONBLOCK), 0);
	log_open(lines[1], NULL);
}

static void
tear_down(void)
{
	identity_remove(&identity);
}

TestSuite(certificate, .init = set_up, .fini = tear_down);

/* What has been logged since the last call. */
static const char *
logged(void)
{
	static char text[LOG_SIZE];
	log_flush();
	ssize_t len = read(lines[0], text, sizeof text - 1);
	text[len > 0 ? len : 0] = '\0';
	return text;
}

static unsigned
count(const char *text, const char *word)
{
	unsigned number = 0;
	for (; (text = strstr(text, word)) != NULL; text += strlen(word))
		number++;
	return number;
}

static void
open_certificate(struct certificate *certificate, int days)
{
	identity_make(&identity, -40, days);
	const struct certificate_source source = { .file = identity.certificate, .key = identity.key };
	certificate_open(certificate, &source);
}

Test(certificate, warns_once_as_each_date_comes_near)
{
	static const struct {
		int days; /* before the end */
		const char *event, *rest;
	} steps[] = {
		{ 31, "", "" },
		{ 30, "event=certificate-expiring worker=0 ", " days=30 expires=" },
		{ 29, "", "" },
		{ 14, "event=certificate-expiring worker=0 ", " days=14 expires=" },
		{ 13, "", "" },
		{ 7, "event=certificate-expiring worker=0 ", " days=7 expires=" },
		{ 2, "", "" },
		{ 1, "event=certificate-expiring worker=0 ", " days=1 expires=" },
		{ 0, "event=certificate-expired worker=0 ", " expires=" },
		{ -1, "", "" },
	};
	struct certificate certificate;
	open_certificate(&certificate, 60);
	cr_expect_eq(count(logged(), "event=certificate-loaded"), 1);
	for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
		certificate_check(&certificate, certificate.expiry - (time_t)steps[i].days * DAY);
		certificate_check(&certificate, certificate.expiry - (time_t)steps[i].days * DAY);
		const char *text = logged();
		cr_expect_eq(count(text, "event="), *steps[i].event != '\0', "%d days: %s", steps[i].days, text);
		cr_expect_not_null(strstr(text, steps[i].event), "%d days: %s", steps[i].days, text);
		cr_expect_not_null(strstr(text, steps[i].rest), "%d days: %s", steps[i].days, text);
	}
	certificate_close(&certificate);
}

Test(certificate, warns_once_if_several_dates_have_passed)
{
	struct certificate certificate;
	open_certificate(&certificate, 5);
	logged();
	certificate_check(&certificate, certificate.expiry - 5 * DAY);
	const char *text = logged();
	cr_expect_eq(count(text, "event="), 1, "%s", text);
	cr_expect_eq(count(text, " days=5 "), 1, "%s", text);
	certificate_close(&certificate);
}

Test(certificate, warns_again_of_a_new_certificate_alone)
{
	struct certificate certificate;
	open_certificate(&certificate, 20);
	certificate_check(&certificate, certificate.expiry - 20 * DAY);
	logged();
	identity_write(identity.certificate, "no certificate");
	certificate_reload(&certificate);
	cr_expect_neq(certificate.expiry, 0, "the old one is in use");
	cr_expect_str_not_empty(certificate.error);
	cr_expect_eq(count(logged(), "event=certificate-kept"), 1);
	certificate_check(&certificate, certificate.expiry - 20 * DAY);
	cr_expect_str_empty(logged());
	certificate_close(&certificate);
}

Test(certificate, one_that_has_expired_is_used_at_the_start_and_logged)
{
	struct certificate certificate;
	open_certificate(&certificate, -1);
	cr_expect_not_null(certificate.context);
	cr_expect_str_empty(certificate.error);
	cr_expect_eq(count(logged(), "event=certificate-outdated"), 1);
	certificate_check(&certificate, certificate.expiry + DAY);
	cr_expect_eq(count(logged(), "event=certificate-expired"), 1);
	certificate_close(&certificate);
}

Test(certificate, one_that_was_never_loaded_says_why)
{
	struct certificate certificate;
	const struct certificate_source source = { .file = "/nonexistent.pem", .key = "/nonexistent.pem" };
	identity_make(&identity, -1, 1);
	certificate_open(&certificate, &source);
	cr_expect_null(certificate.context);
	cr_expect_eq(certificate.expiry, 0);
	cr_expect_str_eq(certificate.error, "certificate /nonexistent.pem: No such file or directory");
	cr_expect_eq(count(logged(), "event=certificate-failed"), 1);
	certificate_check(&certificate, 0);
	cr_expect_str_empty(logged());
	certificate_reload(&certificate);
	cr_expect_str_not_empty(certificate.error);
	cr_expect_eq(count(logged(), "event=certificate-failed"), 1);
	certificate_close(&certificate);
}
