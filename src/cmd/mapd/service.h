/* Maps at a listener: sessions of src/mapd on streams of src/net. */
#ifndef CMD_MAPD_SERVICE_H
#define CMD_MAPD_SERVICE_H

#include "mapd/session.h"
#include "net/protocol.h"

struct map_service {
	struct protocol protocol;
	const struct mapd_config *config;
	const char *language; /* of the listener, "" for none */
};

/* Fills in the protocol; the other members are set. The service must outlive its sessions. */
void map_service_open(struct map_service *service);

#endif
