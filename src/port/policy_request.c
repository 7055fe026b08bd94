/* Requests to policy services: one attribute a line, which no value can end. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text/ascii.h"
#include "base/text/utf8.h"
#include "port/policy_service.h"

static void
put(struct service_request *request, const char *octets, size_t len)
{
	if (len > sizeof request->text - request->len) {
		request->overflow = true;
		return;
	}
	memcpy(request->text + request->len, octets, len);
	request->len += len;
}

void
service_put_octets(struct service_request *request, const char *name, const char *value, size_t len)
{
	put(request, name, strlen(name));
	put(request, "=", 1);
	for (size_t i = 0, octets; i < len; i += octets) {
		octets = utf8_length(value + i, len - i);
		bool fit = octets > 0 && !ascii_is_control(value[i]);
		octets = octets > 0 ? octets : 1;
		put(request, fit ? value + i : "?", fit ? octets : 1);
	}
	put(request, "\n", 1);
}

void
service_put(struct service_request *request, const char *name, const char *value)
{
	service_put_octets(request, name, value, value == NULL ? 0 : strlen(value));
}

void
service_put_number(struct service_request *request, const char *name, uint64_t number)
{
	char digits[24];

	snprintf(digits, sizeof digits, "%" PRIu64, number);
	service_put(request, name, digits);
}

bool
service_end(struct service_request *request)
{
	put(request, "\n", 1);
	return !request->overflow;
}
