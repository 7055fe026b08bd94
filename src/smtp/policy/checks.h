/* The checks of the policy, each in its own file. The table in policy.c says when each runs and what it may reply. */
#ifndef SMTP_POLICY_CHECKS_H
#define SMTP_POLICY_CHECKS_H

#include "smtp/internal.h"

/* Returns policy_pass(), or one of the refusals that the table lists for the check. */
typedef struct ftg_reply policy_check(struct smtp_session *s, const struct policy_subject *subject);

policy_check check_client_lookup;
policy_check check_sender_lookup;
policy_check check_recipient_lookup;
policy_check check_refused_network;
policy_check check_send_right;
policy_check check_own_sender;
policy_check check_hosted_sender;
policy_check check_spoofing;
policy_check check_sender_blacklist;
policy_check check_temporary_blacklist;
policy_check check_blacklist;
policy_check check_access_known;
policy_check check_services;
policy_check check_filters;
policy_check check_permitted;
policy_check check_posting;
policy_check check_greylist;
policy_check check_greylist_data;
policy_check check_author;
policy_check check_content;
policy_check check_blocklists;
policy_check check_blocklists_recipient;
policy_check check_ptr;
policy_check check_hello;
policy_check check_sender_domain;
policy_check check_recipient_domain;

/* author.c: do all authors of a user's message with SMTPUTF8 have the domain of its sender? Not known of others: false. */
bool author_is_own(const struct smtp_session *s);

/* Is called once, on the loop; verdict is the refusal, or FTG_IDS. */
typedef void greylist_then(void *context, enum ftg_id verdict);

/*
 * Greylists the message, which is written and which a filter suspects, if only such mail has to wait. Returns false if it need
 * not be asked: then() is not called. Otherwise then() is called, with #3.19 while the message has to wait, possibly before
 * this returns.
 */
bool greylist_suspect(struct smtp_session *s, greylist_then *then, void *context);

#endif
