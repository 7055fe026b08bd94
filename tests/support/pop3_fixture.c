/* A stage for POP3 sessions. */
#include "pop3_fixture.h"

#include "session/sasl.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define POP_STAGE(pointer) ((struct pop_stage *)(void *)((char *)(pointer)-offsetof(struct pop_stage, outlet)))

/* On the stage a password is its own hash. */
static bool
verify(const char *password, const char *hash)
{
	return hash != NULL && strcmp(password, hash) == 0;
}

static void
wish(struct pop3_outlet *outlet, enum speech_wish whose, const char *language)
{
	speech_wish(&POP_STAGE(outlet)->stage.speech, whose, language);
}

static void
utf8(struct pop3_outlet *outlet, bool on)
{
	POP_STAGE(outlet)->stage.speech.all_utf8 = on;
}

static struct ftg_voice
voice_of(struct pop3_outlet *outlet)
{
	struct stage *stage = &POP_STAGE(outlet)->stage;
	struct ftg_voice voice = stage->voice;

	speech_voice(&stage->speech, 0, &voice);
	return voice;
}

static void
say_reply(struct pop3_outlet *outlet, const struct ftg_reply *reply)
{
	const struct ftg_voice voice = voice_of(outlet);
	char bytes[FTG_REPLY_MAX];

	octets_add(&POP_STAGE(outlet)->stage.output, bytes, ftg_render(bytes, &voice, reply));
}

static void
send_bytes(struct pop3_outlet *outlet, const char *bytes, size_t len)
{
	octets_add(&POP_STAGE(outlet)->stage.output, bytes, len);
}

static bool
is_full(struct pop3_outlet *outlet)
{
	return POP_STAGE(outlet)->deaf && POP_STAGE(outlet)->stage.output.len > 0;
}

static bool
can_encrypt(struct pop3_outlet *outlet)
{
	return POP_STAGE(outlet)->stage.has_certificate;
}

static void
encrypt_octets(struct pop3_outlet *outlet)
{
	POP_STAGE(outlet)->stage.encrypting = true;
}

static void
resume(struct pop3_outlet *outlet)
{
	POP_STAGE(outlet)->stage.resumes++;
}

static void
log_pairs(struct pop3_outlet *outlet, const char *event, ...)
{
	struct octets *events = &POP_STAGE(outlet)->stage.events;
	va_list pairs;

	octets_add(events, event, strlen(event));
	va_start(pairs, event);
	for (const char *key; (key = va_arg(pairs, const char *)) != NULL;) {
		const char *value = va_arg(pairs, const char *);
		if (value == NULL)
			continue;
		octets_add(events, " ", 1);
		octets_add(events, key, strlen(key));
		octets_add(events, "=", 1);
		octets_add(events, value, strlen(value));
	}
	va_end(pairs);
	octets_add(events, "\n", 1);
}

void
pop_stage_open(struct pop_stage *stage, enum ftg_profile profile)
{
	stand_maildrop_standard();
	*stage = (struct pop_stage) {
		.config = { .hostname = "mx.example.test", .profile = profile, .max_errors = 20, .verify = verify },
		.outlet = { .reply = say_reply,
		    .send = send_bytes,
		    .is_full = is_full,
		    .wish = wish,
		    .utf8 = utf8,
		    .voice = voice_of,
		    .can_encrypt = can_encrypt,
		    .encrypt = encrypt_octets,
		    .resume = resume,
		    .log = log_pairs },
	};
	stage_open(&stage->stage, profile);
	stage->stage.speech.utf8 = true;
	stage->config.directory = &stage->stage.directory;
	stage->config.runner = &stage->stage.runner;
	stage->config.hasher = &stage->stage.runner;
	stage->config.guard = &stage->stage.guard;
	stage->config.mechanisms = (1U << SASL_MECHANISMS) - 1;
	stage->session = pop3_session_new(&stage->config, stage->stage.address, &stage->outlet);
	if (stage->session == NULL)
		abort();
}

void
pop_stage_close(struct pop_stage *stage)
{
	stage_run_job(&stage->stage);
	pop3_session_free(stage->session);
	stage_close(&stage->stage);
}

void
pop_stage_go_on(struct pop_stage *stage)
{
	stage_run_job(&stage->stage);
	while (pop3_session_sending(stage->session) && !stage->deaf) {
		pop3_session_more(stage->session);
		stage_run_job(&stage->stage);
	}
}

/* One piece, in memory of its own size so that a sanitizer sees a step beyond it. */
static void
feed_piece(struct pop_stage *stage, const char *bytes, size_t len)
{
	char *piece = malloc(len);
	size_t taken = 0, now = 1;

	if (piece == NULL)
		abort();
	memcpy(piece, bytes, len);
	while (taken < len && now > 0 && !pop3_session_closed(stage->session) && !stage->stage.encrypting) {
		now = pop3_session_feed(stage->session, piece + taken, len - taken);
		taken += now;
		pop_stage_go_on(stage);
	}
	if (stage->stage.encrypting)
		stage->stage.dropped += len - taken;
	free(piece);
}

void
pop_stage_feed(struct pop_stage *stage, const char *bytes, size_t len, size_t piece)
{
	for (size_t at = 0; at < len && !pop3_session_closed(stage->session); at += piece) {
		feed_piece(stage, bytes + at, piece < len - at ? piece : len - at);
		if (piece >= len - at)
			return;
	}
}

void
pop_stage_shake_hands(struct pop_stage *stage)
{
	if (stage->stage.encrypting)
		pop3_session_encrypted(stage->session);
	stage->stage.encrypting = false;
}
