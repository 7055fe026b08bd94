/* The table of replies, made of replies.def. */
#include "catalog/table.h"

#include <assert.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

/* SMTP(250, 2,5,0) becomes (FTG_SMTP, "250", "2.5.0"); SMTP(220, 0) has no status. */
#define STATUS_3(c, s, d)               #c "." #s "." #d
#define STATUS_1(none)                  ""
#define PICK(a, b, c, name, ...)        name
#define STATUS(...)                     PICK(__VA_ARGS__, STATUS_3, STATUS_2, STATUS_1, )(__VA_ARGS__)
#define SMTP(code, ...)                 (FTG_SMTP, #code, STATUS(__VA_ARGS__))
#define POP_OK(code)                    (FTG_POP3, "+OK", code)
#define POP_ERR(code)                   (FTG_POP3, "-ERR", code)
#define MAILBOX                         (FTG_MAILBOX, "", "")
#define SECPOL                          (FTG_SECPOL, "", "")
#define DSN                             (FTG_DSN, "", "")
#define SERVICE(service, reply, status) service
#define CODE(service, reply, status)                                                                                   \
	{                                                                                                              \
		reply, status                                                                                          \
	}

#define NONE                                                                                                           \
	{                                                                                                              \
		FTG_ARG_NONE                                                                                           \
	}
#define ARGS(...)                                                                                                      \
	{                                                                                                              \
		__VA_ARGS__                                                                                            \
	}
#define BANNER    FTG_ARG_BANNER
#define PATH      FTG_ARG_PATH
#define ADDRESS   FTG_ARG_ADDRESS
#define IP        FTG_ARG_IP
#define TEXT      FTG_ARG_TEXT
#define REASON    FTG_ARG_REASON
#define COUNT     FTG_ARG_COUNT
#define CHALLENGE FTG_ARG_CHALLENGE
#define NAME      FTG_ARG_NAME
#define TAG       FTG_ARG_TAG
#define TIMESTAMP FTG_ARG_TIMESTAMP

/* clang-format off */
static const struct ftg_row rows[FTG_IDS] = {
#define REPLY(ID, REF, PUBLISHED, STRICT, ARGUMENTS, ...) \
	[ID] = { .id = #ID, .ref = REF, .service = SERVICE PUBLISHED, .code = { CODE PUBLISHED, CODE STRICT }, \
	         .args = ARGUMENTS, .text = { __VA_ARGS__ } },
#include <ftgate/replies.def>
#undef REPLY
};
/* clang-format on */

static_assert(FTG_IDS < UINT8_MAX, "an ID fits a slot of the index");

static const uint8_t id_lengths[FTG_IDS] = {
#define REPLY(ID, ...) [ID] = sizeof(#ID) - 1,
#include <ftgate/replies.def>
#undef REPLY
};

/* Checks each row: the reference is "#m.nn", and the class of the strict status is that of its code. */
#undef SMTP
#undef POP_OK
#undef POP_ERR
#undef MAILBOX
#undef SECPOL
#undef DSN
#define CLASS_3(code, c, s, d)               ((code) / 100 == (c))
#define CLASS_1(code, none)                  1
#define PICK_CLASS(code, c, s, d, name, ...) name
#define SMTP(...)                            (PICK_CLASS(__VA_ARGS__, CLASS_3, CLASS_2, CLASS_1, )(__VA_ARGS__))
#define POP_OK(code)                         1
#define POP_ERR(code)                        1
#define MAILBOX                              1
#define SECPOL                               1
#define DSN                                  1
#define REPLY(ID, REF, PUBLISHED, STRICT, ARGUMENTS, ...)                                                              \
	static_assert(sizeof(REF) == sizeof("#m.nn"), #ID ": the reference is #m.nn");                                 \
	static_assert(STRICT, #ID ": the class of the strict status is the class of its code");
#include <ftgate/replies.def>
#undef REPLY

const struct ftg_row *
ftg_row(enum ftg_id id)
{
	assert((unsigned)id < FTG_IDS);
	return &rows[id];
}

/* Open addressing by name, filled before main(): loading a catalogue looks up each entry. */
enum { SLOTS = 512 };
static uint8_t slots[SLOTS];

static unsigned
hash_name(const char *name, size_t len)
{
	unsigned h = 5381;
	for (size_t i = 0; i < len; i++)
		h = h * 33 + ((unsigned char)name[i] | 0x20);
	return h % SLOTS;
}

__attribute__((constructor(101))) static void
fill_slots(void)
{
	for (unsigned id = 0; id < FTG_IDS; id++) {
		unsigned slot = hash_name(rows[id].id, id_lengths[id]);
		while (slots[slot] != 0)
			slot = (slot + 1) % SLOTS;
		slots[slot] = (uint8_t)(id + 1);
	}
}

static enum ftg_id
find(const char *name, size_t len, int (*compare)(const char *, const char *, size_t))
{
	for (unsigned slot = hash_name(name, len); slots[slot] != 0; slot = (slot + 1) % SLOTS) {
		enum ftg_id id = (enum ftg_id)(slots[slot] - 1);
		if (id_lengths[id] == len && compare(rows[id].id, name, len) == 0)
			return id;
	}
	return FTG_IDS;
}

enum ftg_id
table_find(const char *name, size_t len)
{
	return find(name, len, strncmp);
}

enum ftg_id
ftg_id_find(const char *name)
{
	return find(name, strlen(name), strncasecmp);
}

size_t
ftg_arg_max(enum ftg_arg_kind kind)
{
	static const size_t max[FTG_ARG_KINDS] = {
		[FTG_ARG_BANNER] = 300,
		[FTG_ARG_PATH] = 254, /* RFC 5321 4.5.3.1.3, without the brackets */
		[FTG_ARG_ADDRESS] = 254,
		[FTG_ARG_IP] = 64,
		[FTG_ARG_TEXT] = 255,
		[FTG_ARG_REASON] = 131,
		[FTG_ARG_COUNT] = 20,
		[FTG_ARG_CHALLENGE] = 4096,
		[FTG_ARG_NAME] = 255,
		[FTG_ARG_TAG] = FTG_TAG_MAX,
		[FTG_ARG_TIMESTAMP] = 128,
	};
	return (unsigned)kind < FTG_ARG_KINDS ? max[kind] : 0;
}

const char *
ftg_var_name(enum ftg_var var)
{
	static const char *const names[FTG_VARS] = {
		[FTG_VAR_HOST] = "host",
		[FTG_VAR_CLIENT] = "client",
		[FTG_VAR_SESSION] = "session",
		[FTG_VAR_TIME] = "time",
		[FTG_VAR_CONTACT] = "contact",
		[FTG_VAR_HELP] = "help",
	};
	return (unsigned)var < FTG_VARS ? names[var] : "";
}
