/* A program that uses libftgate as it is installed: says one reply in German from the locale folder of its argument. */
#include <ftgate/catalog.h>
#include <stdio.h>
#include <string.h>

int
main(int argc, char **argv)
{
	char line[FTG_REPLY_MAX];
	const char *address = "test@example.org";
	ftg_catalog *catalog = ftg_catalog_open(&(struct ftg_sources) { .locale = argv[argc - 1] }, NULL, NULL);
	struct ftg_voice voice = { .catalog = catalog, .language = ftg_catalog_find(catalog, "de_AT") };
	struct ftg_reply reply = ftg_reply_text(ERR_SMTP_ADDRESS_UNKNOWN, address, strlen(address));

	fwrite(line, 1, ftg_render(line, &voice, &reply), stdout);
	ftg_catalog_free(catalog);
	return 0;
}
