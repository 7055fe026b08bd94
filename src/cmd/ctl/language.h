/* Is there a catalogue for a language that a setting names? */
#ifndef CMD_CTL_LANGUAGE_H
#define CMD_CTL_LANGUAGE_H

#include <stdbool.h>

/*
 * Whether a server of a data folder, an absolute path, has a translation for a tag, or texts of the operator. C, POSIX and
 * i-default are the published English. True if the catalogues cannot be read: the caller cannot know better.
 */
bool ctl_language_is_known(const char *data, const char *tag);

#endif
