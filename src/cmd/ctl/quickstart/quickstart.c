/* ftgatectl quickstart: from nothing to a server that is ready to start, with the DNS records that it needs. */
#include "cmd/ctl/quickstart/quickstart.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/text/translate.h"
#include "cmd/ctl/folder.h"

/* An absolute path: the servers may start in another folder. */
static int
make_absolute(char path[PATH_MAX], const char *name)
{
	char here[PATH_MAX] = "";
	if (*name != '/' && getcwd(here, sizeof here) == NULL)
		return ctl_fail(EX_OSERR, _("the current folder is unknown; write %.400s as a path from /"), name);
	int len = snprintf(path, PATH_MAX, "%s%s%s", here, *name == '/' ? "" : "/", name);
	return len < PATH_MAX ? EX_OK : ctl_fail(EX_DATAERR, _("%.400s... is too long for a path"), name);
}

int
ctl_quickstart(struct request *request)
{
	static char config[PATH_MAX], data[PATH_MAX];
	static struct quickstart q = { .user = QUICKSTART_USER, .config = config, .data = data, .write = true };
	q.request = request;
	if (request->format == OUTPUT_CSV)
		return ctl_fail(EX_USAGE, "%s", _("quickstart prints text or JSON, not csv"));
	int status = make_absolute(config, request->config != NULL ? request->config : CTL_CONFIG_DEFAULT);
	if (status == EX_OK)
		status = make_absolute(data, request->data != NULL ? request->data : QUICKSTART_DATA);
	if (status == EX_OK)
		status = quickstart_read(&q);
	if (status != EX_OK)
		return status;
	quickstart_check_machine(&q);
	quickstart_find_addresses(&q);
	quickstart_list_records(&q);
	if (q.write)
		status = quickstart_write(&q);
	if (status == EX_OK)
		(request->json ? quickstart_print_json : quickstart_print)(&q);
	explicit_bzero(q.password, sizeof q.password);
	return status;
}
