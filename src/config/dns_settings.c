/* Settings of DNS queries. */
#include "config/dns_settings.h"

#include <stdio.h>
#include <string.h>

#include "base/address/network.h"
#include "base/text/translate.h"

enum { SERVER_SIZE = 64 };

/* An address without a port gets that of the DNS. */
static bool
read_server(struct endpoint *server, const char *word, size_t len)
{
	char text[SERVER_SIZE], whole[SERVER_SIZE + sizeof "[]:53"];
	struct network address;
	if (len >= sizeof text)
		return false;
	snprintf(text, sizeof text, "%.*s", (int)len, word);
	bool alone = network_parse_address(&address, text);
	snprintf(whole, sizeof whole, alone ? strchr(text, ':') != NULL ? "[%s]:53" : "%s:53" : "%s", text);
	return endpoint_parse(server, whole) && server->address.any.sa_family != AF_UNIX;
}

int
dns_servers_read(struct endpoint servers[DNS_SERVERS_MAX], const char *text, char error[SECTION_ERROR_SIZE])
{
	int count = 0;
	for (const char *at = text + strspn(text, " "); *at != '\0'; at += strspn(at, " ")) {
		size_t len = strcspn(at, " ");
		if (count == DNS_SERVERS_MAX) {
			snprintf(error, SECTION_ERROR_SIZE, _("there are more than %d name servers; leave '%.40s' out"),
			    DNS_SERVERS_MAX, at);
			return -1;
		}
		if (!read_server(&servers[count++], at, len)) {
			snprintf(error, SECTION_ERROR_SIZE,
			    _("'%.*s' is not a name server; write its address, or ADDRESS:PORT, as 127.0.0.1:53"),
			    (int)(len < 40 ? len : 40), at);
			return -1;
		}
		at += len;
	}
	return count;
}

int
dns_servers_check(const char *text, char error[SECTION_ERROR_SIZE])
{
	struct endpoint servers[DNS_SERVERS_MAX];
	int count = dns_servers_read(servers, text, error);
	if (count == 0)
		snprintf(error, SECTION_ERROR_SIZE,
		    _("'%.40s' names no name server; leave the setting out for those of the system"), text);
	return count > 0 ? 0 : -1;
}
