/* Questions to policy services, and what is made of their answers. */
#include "port/policy_service.h"

#include <criterion/criterion.h>
#include <criterion/parameterized.h>
#include <stdio.h>
#include <string.h>

#include "support/fake_policy_service.h"

static struct service_request request;

static const char *
text_of(struct service_request *from)
{
	cr_assert_lt(from->len, sizeof from->text);
	from->text[from->len] = '\0';
	return from->text;
}

Test(policy_service, question_ends_with_an_empty_line)
{
	service_put(&request, "request", "smtpd_access_policy");
	service_put(&request, "sasl_username", NULL);
	service_put_number(&request, "size", 18446744073709551615ULL);
	service_put_octets(&request, "recipient", "anna@example.org>", 16);
	cr_expect(service_end(&request));
	cr_expect_str_eq(text_of(&request),
	    "request=smtpd_access_policy\nsasl_username=\nsize=18446744073709551615\nrecipient=anna@example.org\n\n");
}

Test(policy_service, a_value_cannot_end_its_line)
{
	static const char hostile[] = "mx\n\nrequest=junk\r\n\0\x1b[2J\x7f\xff\xc3\xa4\xc3";
	service_put_octets(&request, "helo_name", hostile, sizeof hostile - 1);
	cr_expect(service_end(&request));
	cr_expect_str_eq(text_of(&request), "helo_name=mx??request=junk????[2J??\xc3\xa4?\n\n");
}

Test(policy_service, oversized_question_is_not_sent)
{
	static char value[SERVICE_REQUEST_MAX];
	memset(value, 'x', sizeof value);
	service_put_octets(&request, "helo_name", value, SERVICE_REQUEST_MAX - sizeof "helo_name=\n");
	cr_expect(service_end(&request), "just as much as fits");
	request = (struct service_request) { 0 };
	service_put_octets(&request, "helo_name", value, SERVICE_REQUEST_MAX - sizeof "helo_name=");
	cr_expect_not(service_end(&request));
	cr_expect_leq(request.len, sizeof request.text);
}

struct case_of_answer {
	char said[120];
	enum service_action action;
	bool spf;
	char text[80];
};

ParameterizedTestParameters(policy_service, answers_mean_what_access_5_says)
{
	static struct case_of_answer cases[] = {
		{ "action=DUNNO\n\n", SERVICE_PASS, false, "" },
		{ "action=dunno\r\n\r\n", SERVICE_PASS, false, "" },
		{ "action=OK\n\n", SERVICE_PASS, false, "" },
		{ "action=12345\n\n", SERVICE_PASS, false, "" },
		{ "action=permit\n", SERVICE_PASS, false, "" },
		{ "action=REJECT\n\n", SERVICE_REJECT, false, "" },
		{ "action=REJECT  go away \n\n", SERVICE_REJECT, false, "go away" },
		{ "action=reject 5.7.1 go away\n\n", SERVICE_REJECT, false, "go away" },
		{ "action=550 5.7.23 not authorized\n\n", SERVICE_REJECT, true, "not authorized" },
		{ "action=550 5.7.230 not authorized\n\n", SERVICE_REJECT, false, "not authorized" },
		{ "action=554\n\n", SERVICE_REJECT, false, "" },
		{ "action=450 4.7.1 later\n\n", SERVICE_DEFER, false, "later" },
		{ "action=421 4.7 later\n\n", SERVICE_DEFER, false, "4.7 later" },
		{ "action=250 2.0.0 fine\n\n", SERVICE_PASS, false, "2.0.0 fine" },
		{ "action=DEFER_IF_PERMIT Greylisted\n\n", SERVICE_DEFER, false, "Greylisted" },
		{ "action=DEFER\n\n", SERVICE_DEFER, false, "" },
		{ "action=DEFER_IF_REJECT no\n\n", SERVICE_UNKNOWN, false, "DEFER_IF_REJECT no" },
		{ "action=HOLD me\n\n", SERVICE_UNKNOWN, false, "HOLD me" },
		{ "action=FILTER smtp:[127.0.0.1]\n\n", SERVICE_UNKNOWN, false, "FILTER smtp:[127.0.0.1]" },
		{ "action=WARN odd\n\n", SERVICE_WARN, false, "odd" },
		{ "action=PREPEND X-A: b\tc\n\n", SERVICE_PREPEND, false, "X-A: b c" },
		{ "note=1\naction=REJECT\nmore=2\n\naction=OK\n\n", SERVICE_REJECT, false, "" },
		{ "action=REJECT \x1b[2J \xff \xc3\xa4\n\n", SERVICE_REJECT, false, "?[2J ? \xc3\xa4" },
		{ "action=\n\n", SERVICE_FAILED, false, "an action without a name" },
		{ "action=  \n\n", SERVICE_FAILED, false, "an action without a name" },
		{ "actions=OK\n\n", SERVICE_FAILED, false, "no action in the answer" },
		{ "\naction=OK\n\n", SERVICE_FAILED, false, "no action in the answer" },
		{ "HTTP/1.1 400 Bad Request\n\n", SERVICE_FAILED, false, "no action in the answer" },
		{ "", SERVICE_FAILED, false, "no action in the answer" },
	};
	return cr_make_param_array(struct case_of_answer, cases, sizeof cases / sizeof *cases);
}

ParameterizedTest(struct case_of_answer *is, policy_service, answers_mean_what_access_5_says)
{
	struct service_answer answer;
	service_answer_read(&answer, is->said, strlen(is->said));
	cr_expect_eq(answer.action, is->action, "%s: %d", is->said, answer.action);
	cr_expect_eq(answer.spf, is->spf, "%s", is->said);
	cr_expect_str_eq(answer.text, is->text, "%s", is->said);
}

Test(policy_service, long_words_are_cut_at_a_character)
{
	struct service_answer answer;
	char said[2 * SERVICE_TEXT_SIZE] = "action=REJECT x";
	for (size_t len = strlen(said); len < sizeof said - 3; len += 2)
		memcpy(said + len, "\xc3\xa4", 3);
	service_answer_read(&answer, said, strlen(said));
	cr_expect_eq(strlen(answer.text), SERVICE_TEXT_SIZE - 1, "%zu", strlen(answer.text));
	cr_expect_eq(answer.text[SERVICE_TEXT_SIZE - 2], '\xa4');
}

static unsigned ended;

static void
count_end(struct service_question *question)
{
	ended += question->answer.action == SERVICE_DEFER;
}

Test(policy_service, fake_answers_on_demand)
{
	struct fake_policy_service fake;
	struct service_question first = { .request = &request, .done = count_end }, second = first;
	fake_policy_service_open(&fake, "fake");
	fake.answer = "action=DEFER\n\n";
	service_put(&request, "request", "smtpd_access_policy");
	fake.service.ask(&fake.service, &first);
	cr_expect_eq(ended, 1);
	fake.late = true;
	fake.service.ask(&fake.service, &first);
	fake.service.ask(&fake.service, &second);
	cr_expect_eq(ended, 1);
	fake_policy_service_answer(&fake);
	cr_expect_eq(ended, 3);
	cr_expect_str_eq(fake.asked, "request=smtpd_access_policy\n");
}
