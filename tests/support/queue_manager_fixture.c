/* A fixture for the manager of the queue. */
#include "queue_manager_fixture.h"

#include <criterion/criterion.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/log/log.h"
#include "folder.h"

struct fake_dialer server;
struct fake_resolver resolver;
struct maildir_agent agent;
struct routes routes;
static struct stores stores;
const char *store_of_anna = "";
struct queue_manager *manager;
struct queue_manager_config config;
int64_t time_now, alarm_wait;
bool stopped;
char last_id[QUEUE_ID_SIZE];
struct queue_entry entry;
bool hold_jobs;
bool directory_is_late;
unsigned jobs_started;
uintptr_t lowest = UINTPTR_MAX;

struct job *first_job;

static void
run_job(struct executor *jobs, struct job *job)
{
	struct job **at = &first_job;
	(void)jobs;
	jobs_started++;
	while (*at != NULL)
		at = &(*at)->next;
	job->next = NULL;
	*at = job;
}

static struct executor jobs = { .start = run_job };
static struct client_pool pool;

void
run_first_job(void)
{
	struct job *job = first_job;
	first_job = job->next;
	job->work(job);
	job->done(job);
}

static bool
run_turn(void)
{
	if (alarm_wait != 0)
		return false;
	alarm_wait = -1;
	queue_manager_turn(manager);
	return true;
}

void
run_jobs(unsigned count)
{
	while (count-- > 0) {
		while (run_turn())
			;
		run_first_job();
	}
	while (run_turn())
		;
}

size_t
count_logged(const char *part)
{
	size_t count = 0;
	for (const char *at = logged(); (at = strstr(at, part)) != NULL; at++)
		count++;
	return count;
}

void
settle_down(void)
{
	for (bool any = true; any;) {
		any = fake_resolver_run(&resolver) || fake_dialer_run(&server) || run_turn();
		for (; first_job != NULL && !hold_jobs; any = true)
			run_first_job();
	}
}

static int64_t
now(void)
{
	uintptr_t here = (uintptr_t)__builtin_frame_address(0);
	lowest = here < lowest ? here : lowest;
	return 1000 * time_now;
}

static void
set_alarm(void *context, int64_t wait)
{
	(void)context;
	alarm_wait = wait;
}

static void
on_stopped(void *context)
{
	(void)context;
	stopped = true;
}

static struct ftg_voice
voice(void *context, const char *language)
{
	(void)context;
	(void)language;
	return (struct ftg_voice) { 0 };
}

static enum directory_verdict
find_recipient(struct recipient_question *question)
{
	const struct address *address = &question->address;
	struct recipient *recipient = &question->recipient;
	*recipient = (struct recipient) { .kind = RECIPIENT_ACCOUNT };
	if (strcmp(address->domain, "example.test") != 0)
		return strcmp(address->domain, "broken.test") == 0 ? DIRECTORY_FAILED : DIRECTORY_NO_DOMAIN;
	if (strcmp(address->local, "team") == 0 || strcmp(address->local, "crew-bounces") == 0) {
		recipient->kind = RECIPIENT_LIST;
		snprintf(recipient->local, sizeof recipient->local, "%s", address->local);
		return DIRECTORY_FOUND;
	}
	if (strcmp(address->local, "anna") != 0 && strcmp(address->local, "team-bounces") != 0)
		return DIRECTORY_NO_MAILBOX;
	mailbox_set_address(&recipient->mailbox, address->local, "example.test");
	snprintf(recipient->mailbox.store, sizeof recipient->mailbox.store, "%s", store_of_anna);
	return DIRECTORY_FOUND;
}

/* A question that is answered as a job ends: when the other jobs do. */
struct answer {
	struct job job;
	struct directory_question *question;
	enum directory_verdict verdict;
};

static void
do_nothing(struct job *job)
{
	(void)job;
}

static void
give_answer(struct job *job)
{
	struct answer *answer = (struct answer *)(void *)job;
	struct directory_question *question = answer->question;
	enum directory_verdict verdict = answer->verdict;
	free(answer);
	directory_answer(question, verdict);
}

static void
answer(struct directory_question *question, enum directory_verdict verdict)
{
	struct answer *answer = malloc(sizeof *answer);
	cr_assert_not_null(answer);
	*answer = (struct answer) { { .work = do_nothing, .done = give_answer }, question, verdict };
	snprintf(
	    question->detail, sizeof question->detail, "%s", verdict == DIRECTORY_FAILED ? "the directory fails" : "");
	if (directory_is_late)
		config.jobs->start(config.jobs, &answer->job);
	else
		give_answer(&answer->job);
}

static void
ask_recipient(struct directory *directory, struct recipient_question *question)
{
	(void)directory;
	answer(&question->base, find_recipient(question));
}

static void
ask_expansion(struct directory *directory, struct expansion_question *question)
{
	struct expansion *found = &question->expansion;
	(void)directory;
	*found = (struct expansion) { .mailboxes = calloc(1, sizeof *found->mailboxes), .count = 1 };
	cr_assert_not_null(found->mailboxes);
	mailbox_set_address(found->mailboxes, "anna", "example.test");
	answer(&question->base, DIRECTORY_FOUND);
}

static const struct directory_ops directory_ops = {
	.recipient = ask_recipient,
	.expand = ask_expansion,
};
static struct directory directory = { &directory_ops };

void
use_store(const char *place)
{
	route_clear(&routes.mailboxes);
	if (place != NULL)
		cr_assert(route_parse(&routes.mailboxes, place));
	stores_close(&stores);
	stores_open(&stores, &routes.mailboxes, &pool, NULL);
}

void
set_up(void)
{
	folder_make();
	log_open(open("log", O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600), NULL);
	fake_dialer_open(&server);
	client_pool_open(&pool, &server.dialer, &jobs);
	use_store(NULL);
	fake_resolver_open(&resolver);
	cr_assert_eq(maildir_agent_open(&agent, "mail", "queue", "mx.example.test"), 0);
	fake_resolver_tell(&resolver, "MX example.net 10:mx1.example.net");
	fake_resolver_tell(&resolver, "A mx1.example.net 192.0.2.1");
	fake_resolver_tell(&resolver, "MX example.org 10:mx1.example.org");
	fake_resolver_tell(&resolver, "A mx1.example.org 192.0.2.2");
	routes.mx = true;
	alarm_wait = -1;
	time_now = 1000000000;
	config = (struct queue_manager_config) {
		.queue = agent.queue,
		.world = { .resolver = &resolver.resolver, .hostname = "mx.example.test" },
		.routes = &routes,
		.pool = &pool,
		.jobs = &jobs,
		.directory = &directory,
		.delivery = &agent.agent,
		.stores = &stores,
		.contact = "",
		.times = { 1000, 1000, 1000, 60000 },
		.retry = 60,
		.retry_max = HOUR,
		.expire = 120 * HOUR,
		.delay_notice = 4 * HOUR,
		.max_deliveries = 10,
		.max_per_server = 5,
		.now = now,
		.voice = voice,
		.alarm = set_alarm,
		.stopped = on_stopped,
	};
	manager = queue_manager_new(&config);
}

void
tear_down(void)
{
	hold_jobs = false;
	settle_down();
	client_pool_close(&pool);
	settle_down();
	queue_manager_free(manager);
	use_store(NULL);
	fake_dialer_close(&server);
	maildir_agent_close(&agent);
	folder_remove();
}

static void
add_entry(const char *sender, size_t count, const char *const *addresses, bool mailboxes)
{
	static const char octets[] = "Subject: a\n\nb\n";
	struct queue_entry added = { .arrival = time_now };
	token_make(added.id);
	snprintf(last_id, sizeof last_id, "%s", added.id);
	added.sender = strdup(sender);
	for (size_t i = 0; i < count; i++)
		cr_assert_not_null(queue_entry_add(&added, addresses[i]));
	for (size_t i = 0; i < count; i++)
		added.recipients[i].mailbox = mailboxes;
	cr_assert_eq(queue_add(&agent.queue, &added, octets, sizeof octets - 1), 0);
	queue_entry_clear(&added);
}

void
add_from(const char *sender, size_t count, const char *const *addresses)
{
	add_entry(sender, count, addresses, false);
}

void
add_to_mailboxes(size_t count, const char *const *addresses)
{
	add_entry("otto@example.org", count, addresses, true);
}

void
add(const char *address)
{
	add_from("anna@example.test", 1, &address);
}

void
start(void)
{
	queue_manager_start(manager);
	settle_down();
}

void
pass(int64_t seconds)
{
	time_now += seconds;
	queue_manager_turn(manager);
	settle_down();
}

const struct queue_entry *
stored(void)
{
	queue_entry_clear(&entry);
	cr_assert_eq(queue_load(&agent.queue, last_id, &entry), 0, "%s", strerror(errno));
	return &entry;
}

bool
is_gone(void)
{
	queue_entry_clear(&entry);
	return queue_load(&agent.queue, last_id, &entry) < 0 && errno == ENOENT;
}

const char *
logged(void)
{
	static char text[1 << 18];
	FILE *file = fopen("log", "r");
	size_t len = fread(text, 1, sizeof text - 1, file);
	text[len] = '\0';
	fclose(file);
	return text;
}

const char *
mailbox(const char *maildir)
{
	static char text[1 << 16];
	char path[300];
	snprintf(path, sizeof path, "mail/%s/new", maildir);
	text[0] = '\0';
	DIR *folder = opendir(path);
	if (folder == NULL)
		return text;
	for (struct dirent *at; (at = readdir(folder)) != NULL;) {
		if (at->d_name[0] == '.')
			continue;
		FILE *file = fdopen(openat(dirfd(folder), at->d_name, O_RDONLY | O_CLOEXEC), "r");
		text[fread(text, 1, sizeof text - 1, file)] = '\0';
		fclose(file);
		break;
	}
	closedir(folder);
	return text;
}

size_t
count_mail(const char *maildir)
{
	char path[300];
	size_t count = 0;
	snprintf(path, sizeof path, "mail/%s/new", maildir);
	DIR *folder = opendir(path);
	for (struct dirent *at; folder != NULL && (at = readdir(folder)) != NULL;)
		count += at->d_name[0] != '.';
	if (folder != NULL)
		closedir(folder);
	return count;
}

void
expect_in(const char *text, const char *part)
{
	cr_expect_not_null(strstr(text, part), "%s\nis not in\n%s", part, text);
}
