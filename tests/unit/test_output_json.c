/* JSON that is written member by member. */
#include "cmd/output/json.h"

#include <criterion/criterion.h>
#include <stdlib.h>

static char *printed;

static void
free_printed(void)
{
	free(printed);
}

TestSuite(output_json, .fini = free_printed);

static FILE *
start(struct json *json, unsigned breaks)
{
	static size_t len;
	FILE *to = open_memstream(&printed, &len);
	*json = (struct json) { .to = to, .breaks = breaks };
	return to;
}

static void
write_all(struct json *json)
{
	json_open(json, NULL, '{');
	json_text(json, "a", "x\"\n");
	json_open(json, "b", '[');
	json_open(json, NULL, '{');
	json_number(json, "c", 18446744073709551615u);
	json_flag(json, "d", true);
	json_close(json, '}');
	json_text_of(json, NULL, "xyz", 1);
	json_close(json, ']');
	json_open(json, "e", '{');
	json_close(json, '}');
	json_text(json, "f", NULL);
	json_close(json, '}');
}

Test(output_json, members_have_commas_between_them)
{
	struct json json;
	FILE *to = start(&json, 0);
	write_all(&json);
	fclose(to);
	cr_expect_str_eq(printed,
	    "{\"a\": \"x\\\"\\u000a\", \"b\": [{\"c\": 18446744073709551615, \"d\": true}, \"x\"], \"e\": {}, \"f\": null}\n",
	    "%s", printed);
}

Test(output_json, members_up_to_a_depth_have_lines_of_their_own)
{
	struct json json;
	FILE *to = start(&json, 2);
	write_all(&json);
	fclose(to);
	cr_expect_str_eq(printed,
	    "{\n \"a\": \"x\\\"\\u000a\",\n \"b\": [\n  {\"c\": 18446744073709551615, \"d\": true},\n  \"x\"\n ],\n \"e\": {},\n"
	    " \"f\": null\n}\n",
	    "%s", printed);
}

Test(output_json, octets_that_are_no_utf8_are_replaced)
{
	struct json json;
	FILE *to = start(&json, 0);
	json_open(&json, NULL, '[');
	json_text(&json, NULL, "\xFF\x80");
	json_close(&json, ']');
	fclose(to);
	cr_expect_str_eq(printed, "[\"\\ufffd\\ufffd\"]\n", "%s", printed);
}
