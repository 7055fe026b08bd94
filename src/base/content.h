/* What a configuration asks of the content of messages. */
#ifndef BASE_CONTENT_H
#define BASE_CONTENT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/section_members.h"

struct content_settings {
#include "base/section/content.def"
};

#include "base/section_members_end.h"

#endif
