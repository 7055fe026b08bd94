/* The verdict of the access lists on clients and senders. */
#ifndef DIRECTORY_SQLITE_ACCESS_H
#define DIRECTORY_SQLITE_ACCESS_H

#include "directory/sqlite/reader.h"
#include "port/directory.h"

/* As directory_ops has them. */
enum directory_verdict sqlite_access_client(struct reader *reader, struct client_question *question);
enum directory_verdict sqlite_access_sender(struct reader *reader, struct sender_question *question);

#endif
