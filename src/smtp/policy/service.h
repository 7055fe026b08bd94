/* Shared by the files about policy services and filters. */
#ifndef SMTP_POLICY_SERVICE_H
#define SMTP_POLICY_SERVICE_H

#include "port/policy_service.h"
#include "smtp/internal.h"

/* service_request.c: writes the request about the session at the stage of its policy. False if it does not fit. */
bool service_request_write(
    struct service_request *request, const struct smtp_session *s, const struct policy_subject *subject);

/*
 * service_line.c: adds a field that a service requests to the header of the message; once, even if it is requested
 * again. Returns false if it is not a field, or if there is no room for it.
 */
bool service_line_add(struct envelope *envelope, const char *field);

/*
 * spf.c: the argument of #4.59: a domain, and in quotes the words that it gives, "SPF fail" for none. Words of a stranger
 * are introduced as such (RFC 7208 section 6.2); they cannot end the quotation. Returns the length.
 */
enum { SPF_WORDS_SIZE = ADDRESS_DOMAIN_MAX + SERVICE_TEXT_SIZE + 8 };
size_t spf_words(char words[SPF_WORDS_SIZE], const struct smtp_session *s, const char *text);

#endif
