/* Stand-ins for policy services and scanners: they say what a test tells them to. */
#ifndef SUPPORT_FAKE_POLICY_SERVICE_H
#define SUPPORT_FAKE_POLICY_SERVICE_H

#include "port/policy_service.h"
#include "port/scanner.h"

/* Answers at once, or when it is told to. service is to be filled by the test but for ask. */
struct fake_policy_service {
	struct policy_service service;
	const char *answer;                  /* as it comes from a socket, "action=...\n\n"; NULL: there is none */
	bool late;                           /* the question waits for fake_policy_service_answer() */
	struct service_question *waiting;    /* the last that was asked comes first */
	char asked[SERVICE_REQUEST_MAX + 1]; /* the last question */
	unsigned count;                      /* questions */
};

void fake_policy_service_open(struct fake_policy_service *fake, const char *name);
void fake_policy_service_answer(struct fake_policy_service *fake);

struct fake_scanner {
	struct scanner scanner;
	enum scan_verdict verdict;
	const char *text;
	const char *adds, *removes, *renames; /* a field "Name: value", a name, a subject; NULL: none */
	size_t octets;                        /* that the last message had */
	unsigned count;
	bool late;                     /* the question waits for fake_scanner_answer() */
	struct scan_question *waiting; /* the last one */
};

void fake_scanner_answer(struct fake_scanner *fake);

void fake_scanner_open(struct fake_scanner *fake, const char *name);

/* Two of each, with the pointers to them that a session wants; called first and second, one and another. */
enum { FAKES = 2 };
void fake_policy_services_open(struct fake_policy_service fakes[FAKES], struct policy_service *services[FAKES]);
void fake_scanners_open(struct fake_scanner fakes[FAKES], struct scanner *scanners[FAKES]);

#endif
