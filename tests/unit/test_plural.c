/* Plural-Forms: the formulas in use, and expressions that mean harm. */
#include "catalog/plural.h"

#include <criterion/criterion.h>
#include <libintl.h>
#include <limits.h>
#include <locale.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/folder.h"
#include "support/mofile.h"

enum { COUNT_MAX = 2999, LIBINTL_COUNT_MAX = 2000 };

static bool
parses(struct plural *plural, const char *text)
{
	return plural_parse(plural, text, strlen(text));
}

static struct plural
rule(const char *text)
{
	struct plural plural;
	cr_assert(parses(&plural, text), "%s", text);
	return plural;
}

/* The formulas written as C. */
#define BETWEEN(x, from, to) ((x) >= (from) && (x) <= (to))
#define FORMULA(name, expression)                                                                                      \
	static unsigned long name(unsigned long n)                                                                     \
	{                                                                                                              \
		unsigned long d = n % 10, h = n % 100;                                                                 \
		(void)d, (void)h;                                                                                      \
		return (expression);                                                                                   \
	}
FORMULA(one_form, 0)
FORMULA(germanic, n != 1)
FORMULA(french, n > 1)
FORMULA(icelandic, d != 1 || h == 11)
FORMULA(macedonian, d == 1 && h != 11 ? 0 : 1)
FORMULA(latvian, d == 1 && h != 11 ? 0 : n != 0 ? 1 : 2)
FORMULA(lithuanian, d == 1 && h != 11 ? 0 : d >= 2 && (h < 10 || h >= 20) ? 1 : 2)
FORMULA(russian, d == 1 && h != 11 ? 0 : BETWEEN(d, 2, 4) && !BETWEEN(h, 10, 19) ? 1 : 2)
FORMULA(polish, n == 1 ? 0 : BETWEEN(d, 2, 4) && !BETWEEN(h, 10, 19) ? 1 : 2)
FORMULA(czech, n == 1 ? 0 : BETWEEN(n, 2, 4) ? 1 : 2)
FORMULA(romanian, n == 1 ? 0 : n == 0 || BETWEEN(h, 1, 19) ? 1 : 2)
FORMULA(irish_3, n == 1 ? 0 : n == 2 ? 1 : 2)
FORMULA(irish_5, n == 1 ? 0 : n == 2 ? 1 : BETWEEN(n, 3, 6) ? 2 : BETWEEN(n, 7, 10) ? 3 : 4)
FORMULA(slovenian, h == 1 ? 0 : h == 2 ? 1 : h == 3 || h == 4 ? 2 : 3)
FORMULA(gaelic, n == 1 || n == 11 ? 0 : n == 2 || n == 12 ? 1 : BETWEEN(n, 3, 19) ? 2 : 3)
FORMULA(maltese, n == 1 ? 0 : n == 0 || BETWEEN(h, 2, 10) ? 1 : BETWEEN(h, 11, 19) ? 2 : 3)
FORMULA(arabic, n < 3 ? n : BETWEEN(h, 3, 10) ? 3 : h >= 11 ? 4 : 5)
FORMULA(welsh, n < 4 ? n : n == 6 ? 4 : 5)

static const struct {
	const char *text;
	unsigned forms;
	unsigned long (*same)(unsigned long n);
} formulas[] = {
	{ "nplurals=1; plural=0;", 1, one_form },
	{ "nplurals=2; plural=n != 1;", 2, germanic },
	{ " nplurals = 2 ;\tplural = ( n != 1 ) ; ", 2, germanic },
	{ "nplurals=2; plural=n > 1;", 2, french },
	{ "nplurals=2; plural=(n>1)", 2, french },
	{ "nplurals=2; plural=n%10!=1 || n%100==11;", 2, icelandic },
	{ "nplurals=2; plural=n%10==1 && n%100!=11 ? 0 : 1;", 2, macedonian },
	{ "nplurals=3; plural=n%10==1 && n%100!=11 ? 0 : n != 0 ? 1 : 2;", 3, latvian },
	{ "nplurals=3; plural=n%10==1 && n%100!=11 ? 0 : n%10>=2 && (n%100<10 || n%100>=20) ? 1 : 2;", 3, lithuanian },
	{ "nplurals=3; plural=n%10==1 && n%100!=11 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2;", 3,
	    russian },
	{ "nplurals=3; plural=n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2;", 3, polish },
	{ "nplurals=3; plural=(n==1) ? 0 : (n>=2 && n<=4) ? 1 : 2;", 3, czech },
	{ "nplurals=3; plural=n==1 ? 0 : (n==0 || (n%100>0 && n%100<20)) ? 1 : 2;", 3, romanian },
	{ "nplurals=3; plural=n==1 ? 0 : n==2 ? 1 : 2;", 3, irish_3 },
	{ "nplurals=5; plural=n==1 ? 0 : n==2 ? 1 : n>=3 && n<=6 ? 2 : n>=7 && n<=10 ? 3 : 4;", 5, irish_5 },
	{ "nplurals=4; plural=n%100==1 ? 0 : n%100==2 ? 1 : n%100==3 || n%100==4 ? 2 : 3;", 4, slovenian },
	{ "nplurals=4; plural=n==1 || n==11 ? 0 : n==2 || n==12 ? 1 : n>2 && n<20 ? 2 : 3;", 4, gaelic },
	{ "nplurals=4; plural=n==1 ? 0 : n==0 || (n%100>=2 && n%100<=10) ? 1 : n%100>=11 && n%100<=19 ? 2 : 3;", 4,
	    maltese },
	{ "nplurals=6; plural=n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n%100>=3 && n%100<=10 ? 3 : n%100>=11 ? 4 : 5;", 6,
	    arabic },
	{ "nplurals=6; plural=n==0 ? 0 : n==1 ? 1 : n==2 ? 2 : n==3 ? 3 : n==6 ? 4 : 5;", 6, welsh },
};

Test(plural, follows_the_formula_of_each_language)
{
	for (size_t i = 0; i < sizeof(formulas) / sizeof(formulas[0]); i++) {
		struct plural plural = rule(formulas[i].text);
		cr_expect_eq(plural.forms, formulas[i].forms);
		for (unsigned long n = 0; n <= COUNT_MAX; n++)
			cr_assert_eq(plural_form(&plural, n), formulas[i].same(n), "%s: %lu", formulas[i].text, n);
	}
}

Test(plural, parts_stand_in_any_order_and_the_rest_is_ignored)
{
	static const char *const accepted[] = { "plural=n > 1; nplurals=2;", "nplurals=2; plural=n > 1;;",
		"nplurals=2; plural=n > 1; Content-Type: text/plain; charset=UTF-8", "nplurals=2; plural=n > 1;\r",
		"nplurals=2; plural=n > 1; plural=0;" };
	for (size_t i = 0; i < sizeof(accepted) / sizeof(accepted[0]); i++) {
		struct plural plural = rule(accepted[i]);
		cr_expect_eq(plural.forms, 2);
		cr_expect(plural_form(&plural, 1) == 0 && plural_form(&plural, 2) == 1, "%s", accepted[i]);
	}
}

static const struct {
	const char *languages;
	unsigned forms;
	const char *expression;
} in_use[] = {
#define RULE(languages, forms, expression) { languages, forms, expression },
#include "plural_formulas.def"
#undef RULE
};

/* A catalogue with this rule whose plural forms are "0", "1" and so on. */
static const char *
header_of(size_t i)
{
	static char header[PLURAL_LENGTH];
	snprintf(header, sizeof(header),
	    "Content-Type: text/plain; charset=UTF-8\nPlural-Forms: nplurals=%u; plural=%s;\n", in_use[i].forms,
	    in_use[i].expression);
	return header;
}

static void
write_digits(size_t i, const char *domain)
{
	static struct mofile file;
	static const char key[] = "one\0many", digits[] = "0\0001\0002\0003\0004\0005\0006\0007\0008\0009";
	mofile_begin(&file, header_of(i));
	mofile_add_key(&file, key, sizeof(key) - 1, digits, 2 * in_use[i].forms - 1);
	mofile_write(&file, "locale", "xx", domain);
}

/* libintl needs a locale other than C to look at LANGUAGE; from glibc 2.39 on, C.UTF-8 is none. */
static bool
libintl_translates(void)
{
	setenv("LANGUAGE", "xx", 1);
	if (setlocale(LC_ALL, "C.UTF-8") == NULL)
		return false;
	write_digits(0, "plural0");
	bindtextdomain("plural0", "locale");
	return strcmp(dngettext("plural0", "one", "many", 1), "0") == 0;
}

Test(plural, agrees_with_libintl_for_the_languages_of_cldr_and_weblate, .init = folder_make, .fini = folder_remove)
{
	if (!libintl_translates())
		cr_skip_test("libintl ignores LANGUAGE here");
	for (size_t i = 0; i < sizeof(in_use) / sizeof(in_use[0]); i++) {
		char domain[32];
		const char *fields = strstr(header_of(i), "nplurals");
		struct plural plural = rule(fields);
		snprintf(domain, sizeof(domain), "plural%zu", i);
		write_digits(i, domain);
		bindtextdomain(domain, "locale");
		for (unsigned long n = 0; n <= LIBINTL_COUNT_MAX; n++) {
			const char *form = dngettext(domain, "one", "many", n);
			cr_assert_eq(plural_form(&plural, n), (unsigned)(form[0] - '0'), "%s, %lu: %s",
			    in_use[i].languages, n, in_use[i].expression);
		}
	}
}

Test(plural, is_germanic_by_default)
{
	const struct plural *plural = plural_default();
	cr_expect_eq(plural->forms, 2);
	cr_expect(plural_form(plural, 0) == 1 && plural_form(plural, 1) == 0 && plural_form(plural, 2) == 1);
}

Test(plural, refuses_malformed_expressions)
{
	static const char *const bad[] = { "", " ", "nplurals", "nplurals=2", "nplurals=2;", "nplurals=2; plural",
		"nplurals=2; plural=", "nplurals=2; plural=;", "plural=n;", "nplurals=0; plural=0;",
		"nplurals=11; plural=0;", "nplurals=-1; plural=0;", "nplurals=x; plural=0;", "nplurals=; plural=0;",
		"nplurals=4294967298; plural=n;", "nplurals=18446744073709551618; plural=n;", "nplurals=2; plural=(n;",
		"nplurals=2; plural=n);", "nplurals=2; plural=();", "nplurals=2; plural=n n;", "nplurals=2; plural=nn;",
		"nplurals=2; plural=n1;", "nplurals=2; plural=1n;", "nplurals=2; plural=1 2;", "nplurals=2; plural=N;",
		"nplurals=2; plural=m;", "nplurals=2; plural=n?1;", "nplurals=2; plural=n?1:;",
		"nplurals=2; plural=n?:1;", "nplurals=2; plural=n:1;", "nplurals=2; plural=?0:1;",
		"nplurals=2; plural=n=1;", "nplurals=2; plural=n&1;", "nplurals=2; plural=n|1;",
		"nplurals=2; plural=n^1;", "nplurals=2; plural=~n;", "nplurals=2; plural=-n;", "nplurals=2; plural=+n;",
		"nplurals=2; plural=n++;", "nplurals=2; plural=n!;", "nplurals=2; plural=n!1;", "nplurals=2; plural=!;",
		"nplurals=2; plural=n<;", "nplurals=2; plural=n<<1;", "nplurals=2; plural=n>>1;",
		"nplurals=2; plural=n===1;", "nplurals=2; plural=n**2;", "nplurals=2; plural=n/;",
		"nplurals=2; plural=0x1;", "nplurals=2; plural=1.5;", "nplurals=2; plural=1e3;",
		"nplurals=2; plural='n';", "nplurals=2; plural=18446744073709551616;",
		"nplurals=2; plural=99999999999999999999999999;", "nplurals=2, plural=n;", "NPLURALS=2; PLURAL=n;",
		"nplurals=2;\nplural=n;", "nplurals=2; plural=exit(n);", "nplurals=2; plural=%n;",
		"nplurals=2; plural=%s;" };
	struct plural plural;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		cr_expect(!parses(&plural, bad[i]), "\"%s\"", bad[i]);
}

Test(plural, refuses_a_nul_inside)
{
	static const char text[] = "nplurals=2; plural=n\0 != 1;";
	struct plural plural;
	cr_expect_not(plural_parse(&plural, text, sizeof(text) - 1));
}

/* Repeats a piece around the middle: many(50, "(", "n", ")"). */
static const char *
many(size_t times, const char *before, const char *middle, const char *behind)
{
	static char text[8192];
	size_t used = (size_t)snprintf(text, sizeof(text), "nplurals=2; plural=");
	for (size_t i = 0; i < times; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s", before);
	used += (size_t)snprintf(text + used, sizeof(text) - used, "%s", middle);
	for (size_t i = 0; i < times; i++)
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s", behind);
	snprintf(text + used, sizeof(text) - used, ";");
	return text;
}

Test(plural, refuses_expressions_over_the_limits)
{
	struct plural plural;
	cr_expect_not(parses(&plural, many(1000, "(", "n", ")")));
	cr_expect_not(parses(&plural, many(100, "(", "n", ")")));
	cr_expect_not(parses(&plural, many(500, "!", "n", "")));
	cr_expect_not(parses(&plural, many(256, "!", "n", "")));
	cr_expect_not(parses(&plural, many(171, "n?n:", "n", "")));
	cr_expect_not(parses(&plural, many(256, "n+", "n", "")));
	cr_expect_not(parses(&plural, many(4100, " ", "n", "")));
	cr_expect_not(parses(&plural, many(1100, "1", "n", "")));
	cr_expect(parses(&plural, many(80, "(", "n", ")")));
	cr_expect(parses(&plural, many(250, "!", "n", "")));
	cr_expect(parses(&plural, many(255, "n+", "n", "")));
	cr_expect(parses(&plural, many(4000, " ", "n", "")));
}

Test(plural, of_a_long_sum_is_evaluated)
{
	struct plural plural = rule(many(60, "n-", "n", ""));
	cr_expect_eq(plural_form(&plural, 0), 0);
	cr_expect_eq(plural_form(&plural, ULONG_MAX), 0);
}

Test(plural, is_the_first_form_if_the_expression_has_no_value)
{
	static const char *const bad[] = { "nplurals=2; plural=1/0;", "nplurals=2; plural=1%0;",
		"nplurals=2; plural=1/n;", "nplurals=2; plural=1%n;", "nplurals=2; plural=1+n/n;",
		"nplurals=2; plural=n ? 0 : 1/n;", "nplurals=2; plural=1 || 1/(n-n) ? 1/n : 1;",
		"nplurals=2; plural=!(1/n);" };
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct plural plural = rule(bad[i]);
		cr_expect_eq(plural_form(&plural, 0), 0, "%s", bad[i]);
	}
}

Test(plural, evaluates_lazily)
{
	struct plural and = rule("nplurals=2; plural=n != 0 && 1/n == 1;");
	struct plural or = rule("nplurals=2; plural=n == 0 || 1/n == 1;");
	struct plural choice = rule("nplurals=2; plural=n ? 1/n : 1;");
	cr_expect_eq(plural_form(&and, 0), 0);
	cr_expect_eq(plural_form(& or, 0), 1);
	cr_expect_eq(plural_form(&choice, 0), 1);
}

Test(plural, is_the_first_form_if_the_index_is_out_of_range)
{
	struct plural plural = rule("nplurals=2; plural=n;");
	cr_expect_eq(plural_form(&plural, 1), 1);
	cr_expect_eq(plural_form(&plural, 2), 0);
	cr_expect_eq(plural_form(&plural, UINT_MAX), 0);
	cr_expect_eq(plural_form(&plural, (1UL << 32) + 1), 0);
	cr_expect_eq(plural_form(&plural, ULONG_MAX), 0);
}

Test(plural, wraps_as_unsigned_numbers_do)
{
	struct plural less = rule("nplurals=2; plural=n-2 > 5;");
	struct plural times = rule("nplurals=2; plural=n*18446744073709551615 == 0-n;");
	cr_expect_eq(plural_form(&less, 1), 1);
	cr_expect_eq(plural_form(&times, 12345), 1);
	cr_expect_eq(plural_form(&times, ULONG_MAX), 1);
}

/* A random expression, printed with as few parentheses as C needs, and its value. */
struct expression {
	char text[1024];
	unsigned long value;
	int level; /* of its loosest operator: 0 ?:, 1 ||, ... 6 * / %, 7 primary */
	bool bad;  /* divides by zero */
};

static unsigned long
draw(unsigned long below)
{
	static uint64_t state = 20260101;
	state = state * 6364136223846793005u + 1442695040888963407u;
	return (unsigned long)(state >> 33) % below;
}

static void
wrap(struct expression *e, int level)
{
	char text[sizeof(e->text)];
	if (e->level >= level)
		return;
	snprintf(text, sizeof(text), "(%.1000s)", e->text);
	memcpy(e->text, text, sizeof(text));
}

static unsigned long
compute(const char *op, unsigned long a, unsigned long b, bool *bad)
{
	if ((*op == '/' || *op == '%') && b == 0) {
		*bad = true;
		return 0;
	}
	switch (*op) {
	case '*': return a * b;
	case '/': return a / b;
	case '%': return a % b;
	case '+': return a + b;
	case '-': return a - b;
	case '<': return op[1] == '=' ? a <= b : a < b;
	case '>': return op[1] == '=' ? a >= b : a > b;
	case '=': return a == b;
	case '!': return a != b;
	case '&': return a && b;
	default: return a || b;
	}
}

static struct expression random_expression(unsigned depth, unsigned long n);

static struct expression
random_binary(unsigned depth, unsigned long n)
{
	static const struct {
		const char *text;
		int level;
	} ops[] = { { "||", 1 }, { "&&", 2 }, { "==", 3 }, { "!=", 3 }, { "<", 4 }, { ">", 4 }, { "<=", 4 },
		{ ">=", 4 }, { "+", 5 }, { "-", 5 }, { "*", 6 }, { "/", 6 }, { "%", 6 } };
	size_t i = draw(sizeof(ops) / sizeof(ops[0]));
	struct expression left = random_expression(depth - 1, n), right = random_expression(depth - 1, n), e;
	bool decided = (i == 0 && left.value) || (i == 1 && !left.value);
	e.bad = left.bad || (!decided && right.bad);
	e.level = ops[i].level;
	e.value = compute(ops[i].text, left.value, right.value, &e.bad);
	wrap(&left, e.level);
	wrap(&right, e.level + 1);
	snprintf(e.text, sizeof(e.text), "%.500s%s%.500s", left.text, ops[i].text, right.text);
	return e;
}

static struct expression
random_expression(unsigned depth, unsigned long n)
{
	struct expression e = { .level = 7 };
	unsigned long kind = depth == 0 ? draw(2) : draw(8);
	if (kind == 0) {
		e.value = draw(4) == 0 ? ULONG_MAX - draw(3) : draw(12);
		snprintf(e.text, sizeof(e.text), "%lu", e.value);
	} else if (kind == 1) {
		e.value = n;
		snprintf(e.text, sizeof(e.text), "n");
	} else if (kind == 2) {
		struct expression a = random_expression(depth - 1, n);
		wrap(&a, 7);
		e.value = !a.value;
		e.bad = a.bad;
		snprintf(e.text, sizeof(e.text), "!%.1000s", a.text);
	} else if (kind == 3) {
		struct expression test = random_expression(depth - 1, n), yes = random_expression(depth - 1, n),
		                  no = random_expression(depth - 1, n);
		e.level = 0;
		e.value = test.value ? yes.value : no.value;
		e.bad = test.bad || (test.value ? yes.bad : no.bad);
		wrap(&test, 1);
		snprintf(e.text, sizeof(e.text), "%.300s ? %.300s : %.300s", test.text, yes.text, no.text);
	} else {
		e = random_binary(depth, n);
	}
	return e;
}

Test(plural, binds_operators_as_c_does)
{
	for (int i = 0; i < 5000; i++) {
		char text[1200];
		struct plural plural;
		unsigned long n = draw(200);
		struct expression e = random_expression(3, n);
		snprintf(text, sizeof(text), "nplurals=8; plural=%s;", e.text);
		cr_assert(parses(&plural, text), "%s", text);
		unsigned wanted = e.bad || e.value >= 8 ? 0 : (unsigned)e.value;
		cr_assert_eq(plural_form(&plural, n), wanted, "n = %lu: %s", n, text);
	}
}
