/* The manual page ftgate-replies(7). */
#ifndef MSG_EXPORT_MDOC_H
#define MSG_EXPORT_MDOC_H

#include <ftgate/reply.h>

/*
 * Prints the page on standard output, in mdoc and UTF-8. The explanations are in the language of the user; if the voice has
 * another language than English, each reply also has its words in that language.
 */
void export_mdoc(const struct ftg_voice *speak);

#endif
