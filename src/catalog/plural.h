/* Plural-Forms: which form of a text is used for a number (GNU gettext manual, section 11.2.6). */
#ifndef CATALOG_PLURAL_H
#define CATALOG_PLURAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	PLURAL_FORMS_MAX = 10,
	PLURAL_NODES = 512, /* operators and operands of an expression */
	PLURAL_DEPTH = 256, /* nested parentheses and operators */
	PLURAL_LENGTH = 4096,
};

/*
 * An expression tree in an array. Children precede their parent; the root is last. A stored rule has only the nodes that it
 * uses: plural_size() octets.
 */
struct plural {
	unsigned forms;
	unsigned nodes;
	struct plural_node {
		uint8_t op;
		uint16_t child[3];
		unsigned long value;
	} node[PLURAL_NODES];
};

/* The rule for a catalogue without one: two forms, n != 1. */
const struct plural *plural_default(void);

/*
 * Parses the value of a Plural-Forms field, "nplurals=2; plural=n != 1;", as libintl does: the two parts in any order, and
 * whatever follows the expression after a semicolon is ignored. Returns false if it is malformed, too long, too deep, or has
 * more than PLURAL_FORMS_MAX forms; *plural is then undefined.
 */
bool plural_parse(struct plural *plural, const char *text, size_t len);

/* Whether a form is used for exactly one number; numbers are tried up to 2,000, and some about the powers of ten. */
bool plural_is_single(const struct plural *plural, unsigned form);

/* The octets of a rule up to its last node. */
size_t plural_size(const struct plural *plural);

/* The form for n, below plural->forms; 0 if the expression divides by zero or gives a form that does not exist. */
unsigned plural_form(const struct plural *plural, unsigned long n);

#endif
