/* What the access lists say of clients and senders. */
#ifndef MAIL_SQLITE_ACCESS_H
#define MAIL_SQLITE_ACCESS_H

#include "mail/directory.h"
#include "mail/sqlite_reader.h"

/* As directory_ops has them. */
enum directory_verdict sqlite_access_client(struct reader *reader, const char *address, unsigned *access);
enum directory_verdict sqlite_access_sender(struct reader *reader, const struct address *address, unsigned *access);

#endif
