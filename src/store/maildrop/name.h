/* Parses the name of a message file: its arrival, identity and size. Names may hold anything. */
#ifndef STORE_MAILDROP_NAME_H
#define STORE_MAILDROP_NAME_H

#include <stddef.h>
#include <stdint.h>

#include "port/maildrop.h"

#define DROP_UNTOLD   UINT64_MAX          /* a size */
#define DROP_SIZE_MAX (UINT64_C(1) << 36) /* a larger size in a name is ignored */

/*
 * maildir(5) names a file UNIQUE[,S=SIZE][,W=WIRESIZE][,...][:INFO], UNIQUE being SECONDS.[...][MMICROSECONDS][...].
 * ,U=SURROGATE is ours: the wire size of the surrogate of a message that needs UTF8 mode, or 0.
 */
struct drop_name {
	uint64_t arrival;   /* grows with the time; 0 if the name has none */
	uint64_t size;      /* octets in the file, or DROP_UNTOLD */
	uint64_t wire_size; /* with CRLF line ends, or DROP_UNTOLD; also if it contradicts the size */
	uint64_t surrogate; /* the same of its surrogate; 0: it needs none; or DROP_UNTOLD */
	size_t base_len;    /* of UNIQUE, which never changes; 0 if it is missing */
};

/* Parses the name of a message file. Never fails: parts that are missing have the values above. */
struct drop_name drop_name_parse(const char *name);

/*
 * The unique-id: UNIQUE itself if that is 1 to 70 octets from 0x21 to 0x7E, else a comma and its hash of 128 bits in
 * hexadecimal, which is no UNIQUE. Returns its length.
 */
size_t drop_name_uid(char uid[MAILDROP_UID_SIZE], const char *base, size_t len);

#endif
