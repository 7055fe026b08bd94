/* The messages of a Maildir in the order of their arrival, and the folder of each. Blocks. */
#ifndef STORE_MAILDROP_LIST_H
#define STORE_MAILDROP_LIST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "store/maildrop/folders.h"

/* 16 octets, beside the name: the memory of a session is that of its messages. */
struct drop_message {
	union {
		uint64_t size;    /* octets with CRLF line ends, or DROP_UNTOLD */
		uint64_t arrival; /* until the messages are in their order */
		size_t match;     /* while names are refreshed: the message of the other list that this is */
	};
	uint32_t name; /* where it begins in the names */
	uint8_t len;
	uint8_t base_len; /* the part of the name that never changes */
	uint8_t folder;   /* enum drop_folder, when last seen */
	bool untold : 1;  /* the name lacks the size, or whether there is a surrogate */
	bool unseen : 1;  /* it is not known yet whether there is a surrogate */
	bool deleted : 1; /* marked by DELE */
	bool gone : 1;    /* has been */
	bool left : 1;    /* could not be */
	bool matched : 1; /* while names are refreshed: has one in the other list, */
	bool settled : 1; /* and it is the one that it had */
};

/* All zero is empty. */
struct drop_list {
	char *names; /* one behind the other, with their NULs */
	size_t names_len, names_room;
	struct drop_message *messages;
	size_t count, room;
	uint64_t *surrogates; /* their sizes, one for each message, 0 for none; NULL: no message has one */
};

/*
 * Reads an empty list: the regular files of new and cur whose names begin with no dot. They come in the order of their
 * arrival as the names have it, then by their names. Of two files with one UNIQUE, which maildir(5) rules out, one gets a
 * new name; without that the two would have one unique-id. Returns 0, or -1 with errno.
 */
int drop_list_read(struct drop_list *list, const struct drop_folders *folders);

/* Finds the present name and folder of each message: other programs change flags, and so names. Returns 0, or -1 with errno. */
int drop_list_refresh(struct drop_list *list, const struct drop_folders *folders);

/* Sets the size of the surrogate of a message; 0: it has none. Returns 0, or -1 with errno. */
int drop_list_set_surrogate(struct drop_list *list, struct drop_message *message, uint64_t size);

/* The size of the surrogate of a message; 0 if it has none, or is unseen. */
static inline uint64_t
drop_list_surrogate(const struct drop_list *list, const struct drop_message *message)
{
	return list->surrogates == NULL ? 0 : list->surrogates[message - list->messages];
}

/* Frees the list. */
void drop_list_free(struct drop_list *list);

/* The name of the file of a message. */
static inline const char *
drop_list_name(const struct drop_list *list, const struct drop_message *message)
{
	return list->names + message->name;
}

#endif
