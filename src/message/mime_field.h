/* What Content-Type and Content-Disposition say of a part of a message (RFC 2045, 2183, 2231; RFC 2047 in names). */
#ifndef MESSAGE_MIME_FIELD_H
#define MESSAGE_MIME_FIELD_H

enum { MIME_TYPE_SIZE = 256 };

/* Is told a text that has been found in a field; it lasts until the call returns. */
typedef void mime_found(void *context, const char *text);

/* To be called once before the others, which any thread may call then. */
void mime_field_prepare(void);

/*
 * The media type that an unfolded Content-Type field tells, as "text/plain", cut where it is longer; of one that cannot
 * be read, what GMime makes of it. Hands out each boundary that it has.
 */
void mime_field_type(const char *value, char type[MIME_TYPE_SIZE]);
void mime_field_boundaries(const char *value, mime_found *boundary, void *context);

/*
 * Hands out each file name that the value of one of the two fields holds, decoded, as UTF-8 as far as it can be told, and
 * without the dots, blanks and quotes at its end that systems leave out. It may be handed out several times.
 */
void mime_field_names(const char *value, mime_found *name, void *context);

#endif
