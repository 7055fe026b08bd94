/* Encryption between the octets of a socket and those of a session; before it begins, octets pass as they are. */
#include "net/encryption.h"

int
encryption_begin(struct encryption *encryption, const struct tls_context *context)
{
	encryption->tls = tls_new(context);
	encryption->state = TLS_HANDSHAKING;
	return encryption->tls == NULL ? -1 : 0;
}

static void
send_output(struct encryption *encryption)
{
	size_t len;
	const void *octets = tls_output(encryption->tls, &len);
	if (len == 0)
		return;
	encryption->answered = true;
	output_write(&encryption->output, octets, len);
	tls_sent(encryption->tls, len);
}

void
encryption_feed(struct encryption *encryption, const char *octets, size_t len)
{
	tls_feed(encryption->tls, octets, len);
}

bool
encryption_is_waiting(const struct encryption *encryption)
{
	return encryption->tls != NULL && tls_is_waiting(encryption->tls);
}

bool
encryption_is_handshaking(const struct encryption *encryption)
{
	return encryption->tls != NULL && tls_state(encryption->tls) == TLS_HANDSHAKING;
}

size_t
encryption_read(struct encryption *encryption, char *octets, size_t size)
{
	size_t len = tls_read(encryption->tls, octets, size);
	send_output(encryption);
	return len;
}

void
encryption_write(struct encryption *encryption, const char *octets, size_t len)
{
	if (encryption->tls == NULL) {
		output_write(&encryption->output, octets, len);
		return;
	}
	while (len > 0 && tls_state(encryption->tls) == TLS_OPEN) {
		size_t taken = tls_write(encryption->tls, octets, len);
		send_output(encryption);
		octets += taken;
		len -= taken;
	}
}

enum encryption_event
encryption_event(struct encryption *encryption)
{
	static const enum encryption_event events[] = {
		[TLS_HANDSHAKING] = ENCRYPTION_NOTHING,
		[TLS_OPEN] = ENCRYPTION_OPENED,
		[TLS_CLOSED] = ENCRYPTION_CLOSED,
		[TLS_FAILED] = ENCRYPTION_FAILED,
	};
	if (encryption->tls == NULL || tls_state(encryption->tls) == encryption->state)
		return ENCRYPTION_NOTHING;
	encryption->state = tls_state(encryption->tls);
	return events[encryption->state];
}

void
encryption_close(struct encryption *encryption)
{
	if (encryption->tls == NULL || tls_state(encryption->tls) != TLS_OPEN)
		return;
	tls_close(encryption->tls);
	encryption->state = tls_state(encryption->tls);
	send_output(encryption);
}

void
encryption_free(struct encryption *encryption)
{
	tls_free(encryption->tls);
	encryption->tls = NULL;
}
