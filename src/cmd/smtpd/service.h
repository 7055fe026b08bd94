/* SMTP at a listener: sessions of src/smtp on streams of src/net. */
#ifndef CMD_SMTPD_SERVICE_H
#define CMD_SMTPD_SERVICE_H

#include "net/protocol.h"
#include "smtp/session.h"

struct smtp_service {
	struct protocol protocol;
	struct smtp_config config;
	const char *language; /* of the listener, "" for none */
	bool utf8;            /* what a client chooses by XLANG is spoken in UTF-8 */
};

/* Fills in the protocol; all other members are set. The service must outlive its sessions. */
void smtp_service_open(struct smtp_service *service, const struct limits *limits);

#endif
