/* POP3 at a listener: sessions of src/pop3 on streams of src/net. */
#ifndef CMD_POP3D_SERVICE_H
#define CMD_POP3D_SERVICE_H

#include "config/pop3_settings.h"
#include "net/protocol.h"
#include "pop3/session.h"

struct pop3_service {
	struct protocol protocol;
	struct pop3_config config;
	const char *language; /* of the listener, "" for none */
};

/*
 * Fills in the protocol with the time limits of the settings; all other members are set. The service must outlive its
 * sessions.
 */
void pop3_service_open(struct pop3_service *service, const struct pop3_settings *settings);

#endif
