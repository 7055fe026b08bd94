/* Writes JSON member by member. */
#include "cmd/output/json.h"

#include <inttypes.h>
#include <string.h>

#include "base/text/printable.h"

static void
begin_line(const struct json *json)
{
	if (json->depth > 0 && json->depth <= json->breaks)
		fprintf(json->to, "\n%*s", (int)json->depth, "");
}

static void
begin(struct json *json, const char *name)
{
	if (json->has_members)
		fputs(json->depth <= json->breaks ? "," : ", ", json->to);
	begin_line(json);
	if (name != NULL)
		fprintf(json->to, "\"%s\": ", name);
	json->has_members = true;
}

void
json_open(struct json *json, const char *name, char bracket)
{
	begin(json, name);
	fputc(bracket, json->to);
	json->depth++;
	json->has_members = false;
}

void
json_close(struct json *json, char bracket)
{
	bool breaks = json->has_members && json->depth <= json->breaks;
	json->depth--;
	if (breaks)
		fprintf(json->to, "\n%*s", (int)json->depth, "");
	fputc(bracket, json->to);
	json->has_members = true;
	if (json->depth == 0)
		fputc('\n', json->to);
}

void
json_text_of(struct json *json, const char *name, const char *text, size_t len)
{
	begin(json, name);
	printable_json(json->to, text, len);
}

void
json_text(struct json *json, const char *name, const char *text)
{
	json_text_of(json, name, text, text != NULL ? strlen(text) : 0);
}

void
json_number(struct json *json, const char *name, uint64_t number)
{
	begin(json, name);
	fprintf(json->to, "%" PRIu64, number);
}

void
json_flag(struct json *json, const char *name, bool flag)
{
	begin(json, name);
	fputs(flag ? "true" : "false", json->to);
}
