/* Plural-Forms: which form of a text is used for a number (GNU gettext manual, section 11.2.6). */
#ifndef CATALOG_PLURAL_H
#define CATALOG_PLURAL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
	PLURAL_FORMS_MAX = 8,
	PLURAL_NODES = 128, /* operators and operands of an expression */
	PLURAL_DEPTH = 40,  /* nested parentheses and operators */
	PLURAL_LENGTH = 1024,
};

/* An expression tree in an array. Children precede their parent; the root is last. */
struct plural {
	unsigned forms;
	unsigned nodes;
	struct plural_node {
		uint8_t op;
		uint8_t child[3];
		unsigned long value;
	} node[PLURAL_NODES];
};

/* Sets the rule for a catalogue without one: two forms, n != 1. */
void plural_default(struct plural *plural);

/*
 * Parses the value of a Plural-Forms field, "nplurals=2; plural=n != 1;". Returns false if it is malformed, too long, too
 * deep, or has more than PLURAL_FORMS_MAX forms; *plural is then undefined.
 */
bool plural_parse(struct plural *plural, const char *text, size_t len);

/* The form for n, below plural->forms; 0 if the expression divides by zero or gives a form that does not exist. */
unsigned plural_form(const struct plural *plural, unsigned long n);

#endif
