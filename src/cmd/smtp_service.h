/* SMTP at a listener: sessions of src/smtp on streams of src/net. */
#ifndef CMD_SMTP_SERVICE_H
#define CMD_SMTP_SERVICE_H

#include "net/protocol.h"
#include "smtp/session.h"

struct smtp_service {
	struct protocol protocol;
	struct smtp_config config;
};

/* Fills in the protocol; config is set. The service must outlive its sessions. */
void smtp_service_open(struct smtp_service *service, const struct limits *limits);

#endif
