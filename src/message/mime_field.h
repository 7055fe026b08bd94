/* Reads Content-Type and Content-Disposition of a part of a message (RFC 2045, 2183, 2231; RFC 2047 in names). */
#ifndef MESSAGE_MIME_FIELD_H
#define MESSAGE_MIME_FIELD_H

enum { MIME_TYPE_SIZE = 256 };

/* Receives a text that was found in a field; it lasts until the call returns. */
typedef void mime_found(void *context, const char *text);

/* Must be called once before the others, which any thread may call then. */
void mime_field_prepare(void);

/*
 * The media type of an unfolded Content-Type field, such as "text/plain", cut if it is longer; if the field cannot be
 * parsed, GMime's result.
 */
void mime_field_type(const char *value, char type[MIME_TYPE_SIZE]);

/* Passes each boundary of an unfolded Content-Type field. */
void mime_field_boundaries(const char *value, mime_found *boundary, void *context);

/*
 * Passes each file name in the value of one of the two fields, decoded, as UTF-8 if its charset is known, and without the
 * dots, blanks and quotes at its end that systems leave out. A name may be passed several times.
 */
void mime_field_names(const char *value, mime_found *name, void *context);

#endif
