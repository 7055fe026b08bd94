/* The addresses of this machine. */
#ifndef CMD_CTL_QUICKSTART_ADDRESSES_H
#define CMD_CTL_QUICKSTART_ADDRESSES_H

#include <stddef.h>

#include "base/address/network.h"

/* Writes the addresses of this machine that the world may reach, "room" of them at most. Returns their number. */
size_t addresses_find(struct network addresses[], size_t room);

#endif
