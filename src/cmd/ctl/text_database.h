/* The operator's own texts in the database of the configuration, by generation. */
#ifndef CMD_CTL_TEXT_DATABASE_H
#define CMD_CTL_TEXT_DATABASE_H

#include <stdint.h>

#include "cmd/ctl/text.h"
#include "directory/sql.h"

/* A source that a generation changes: of a domain ("": of the server) in a language. */
struct text_change {
	char domain[DNS_NAME_SIZE], language[FTG_TAG_MAX];
	const char *source; /* "": the texts are removed */
	int64_t file;       /* the number of the file that it replaces; 0: there was none */
};

/*
 * Connects to the database that the configuration names, and makes it request->database; without one, does nothing.
 * Returns an exit status, after it has printed its error. Call text_database_disconnect() in any case.
 */
int text_database_connect(struct request *request);
void text_database_disconnect(struct request *request);

/* The texts of the server in the last generation, or those of a domain, by its A-label. NULL when memory is out. */
struct texts *text_database_open(const struct request *request, const char *domain);

/* The number of the file that was read last as the source in use; 0: there was none. */
int64_t text_database_file(const struct texts *texts);

/* The number of the last generation, 0 if there is none; -1 after it has printed an error. */
int64_t text_database_last(const struct request *request);

/*
 * Makes a generation: the last one with these changes. Prints it. Returns 0, or -1 with errno: ESTALE if
 * one of the files has been replaced meanwhile, EFBIG if the servers would not take so many
 * octets or files, or EREMOTEIO after it has printed an error.
 */
int text_database_write(const struct request *request, const struct text_change *change, size_t count);

/* Makes a generation that is a copy of an earlier one, if *last* is still the last one. Prints and returns the same. */
int text_database_copy_back(const struct request *request, int64_t generation, int64_t last);

/* Writes a time of the database, in microseconds: "2026-01-31T12:00:00Z". */
enum { TEXT_TIME_SIZE = sizeof "2026-01-31T12:00:00Z" };
void text_write_time(char text[TEXT_TIME_SIZE], int64_t microseconds);

/* Prints the last generation. Returns an exit status. */
int text_print_generation(const struct request *request);

/* Prints a generation that the request has made: its number, and its time in microseconds. Does not ask the database. */
void text_print_made(const struct request *request, int64_t number, int64_t created);

/* Prints why a generation was not made, by errno, unless the cause was printed already. Returns an exit status. */
int text_database_fail_write(const struct request *request, int error);

/* Writes the texts of the server and of a domain, "": none, compiled, into a folder. Returns 0, or -1 with errno. */
int text_database_export(const struct request *request, const char *domain, const char *folder);

/* Statements, with the values as struct sql_ops has them. NULL, or false after an error has been printed. */
struct sql_rows *text_database_query(const struct request *request, const char *text, const char *types, ...);

/*
 * Steps to the next row. Returns false with errno: 0 at the end, EREMOTEIO after an error has been printed, or if rows is NULL.
 */
bool text_database_row(const struct request *request, struct sql_rows *rows);

/* A column of a row: a text, never NULL, until the next row; a number. */
const char *text_database_text(const struct request *request, struct sql_rows *rows, int column);
int64_t text_database_number(const struct request *request, struct sql_rows *rows, int column);

/* Runs a statement without rows. Returns 0, or -1 after it has printed an error. */
int text_database_run(const struct request *request, const char *text, const char *types, ...);

/* Ends a transaction without its changes. Prints no error: that of the statement that failed has been printed. */
void text_database_roll_back(const struct request *request);

/* The exit status of the last error that was printed. */
int text_database_trouble(const struct request *request);

#endif
