/* Divides the recipients of an entry among attempts. */
#ifndef RELAY_PLAN_H
#define RELAY_PLAN_H

#include "relay/admission.h"

/*
 * Makes an attempt for each next hop and sender of the recipients that are due, in time that grows with their number. The
 * entry fails when memory is out.
 */
void plan_attempts(struct admission *admission, struct active_entry *active);

#endif
