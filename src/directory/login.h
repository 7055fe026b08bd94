/* Finds the account of a user name. */
#ifndef DIRECTORY_LOGIN_H
#define DIRECTORY_LOGIN_H

#include "directory/lookup.h"

/* Answers a question but for done() and detail; returns its verdict. */
enum directory_verdict login_find(struct lookup *lookup, struct login_question *question);

#endif
