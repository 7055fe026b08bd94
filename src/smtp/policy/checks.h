/* The checks: what each looks at stands in its own file, when it runs and what it may answer in the table of policy.c. */
#ifndef SMTP_POLICY_CHECKS_H
#define SMTP_POLICY_CHECKS_H

#include "smtp/internal.h"

/* The verdict: policy_pass(), or a refusal, which is one of those that the table names. */
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
policy_check check_services;
policy_check check_filters;
policy_check check_permitted;
policy_check check_posting;
policy_check check_greylist;
policy_check check_greylist_data;
policy_check check_content;
policy_check check_blocklists;
policy_check check_blocklists_recipient;
policy_check check_ptr;
policy_check check_hello;
policy_check check_sender_domain;
policy_check check_recipient_domain;

#endif
