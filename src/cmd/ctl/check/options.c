/* The options of ftgatectl check-domain. */
#include "cmd/ctl/check/options.h"

#include <string.h>

#include "base/address/dns_name.h"
#include "base/text/translate.h"

enum { KEY_SELECTOR = 0x300, KEY_IP };

static const struct argp_option options[] = {
	{ "selector", KEY_SELECTOR, N_("NAME"), 0, N_("check-domain: A selector of DKIM; several options for several"),
	    3 },
	{ "ip", KEY_IP, N_("ADDRESS"), 0,
	    N_("check-domain: An address from which the domain's mail is sent (default: those of this machine)"), 3 },
	{ 0 },
};

static void
add_selector(struct check_options *check, struct argp_state *state, const char *name)
{
	if (strlen(name) > DNS_LABEL_MAX || !dns_name_is_valid(name, strlen(name)))
		argp_error(state, _("--selector: '%s' is not a name of the DNS"), name);
	if (check->selector_count == CHECK_SELECTORS_MAX)
		argp_error(state, _("--selector: %d of them at most"), CHECK_SELECTORS_MAX);
	check->selectors[check->selector_count++] = name;
}

static void
add_address(struct check_options *check, struct argp_state *state, const char *text)
{
	if (check->address_count == CHECK_ADDRESSES_MAX)
		argp_error(state, _("--ip: %d of them at most"), CHECK_ADDRESSES_MAX);
	if (!network_parse_address(&check->addresses[check->address_count++], text))
		argp_error(state, _("--ip: '%s' is not an IP address"), text);
}

static error_t
parse_option(int key, char *argument, struct argp_state *state)
{
	switch (key) {
	case KEY_SELECTOR: add_selector(state->input, state, argument); return 0;
	case KEY_IP: add_address(state->input, state, argument); return 0;
	default: return ARGP_ERR_UNKNOWN;
	}
}

const struct argp check_parser = { .options = options, .parser = parse_option };

const char *
check_option(const struct check_options *check)
{
	if (check->selector_count > 0)
		return "--selector";
	return check->address_count > 0 ? "--ip" : NULL;
}
