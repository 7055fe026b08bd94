/* The verdict of the access lists on clients and senders. */
#ifndef DIRECTORY_ACCESS_H
#define DIRECTORY_ACCESS_H

#include "directory/lookup.h"

/* As directory_ops has them: answer a question but for done() and detail; return its verdict. */
enum directory_verdict access_of_client(struct lookup *lookup, struct client_question *question);
enum directory_verdict access_of_sender(struct lookup *lookup, struct sender_question *question);

#endif
