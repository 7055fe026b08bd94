/* The backend PostgreSQL with a directory that keeps answers. */
#define BACKEND_LIFETIME (60 * 60 * 1000)
#include "backend_postgres.c"
