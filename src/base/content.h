/* What a configuration asks of the content of messages. */
#ifndef BASE_CONTENT_H
#define BASE_CONTENT_H

#include <stdbool.h>
#include <stdint.h>

/* Whose messages are held to something: header-check. */
enum content_whose { CONTENT_NOBODYS, CONTENT_USERS, CONTENT_ALL };

#include "base/section_members.h"

struct content_settings {
#include "base/section/content.def"
};

#include "base/section_members_end.h"

#endif
