/* Has filters look at the message in its file, one after another up to the first that has something against it. */
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/printable.h"
#include "port/scanner.h"
#include "smtp/policy/checks.h"
#include "smtp/policy/inspection.h"
#include "smtp/policy/service.h"

enum { RECIPIENTS_MAX = 100 };

/* What filters have said. */
struct finding {
	enum scan_verdict verdict;
	char text[SCAN_TEXT_SIZE];
};

/* Whom the message is for: as the client named the one recipient, else the addresses that recipients have come to. */
struct recipients {
	size_t count;
	const char *address[RECIPIENTS_MAX];
};

static void
find_recipients(struct recipients *recipients, const struct envelope *envelope)
{
	recipients->count = 0;
	if (envelope->rcpts == 1) {
		recipients->address[recipients->count++] = envelope->first;
		return;
	}
	for (size_t i = 0; i < envelope->count && recipients->count < RECIPIENTS_MAX; i++)
		recipients->address[recipients->count++] = envelope->mailboxes[i].address;
	const size_t relayed = envelope->relay != NULL ? envelope->relay->count : 0;
	for (size_t i = 0; i < relayed && recipients->count < RECIPIENTS_MAX; i++)
		recipients->address[recipients->count++] = envelope->relay->recipients[i].address;
}

static struct scan_subject
subject_of(const struct inspection *inspection, const struct recipients *recipients)
{
	const struct smtp_session *s = inspection->s;
	struct stat status;

	return (struct scan_subject) {
		.file = inspection->file,
		.size = fstat(inspection->file, &status) == 0 ? (uint64_t)status.st_size : 0,
		.sender = s->envelope.sender,
		.recipients = recipients->address,
		.recipient_count = recipients->count,
		.address = s->peer.address,
		.helo = s->name,
		.client_name = s->client_name,
		.user = s->user,
		.session = s->peer.session,
		.hostname = s->config->hostname,
	};
}

static enum ftg_id
refusal_of(const struct scanner *scanner, enum scan_verdict verdict)
{
	switch (verdict) {
	case SCAN_REFUSED: return ERR_SMTP_MESSAGE_OTHER;
	case SCAN_DEFERRED: return ERR_SMTP_GLFAILDATA;
	case SCAN_SPF: return ERR_SMTP_SPFFAIL;
	case SCAN_FAILED: return scanner->closed ? ERR_SMTP_HARDERROR : FTG_IDS;
	default: return FTG_IDS;
	}
}

static void
refuse(struct inspection *inspection, const struct scanner *scanner, const struct finding *finding)
{
	char words[SPF_WORDS_SIZE];

	inspection->cause = scanner->name;
	if (inspection->id == ERR_SMTP_SPFFAIL)
		spf_words(words, inspection->s, finding->text);
	else
		memcpy(words, finding->text, sizeof finding->text);
	printable_copy(inspection->text, sizeof inspection->text, words, strlen(words));
}

/* On the loop: filters that have nothing to say are not told of. */
static void
tell(struct inspection *inspection)
{
	static const char *const answers[] = {
		[SCAN_CLEAN] = "passed",
		[SCAN_REFUSED] = "refused",
		[SCAN_SPF] = "spf",
		[SCAN_DEFERRED] = "deferred",
		[SCAN_FAILED] = "failed",
	};
	struct smtp_session *s = inspection->s;
	const struct finding *findings = inspection->found;

	for (size_t i = 0; i < s->config->scanner_count; i++) {
		const struct finding *finding = &findings[i];
		if (finding->verdict != SCAN_CLEAN || finding->text[0] != '\0')
			s->outlet->log(s->outlet, "filter", "filter", s->config->scanners[i]->name, "answer",
			    answers[finding->verdict], "detail", finding->text[0] != '\0' ? finding->text : NULL, NULL);
	}
	free(inspection->found);
}

/* In a job. */
static void
look(struct inspection *inspection)
{
	const struct smtp_config *config = inspection->s->config;
	struct finding *findings = calloc(config->scanner_count, sizeof *findings);
	struct recipients recipients;

	if (findings == NULL) {
		inspection->id = ERR_SMTP_HARDERROR;
		return;
	}
	inspection->found = findings;
	inspection->tell = tell;
	find_recipients(&recipients, &inspection->s->envelope);
	const struct scan_subject subject = subject_of(inspection, &recipients);
	for (size_t i = 0; i < config->scanner_count; i++) {
		const struct scanner *scanner = config->scanners[i];
		findings[i].verdict = scanner->scan(scanner, &subject, findings[i].text);
		inspection->id = refusal_of(scanner, findings[i].verdict);
		if (inspection->id != FTG_IDS) {
			refuse(inspection, scanner, &findings[i]);
			break;
		}
	}
}

struct ftg_reply
check_filters(struct smtp_session *s, const struct policy_subject *subject)
{
	(void)subject;
	return s->config->scanner_count > 0 ? inspection_start(s, s->config->scanning, look) : policy_pass();
}
