/* Finds the account of a user name. */
#ifndef DIRECTORY_SQLITE_LOGIN_H
#define DIRECTORY_SQLITE_LOGIN_H

#include "directory/sqlite/reader.h"
#include "port/directory.h"

/* Answers a question; returns its verdict. */
enum directory_verdict sqlite_login_find(struct reader *reader, struct login_question *question);

#endif
