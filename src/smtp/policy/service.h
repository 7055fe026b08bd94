/* What the files about policy services share. */
#ifndef SMTP_POLICY_SERVICE_H
#define SMTP_POLICY_SERVICE_H

#include "base/policy_service.h"
#include "smtp/internal.h"

/* service_request.c: what services are told of the session, at the stage of its policy. False where it does not fit. */
bool service_request_write(
    struct service_request *request, const struct smtp_session *s, const struct policy_subject *subject);

/*
 * service_line.c: adds a field that a service wants to the header of the message; once, however often it is wanted.
 * False where it is no field, or there is no room for it.
 */
bool service_line_add(struct envelope *envelope, const char *field);

#endif
