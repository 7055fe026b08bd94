/* What the rules will look for, so that it is asked of the database at once. More than they need does no harm. */
#ifndef DIRECTORY_POSTGRES_WANTS_H
#define DIRECTORY_POSTGRES_WANTS_H

#include "directory/postgres/facts.h"

void wants_of_client(struct facts *facts, const char *address);
void wants_of_sender(struct facts *facts, const struct address *address, int64_t account);
void wants_of_recipient(struct facts *facts, const struct address *address);

#endif
