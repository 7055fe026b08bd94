/* Completes addresses without a domain in fields such as From (RFC 6409 section 8.8). */
#ifndef MESSAGE_ADDRESS_COMPLETE_H
#define MESSAGE_ADDRESS_COMPLETE_H

#include <stdbool.h>
#include <stddef.h>

/* Has a field of this name addresses that are completed: From, Sender, Reply-To, To, Cc? */
bool address_complete_field(const char *name, size_t name_len);

/*
 * Finds where the value of such a field, folded or not, lacks "@domain": calls found() for each, in order, with the
 * offset of the local part and that of its end. Found is a local part that stands alone between commas, or in angle brackets. A
 * value that keeps no rule (RFC 5322 section 3.4) there has none.
 */
void address_complete(
    const char *value, size_t len, void (*found)(void *context, size_t begin, size_t end), void *context);

#endif
