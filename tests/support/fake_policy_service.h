/* Stand-ins for policy services and scanners: they say what a test tells them to. */
#ifndef SUPPORT_FAKE_POLICY_SERVICE_H
#define SUPPORT_FAKE_POLICY_SERVICE_H

#include "port/policy_service.h"
#include "port/scanner.h"

/* Answers at once, or when it is told to. service is to be filled by the test but for ask. */
struct service_stand_in {
	struct policy_service service;
	const char *answer;                  /* as it comes from a socket, "action=...\n\n"; NULL: there is none */
	bool late;                           /* the question waits for service_stand_in_answer() */
	struct service_question *waiting;    /* the last that was asked comes first */
	char asked[SERVICE_REQUEST_MAX + 1]; /* the last question */
	unsigned count;                      /* questions */
};

void service_stand_in_open(struct service_stand_in *stand_in, const char *name);
void service_stand_in_answer(struct service_stand_in *stand_in);

struct scanner_stand_in {
	struct scanner scanner;
	enum scan_verdict verdict;
	const char *text;
	size_t octets; /* that the last message had */
	unsigned count;
};

void scanner_stand_in_open(struct scanner_stand_in *stand_in, const char *name);

/* Two of each, with the pointers to them that a session wants; called first and second, one and another. */
enum { STAND_INS = 2 };
void service_stand_ins_open(struct service_stand_in stand_ins[STAND_INS], struct policy_service *services[STAND_INS]);
void scanner_stand_ins_open(struct scanner_stand_in stand_ins[STAND_INS], const struct scanner *scanners[STAND_INS]);

#endif
