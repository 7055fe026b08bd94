/* Follows aliases and lists to the mailboxes, here and elsewhere, that a recipient comes to. */
#ifndef DIRECTORY_SQLITE_RESOLVE_H
#define DIRECTORY_SQLITE_RESOLVE_H

#include "directory/sqlite/reader.h"
#include "port/directory.h"

/* An address on the way: the one asked for, or a target of the alias that is its parent. */
struct stop {
	struct address address;
	int64_t alias;  /* its number once it is known to be one; else 0 */
	size_t parent;  /* its place */
	unsigned depth; /* 0: the one asked for */
};

/* Memory that is used again for each recipient. All zero to begin with. */
struct resolver {
	struct stop *stops;
	size_t stop_count, stop_room;
	struct mailbox *mailboxes;
	size_t count, room;
	struct address *members;
	size_t member_count, member_room;
	struct address *elsewhere;
	size_t elsewhere_count, elsewhere_room;
};

void resolver_free(struct resolver *resolver);

/* As directory_ops has them. */
enum directory_verdict resolver_resolve(
    struct resolver *resolver, struct reader *reader, const struct address *address, struct recipient *recipient);
enum directory_verdict resolver_member(
    struct reader *reader, const struct address *list, const struct address *address);
enum directory_verdict resolver_expand(
    struct resolver *resolver, struct reader *reader, const struct address *address, struct expansion *expansion);

#endif
