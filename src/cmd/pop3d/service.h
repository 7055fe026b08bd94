/* POP3 at a listener: sessions of src/pop3 on streams of src/net. */
#ifndef CMD_POP3D_SERVICE_H
#define CMD_POP3D_SERVICE_H

#include "net/protocol.h"
#include "pop3/session.h"

struct pop3_service {
	struct protocol protocol;
	struct pop3_config config;
	const char *language; /* that the listener wishes for, "" for none */
};

/* Fills in the protocol; all else is set. idle is in milliseconds. The service must outlive its sessions. */
void pop3_service_open(struct pop3_service *service, uint64_t idle);

#endif
