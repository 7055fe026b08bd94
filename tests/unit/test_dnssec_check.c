/* Whether the name servers validate by DNSSEC, as the check says it. */
#include "relay/client/dnssec_check.h"

#include <criterion/criterion.h>

#include "support/fake_resolver.h"

static struct fake_resolver resolver;
static struct stats_queue figures;
static struct dnssec_check check = { .resolver = &resolver.resolver, .figures = &figures };

static bool
is_missing(const char *answer)
{
	fake_resolver_open(&resolver);
	cr_assert(fake_resolver_tell(&resolver, answer));
	dnssec_check_ask(&check);
	cr_expect_eq(resolver.asked, 1);
	cr_expect_eq(figures.dnssec_missing, check.missing);
	return check.missing;
}

Test(dnssec_check, says_what_the_last_answer_said)
{
	cr_expect_not(is_missing("NS . failed"));
	cr_expect_not(is_missing("NS . secure a.root-servers.net"));
	cr_expect(is_missing("NS . a.root-servers.net"));
	cr_expect(is_missing("NS . failed"), "nothing is known");
	cr_expect(is_missing("NS . no-name"));
	cr_expect_not(is_missing("NS . secure a.root-servers.net"));
	cr_expect(is_missing("NS . no-data"));
}

Test(dnssec_check, warns_only_who_has_demanded_dane)
{
	check.figures = NULL;
	fake_resolver_open(&resolver);
	cr_assert(fake_resolver_tell(&resolver, "NS . a.root-servers.net"));
	dnssec_check_ask(&check);
	cr_expect(check.missing);
	cr_expect_not(figures.dnssec_missing);
}

Test(dnssec_check, asks_one_question_at_a_time)
{
	fake_resolver_open(&resolver);
	cr_assert(fake_resolver_tell(&resolver, "NS . secure a.root-servers.net"));
	resolver.late = true;
	dnssec_check_ask(&check);
	dnssec_check_ask(&check);
	cr_expect_eq(resolver.asked, 1);
	cr_assert(fake_resolver_run(&resolver));
	dnssec_check_ask(&check);
	cr_expect_eq(resolver.asked, 2);
	cr_assert(fake_resolver_run(&resolver));
	cr_expect_not(figures.dnssec_missing);
}
