/* Finding a row of the table by a name that is part of something longer. */
#ifndef CATALOG_TABLE_H
#define CATALOG_TABLE_H

#include <ftgate/catalog.h>

/* Finds an ID by its name in the case of the table, as a key of a catalogue has it: len octets without a NUL. */
enum ftg_id table_find(const char *name, size_t len);

#endif
