/* Writes JSON (RFC 8259) member by member: commas, line feeds and indentation come by themselves. */
#ifndef CMD_OUTPUT_JSON_H
#define CMD_OUTPUT_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

/* All zero but for .to: before the outermost value. */
struct json {
	FILE *to;
	unsigned depth;   /* of arrays and objects that are open */
	unsigned breaks;  /* up to this depth each member is on a line of its own */
	bool has_members; /* of the innermost one */
};

/*
 * Begins an array ('[') or an object ('{'). The name is that of the member of an object; NULL in an array, and for the outermost
 * value. It is written as it is. json_close() ends the innermost one.
 */
void json_open(struct json *json, const char *name, char bracket);
void json_close(struct json *json, char bracket);

/* Writes a string of len octets, or one that ends with a NUL; NULL is null. */
void json_text_of(struct json *json, const char *name, const char *text, size_t len);
void json_text(struct json *json, const char *name, const char *text);

/* Writes a number, or true or false. */
void json_number(struct json *json, const char *name, uint64_t number);
void json_flag(struct json *json, const char *name, bool flag);

#endif
