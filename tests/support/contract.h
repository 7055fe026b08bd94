/* What holds of every rendered reply, whatever the catalogue and the arguments hold. */
#ifndef SUPPORT_CONTRACT_H
#define SUPPORT_CONTRACT_H

#include <ftgate/catalog.h>

/* NULL where the octets keep the contract; else which part of it they break. */
const char *contract_breach(
    const struct ftg_voice *voice, const struct ftg_reply *reply, const char *octets, size_t len);

#endif
