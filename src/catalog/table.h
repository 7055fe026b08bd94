/* Finding a row of the table by a name that is part of something longer. */
#ifndef CATALOG_TABLE_H
#define CATALOG_TABLE_H

#include <ftgate/catalog.h>

/* As ftg_id_find(), for a name of len octets without a NUL. */
enum ftg_id table_find(const char *name, size_t len);

#endif
