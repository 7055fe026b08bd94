/* A catalogue of English and one more language (FTG_CALLERS), made in memory as a load makes it. */
#ifndef SUPPORT_ONE_LANGUAGE_H
#define SUPPORT_ONE_LANGUAGE_H

#include <ftgate/catalog.h>

/* Of the octets of a .mo file. Refusals go to report, which may be NULL. NULL when memory is out. */
ftg_catalog *one_language_of_octets(
    const char *octets, size_t len, const char *language, enum ftg_profile profile, ftg_report *report, void *context);

/* Of one text for one ID; plural forms have a NUL between, and the plural rule is n != 1. */
ftg_catalog *one_language_of_text(enum ftg_id id, const char *text, size_t len, const char *language,
    enum ftg_profile profile, ftg_report *report, void *context);

#endif
