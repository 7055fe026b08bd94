/* Policies of TLS as Postfix's tables have them, and the places that they come from. */
#include "port/tls_policy.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "relay/client/socketmap.h"

static struct tls_policy policy;
static char error[TLS_POLICY_ERROR_SIZE];

static const char *
names(const char *text)
{
	return tls_policy_parse(&policy, text, "example.org", error) ? policy.names : error;
}

static int
level(const char *text)
{
	return tls_policy_parse(&policy, text, "example.org", error) ? (int)policy.level : -1;
}

Test(tls_policy, levels_are_those_of_postfix)
{
	cr_expect_eq(level("none"), TLS_POLICY_NONE);
	cr_expect_eq(level("may"), TLS_POLICY_MAY);
	cr_expect_eq(level("dane"), TLS_POLICY_MAY);
	cr_expect_eq(level("encrypt ciphers=high"), TLS_POLICY_ENCRYPT);
	cr_expect_eq(level("dane-only"), TLS_POLICY_DANE_ONLY);
	cr_expect_eq(level(" \tverify"), TLS_POLICY_VERIFY);
	cr_expect_eq(level("secure"), TLS_POLICY_VERIFY);
	cr_expect_eq(level(""), -1);
	cr_expect_eq(level("fingerprint match=00"), -1);
	cr_expect_str_eq(error, "its policy has the level 'fingerprint'");
	cr_expect_eq(level("secured"), -1);
	cr_expect_eq(level("may match=\x01"), TLS_POLICY_MAY);
	cr_expect_eq(level("secure tafile=/etc/ca.pem"), -1, "whom to trust is not ignored");
	cr_expect_str_eq(error, "its policy has the attribute 'tafile=/etc/ca.pem'");
}

Test(tls_policy, attributes_that_do_not_say_whom_to_trust_are_skipped)
{
	cr_expect_str_eq(names("secure match=mx.example.net servername=hostname policy_type=sts policy_ttl=86400 "
	                       "policy_domain=example.org mx_host_pattern=*.example.net "
	                       "{ policy_string = version: STSv1 } { policy_string = mx: {a} } policy_failure=x"),
	    "mx.example.net");
	cr_expect_eq(level("dane enable_rpk=yes"), TLS_POLICY_MAY);
	cr_expect_eq(level("Dane-Only, protocols=>=TLSv1.2,CIPHERS=high"), TLS_POLICY_DANE_ONLY);
	cr_expect_eq(level("encrypt {policy_string=a, b}"), TLS_POLICY_ENCRYPT);
	for (const char *const *wrong = (const char *const[]) { "secure { tafile = /etc/ca.pem }", "may {}",
	         "may { = a }", "may { policy_string }", "may { policy_string = a", "may { policy_string = a }b",
	         "may =a", "may policy_=a", "may }", "secure { policy_string = a } tafile=/etc/ca.pem",
	         "may enable_rpk", "half-dane", NULL };
	     *wrong != NULL; wrong++)
		cr_expect_eq(level(*wrong), -1, "%s", *wrong);
	cr_expect_str_eq(names("secure { match = mx.example.net:.example.net }"), "mx.example.net .example.net");
	cr_expect_eq(level("secure { match = a b }"), -1, "names are not dropped");
	cr_expect_eq(level("secure { match = a { match = b } }"), -1);
}

Test(tls_policy, names_are_those_of_the_policy_or_of_the_domain)
{
	cr_expect_str_eq(names("verify"), "hostname");
	cr_expect_str_eq(names("secure"), "example.org .example.org");
	cr_expect_str_eq(
	    names("secure match=mx.example.net:.example.net servername=hostname"), "mx.example.net .example.net");
	cr_expect_str_eq(names("secure match=nexthop:hostname:dot-nexthop"), "example.org hostname .example.org");
	for (const char *const *wrong =
	         (const char *const[]) { "secure match=", "secure match=a b", "secure match=a:.:b",
	             "secure match=*.example.org", "secure match=a..b", "secure match=..a", "secure match=:", NULL };
	     *wrong != NULL; wrong++)
		cr_expect_eq(level(*wrong), -1, "%s", *wrong);
	char text[3000] = "secure match=a.example";
	for (int i = 0; i < 200; i++)
		strcat(text, ":a.example");
	cr_expect_eq(level(text), -1, "a list that is cut would be another one");
}

Test(tls_policy, lists_of_the_configuration_are_checked)
{
	cr_expect(tls_policy_names_valid("mx.example.org"));
	cr_expect(tls_policy_names_valid(" .example.org  hostname "));
	cr_expect_not(tls_policy_names_valid(""));
	cr_expect_not(tls_policy_names_valid("mx.example.org,b"));
	cr_expect_not(tls_policy_names_valid("*.example.org"));
}

static bool
is_place(const char *text, const char *host, unsigned port, const char *map)
{
	struct socketmap_place place;
	return socketmap_parse(&place, text) && strcmp(place.address.host, host) == 0 && place.address.port == port &&
	    strcmp(place.map, map) == 0;
}

Test(socketmap, place_is_that_of_postfix)
{
	struct socketmap_place place;
	cr_expect(is_place("socketmap:inet:127.0.0.1:8461:postfix", "127.0.0.1", 8461, "postfix"));
	cr_expect(is_place("socketmap:inet:[::1]:8461:postfix", "::1", 8461, "postfix"));
	cr_expect(is_place("socketmap:unix:/run/sts/socket:sts", "/run/sts/socket", 0, "sts"));
	for (const char *const *wrong = (const char *const[]) { "", "inet:127.0.0.1:8461:postfix",
	         "socketmap:inet:localhost:1:a", "socketmap:inet:127.0.0.1:0:a", "socketmap:inet:127.0.0.1:65536:a",
	         "socketmap:inet:127.0.0.1:1:", "socketmap:inet:127.0.0.1:1", "socketmap:unix:run:a",
	         "socketmap:unix:/run", "socketmap:inet:[::1:1:a", "socketmap:inet:127.0.0.1:99999999999999999999:a",
	         "socketmap:inet:127.0.0.1:1:a b", NULL };
	     *wrong != NULL; wrong++)
		cr_expect_not(socketmap_parse(&place, *wrong), "%s", *wrong);
}
