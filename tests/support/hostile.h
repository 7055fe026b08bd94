/* Texts and arguments that mean harm, made from a seed: the same seed makes the same ones. */
#ifndef SUPPORT_HOSTILE_H
#define SUPPORT_HOSTILE_H

#include <ftgate/catalog.h>
#include <stdint.h>

struct hostile {
	uint64_t state;
};

/* A number below the limit. */
unsigned long hostile_number(struct hostile *hostile, unsigned long below);

/* Octets such as a client, the DNS or a content filter might send: at most size; how many. */
size_t hostile_argument(struct hostile *hostile, char *out, size_t size);

/* A text for an ID such as a translator or an attacker might write; many of them keep the rules. */
size_t hostile_text(struct hostile *hostile, enum ftg_id id, char *out, size_t size);

/* A reply with hostile arguments and values of variables, which live until the next call with the same storage. */
struct hostile_reply {
	struct ftg_reply reply;
	struct ftg_vars vars;
	char argument[FTG_ARGS_MAX][6000];
	char value[FTG_VARS][600];
};
void hostile_reply(struct hostile *hostile, enum ftg_id id, struct hostile_reply *made);

#endif
