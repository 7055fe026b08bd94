/* Plural-Forms: a bounded parser and evaluator of its C-like expressions. */
#include "catalog/plural.h"

#include <limits.h>
#include <string.h>

enum op { NUMBER, N, NOT, MUL, DIV, MOD, ADD, SUB, LT, GT, LE, GE, EQ, NE, AND, OR, COND };

struct parser {
	struct plural *plural;
	const char *at;
	const char *end;
	unsigned depth;
	bool failed;
};

/* Binary operators. A higher level binds more tightly. A longer spelling precedes its prefix. */
static const struct {
	char spelling[3];
	uint8_t op;
	uint8_t level;
} operators[] = {
	{ "||", OR, 1 },
	{ "&&", AND, 2 },
	{ "==", EQ, 3 },
	{ "!=", NE, 3 },
	{ "<=", LE, 4 },
	{ ">=", GE, 4 },
	{ "<", LT, 4 },
	{ ">", GT, 4 },
	{ "+", ADD, 5 },
	{ "-", SUB, 5 },
	{ "*", MUL, 6 },
	{ "/", DIV, 6 },
	{ "%", MOD, 6 },
};

static uint16_t conditional(struct parser *p);

static void
skip_space(struct parser *p)
{
	while (p->at < p->end && (*p->at == ' ' || *p->at == '\t'))
		p->at++;
}

static bool
consume(struct parser *p, const char *token)
{
	size_t len = strlen(token);
	skip_space(p);
	if ((size_t)(p->end - p->at) < len || memcmp(p->at, token, len) != 0)
		return false;
	p->at += len;
	return true;
}

static bool
enter(struct parser *p)
{
	if (++p->depth > PLURAL_DEPTH)
		p->failed = true;
	return !p->failed;
}

static uint16_t
add_node(struct parser *p, struct plural_node node)
{
	if (p->failed || p->plural->nodes == PLURAL_NODES) {
		p->failed = true;
		return 0;
	}
	p->plural->node[p->plural->nodes] = node;
	return (uint16_t)p->plural->nodes++;
}

static bool
number(struct parser *p, unsigned long *value)
{
	const char *start = p->at;
	*value = 0;
	for (; p->at < p->end && *p->at >= '0' && *p->at <= '9'; p->at++) {
		unsigned long digit = (unsigned long)(*p->at - '0');
		if (*value > (ULONG_MAX - digit) / 10)
			return false;
		*value = *value * 10 + digit;
	}
	return p->at > start;
}

static uint16_t
primary(struct parser *p)
{
	unsigned long value;
	uint16_t node = 0;
	if (!enter(p))
		return 0;
	if (consume(p, "!")) {
		node = primary(p);
		node = add_node(p, (struct plural_node) { .op = NOT, .child = { node } });
	} else if (consume(p, "(")) {
		node = conditional(p);
		if (!consume(p, ")"))
			p->failed = true;
	} else if (consume(p, "n")) {
		node = add_node(p, (struct plural_node) { .op = N });
	} else if (number(p, &value)) {
		node = add_node(p, (struct plural_node) { .op = NUMBER, .value = value });
	} else {
		p->failed = true;
	}
	p->depth--;
	return node;
}

/* The operator here, if it binds at least as tightly as level; else -1. */
static int
operator_at(struct parser *p, unsigned level)
{
	skip_space(p);
	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
		size_t len = strlen(operators[i].spelling);
		if ((size_t)(p->end - p->at) >= len && memcmp(p->at, operators[i].spelling, len) == 0)
			return operators[i].level >= level ? (int)i : -1;
	}
	return -1;
}

static uint16_t
binary(struct parser *p, unsigned level)
{
	int i;
	if (!enter(p))
		return 0;
	uint16_t left = primary(p);
	while (!p->failed && (i = operator_at(p, level)) >= 0) {
		p->at += strlen(operators[i].spelling);
		uint16_t right = binary(p, operators[i].level + 1u);
		left = add_node(p, (struct plural_node) { .op = operators[i].op, .child = { left, right } });
	}
	p->depth--;
	return left;
}

static uint16_t
conditional(struct parser *p)
{
	if (!enter(p))
		return 0;
	uint16_t test = binary(p, 1);
	if (!p->failed && consume(p, "?")) {
		uint16_t yes = conditional(p);
		if (!consume(p, ":"))
			p->failed = true;
		uint16_t no = p->failed ? 0 : conditional(p);
		test = add_node(p, (struct plural_node) { .op = COND, .child = { test, yes, no } });
	}
	p->depth--;
	return test;
}

/* What stands behind "NAME =", where NAME is a whole word; NULL if there is none. */
static const char *
value_of(const char *text, size_t len, const char *name)
{
	size_t name_len = strlen(name);
	const char *end = text + len;
	for (const char *at = text; (at = memmem(at, (size_t)(end - at), name, name_len)) != NULL; at++) {
		const char *behind = at + name_len;
		while (behind < end && (*behind == ' ' || *behind == '\t'))
			behind++;
		if ((at == text || at[-1] == ' ' || at[-1] == '\t' || at[-1] == ';') && behind < end && *behind == '=')
			return behind + 1;
	}
	return NULL;
}

static bool
parse_count(struct plural *plural, struct parser *p)
{
	unsigned long forms;
	skip_space(p);
	if (!number(p, &forms) || forms == 0 || forms > PLURAL_FORMS_MAX)
		return false;
	plural->forms = (unsigned)forms;
	skip_space(p);
	return p->at == p->end || *p->at == ';';
}

bool
plural_parse(struct plural *plural, const char *text, size_t len)
{
	struct parser p = { .plural = plural, .end = text + len };
	plural->nodes = 0;
	if (len > PLURAL_LENGTH || (p.at = value_of(text, len, "nplurals")) == NULL || !parse_count(plural, &p) ||
	    (p.at = value_of(text, len, "plural")) == NULL)
		return false;
	conditional(&p);
	skip_space(&p);
	return !p.failed && (p.at == p.end || *p.at == ';');
}

bool
plural_is_single(const struct plural *plural, unsigned form)
{
	enum { TRIED = 2000, AROUND = 101, LARGEST = 1000 * 1000 * 1000 };
	unsigned count = 0;
	for (unsigned long n = 0; n <= TRIED && count < 2; n++)
		count += plural_form(plural, n) == form;
	for (unsigned long power = 10000; power <= LARGEST && count < 2; power *= 10) {
		for (unsigned long n = power - AROUND; n <= power + AROUND && count < 2; n++)
			count += plural_form(plural, n) == form;
	}
	return count == 1;
}

size_t
plural_size(const struct plural *plural)
{
	return offsetof(struct plural, node) + plural->nodes * sizeof(plural->node[0]);
}

const struct plural *
plural_default(void)
{
	static const struct plural germanic = {
		.forms = 2,
		.nodes = 3,
		.node = { { .op = N }, { .op = NUMBER, .value = 1 }, { .op = NE, .child = { 0, 1 } } },
	};
	return &germanic;
}

static unsigned long
divide(enum op op, unsigned long a, unsigned long b, bool *bad)
{
	if (b == 0) {
		*bad = true;
		return 0;
	}
	return op == DIV ? a / b : a % b;
}

static unsigned long
apply(enum op op, unsigned long a, unsigned long b, bool *bad)
{
	switch (op) {
	case MUL: return a * b;
	case ADD: return a + b;
	case SUB: return a - b;
	case LT: return a < b;
	case GT: return a > b;
	case LE: return a <= b;
	case GE: return a >= b;
	case EQ: return a == b;
	case NE: return a != b;
	case DIV:
	case MOD: return divide(op, a, b, bad);
	default: return b != 0; /* AND and OR whose left side has not decided */
	}
}

/* Recursion is at most as deep as there are nodes. Division by zero sets *bad. */
static unsigned long
evaluate(const struct plural *plural, unsigned at, unsigned long n, bool *bad)
{
	const struct plural_node *node = &plural->node[at];
	if (node->op == NUMBER)
		return node->value;
	if (node->op == N)
		return n;
	unsigned long a = evaluate(plural, node->child[0], n, bad);
	if (node->op == NOT)
		return !a;
	if (node->op == COND)
		return evaluate(plural, node->child[a ? 1 : 2], n, bad);
	if (node->op == AND && !a)
		return 0;
	if (node->op == OR && a)
		return 1;
	return apply((enum op)node->op, a, evaluate(plural, node->child[1], n, bad), bad);
}

unsigned
plural_form(const struct plural *plural, unsigned long n)
{
	bool bad = false;
	unsigned long form = evaluate(plural, plural->nodes - 1, n, &bad);
	return bad || form >= plural->forms ? 0 : (unsigned)form;
}
