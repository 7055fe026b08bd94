/* What ftgatectl quickstart writes: the configuration, and the data folder with the domain and the account. */
#include <errno.h>
#include <fcntl.h>
#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/system/data.h"
#include "base/system/privileges.h"
#include "base/text/translate.h"
#include "cmd/ctl/quickstart/quickstart.h"
#include "directory/accounts.h"
#include "session/password.h"
#include "store/maildir_store.h"

int
quickstart_check_new(const struct quickstart *q)
{
	char path[PATH_MAX];
	struct stat status;
	if (lstat(q->config, &status) == 0)
		return ctl_fail(EX_CANTCREAT,
		    _("%s exists: nothing was changed. To host the domain with it: ftgatectl -c %s domain add %s. To only see the "
		      "checks and the records: ftgatectl quickstart %s write=no. To begin anew, move the file away"),
		    q->config, q->config, q->domain, q->domain);
	if (data_path(path, q->data, "ftgate.db") == 0 && lstat(path, &status) == 0)
		return ctl_fail(EX_CANTCREAT,
		    _("%s holds accounts: nothing was changed. To host the domain there: ftgatectl --data %s domain add %s. To "
		      "begin anew, name another folder by --data"),
		    q->data, q->data, q->domain);
	return EX_OK;
}

/* Both families, if the machine has both: a socket of IPv6 takes no connections of IPv4. */
static void
write_listener(FILE *to, const char *mark, unsigned port, const char *settings)
{
	fprintf(to, "%s  - address: 0.0.0.0:%u\n%s", mark, port, settings);
	if (access("/proc/net/if_inet6", F_OK) == 0)
		fprintf(to, "%s  - address: \"[::]:%u\"\n%s", mark, port, settings);
}

/* Until there is a certificate, what needs it stands behind "##". */
static void
write_config(FILE *to, const struct quickstart *q)
{
	const char *mark = q->has_cert ? "" : "##";
	fprintf(to, "# Written by ftgatectl quickstart. ftgate.conf(5) describes each setting.\n");
	fprintf(to, "data: \"%s\"\nhostname: %s\n", q->data, q->hostname);
	if (q->language[0] != '\0')
		fprintf(to, "language: \"%s\"\n", q->language);
	if (geteuid() == 0)
		fprintf(to, "user: \"%s\"\n", q->user);
	fprintf(to, "postmaster: \"%s\"\n\n", q->account);
	if (!q->has_cert)
		fprintf(to, "# What stands behind ## needs the certificate. When it is there: sed -i 's/^##//' %s\n",
		    q->config);
	fprintf(to, "%stls-cert: \"%s\"\n%stls-key: \"%s\"\n\nlisteners:\n", mark, q->cert, mark, q->key);
	write_listener(to, "", 25, "");
	write_listener(to, mark, 587,
	    q->has_cert ? "    role: submission\n    tls: required\n"
	                : "##    role: submission\n##    tls: required\n");
	write_listener(to, mark, 110,
	    q->has_cert ? "    role: pop3\n    tls: required\n" : "##    role: pop3\n##    tls: required\n");
	write_listener(to, mark, 995,
	    q->has_cert ? "    role: pop3\n    tls: implicit\n" : "##    role: pop3\n##    tls: implicit\n");
}

/* The servers read it as their user; it holds no secrets. A file of that name is never replaced. */
static int
make_config(const struct quickstart *q)
{
	char folder[PATH_MAX];
	snprintf(folder, sizeof folder, "%s", q->config);
	char *slash = strrchr(folder, '/');
	if (slash != NULL && slash != folder) {
		*slash = '\0';
		if (mkdir(folder, 0755) == 0)
			chmod(folder, 0755);
	}
	int file = open(q->config, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0644);
	FILE *to = file < 0 ? NULL : fdopen(file, "w");
	if (to == NULL)
		return ctl_fail(EX_CANTCREAT, _("cannot write %s: %s"), q->config, strerror(errno));
	write_config(to, q);
	bool written = fflush(to) == 0 && fchmod(file, 0644) == 0 && fsync(file) == 0;
	if (fclose(to) == 0 && written)
		return EX_OK;
	int error = errno;
	unlink(q->config);
	return ctl_fail(EX_IOERR, _("cannot write %s: %s"), q->config, strerror(error));
}

/* Adds the account, with its password if there is one. */
static enum admin_result
add_account(struct admin *admin, const struct quickstart *q)
{
	struct credentials credentials = { 0 };
	char scram[PASSWORD_SCRAM_SIZE] = "";
	const char *name = q->account;
	struct record_password password = { NULL, NULL, NULL };
	if (q->password[0] != '\0') {
		if (password_make(&credentials, q->password, false) != PASSWORD_OK)
			return ADMIN_UNFIT;
		password_write_scram(scram, &credentials.scram);
		password = (struct record_password) { .hash = credentials.hash, .scram_sha256 = scram };
	}
	const struct record_change change = { NULL, 0, &password };
	enum admin_result result = admin->ops->add(admin, RECORD_ACCOUNT, &name, &change);
	explicit_bzero(&credentials, sizeof credentials);
	explicit_bzero(scram, sizeof scram);
	return result;
}

static int
fill(struct admin *admin, const struct quickstart *q)
{
	if (admin_add_domain(admin, q->domain) != ADMIN_OK)
		return ctl_fail(EX_CANTCREAT, "%s", admin->ops->error(admin));
	switch (add_account(admin, q)) {
	case ADMIN_OK: return EX_OK;
	case ADMIN_UNFIT:
		return ctl_fail(EX_DATAERR,
		    _("%s cannot have this password or name: passwords have at most 255 octets of UTF-8, and no characters "
		      "that logins forbid (RFC 4013)"),
		    q->account);
	default: return ctl_fail(EX_CANTCREAT, "%s", admin->ops->error(admin));
	}
}

/* Removes a database that was made just now. */
static void
remove_database(const char *data)
{
	static const char *const names[] = { "ftgate.db", "ftgate.db-wal", "ftgate.db-shm" };
	char path[PATH_MAX];
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (data_path(path, data, names[i]) == 0)
			unlink(path);
}

/* In a process of its own, which becomes the owner of the folder. */
static int
make_accounts(const struct quickstart *q, const char *data)
{
	char error[ADMIN_ERROR_SIZE];
	struct maildir_store mailboxes;
	bool created = false;
	if (privileges_become_owner(data) < 0)
		return ctl_fail(EX_NOPERM, _("cannot become the owner of %s: %s"), data, strerror(errno));
	if (maildir_store_open(&mailboxes, data) < 0)
		return ctl_fail(EX_CANTCREAT, _("cannot open %s/mail: %s"), data, strerror(errno));
	struct admin *admin = accounts_open(data, &mailboxes.store, &created, error);
	if (admin != NULL)
		maildir_store_begin(&mailboxes, admin);
	int status = admin != NULL ? fill(admin, q) : ctl_fail(EX_CANTCREAT, "%s", error);
	if (admin != NULL)
		admin->ops->close(admin);
	maildir_store_close(&mailboxes);
	if (status != EX_OK && created)
		remove_database(data);
	return status;
}

static int
run_apart(const struct quickstart *q, const char *data)
{
	int status;
	fflush(NULL);
	pid_t child = fork();
	if (child == 0)
		_exit(make_accounts(q, data));
	if (child < 0 || TEMP_FAILURE_RETRY(waitpid(child, &status, 0)) != child)
		return ctl_fail(EX_OSERR, _("cannot start a process: %s"), strerror(errno));
	return WIFEXITED(status) ? WEXITSTATUS(status) : EX_SOFTWARE;
}

/* The user of the servers, if root runs this; else the user who runs it. */
static int
find_owner(const struct quickstart *q, uid_t *user, gid_t *group)
{
	*user = geteuid();
	*group = getegid();
	if (geteuid() != 0)
		return EX_OK;
	const struct passwd *found = getpwnam(q->user);
	if (found == NULL)
		return ctl_fail(EX_NOUSER,
		    _("there is no user %s; first run: useradd --system --home-dir %s --shell /usr/sbin/nologin %s"),
		    q->user, q->data, q->user);
	*user = found->pw_uid;
	*group = found->pw_gid;
	return EX_OK;
}

int
quickstart_write(const struct quickstart *q)
{
	char path[PATH_MAX];
	uid_t user;
	gid_t group;
	int status = find_owner(q, &user, &group);
	if (status == EX_OK)
		status = make_config(q);
	if (status != EX_OK)
		return status;
	if (data_make(q->data, user, group, path) < 0)
		status = ctl_fail(EX_CANTCREAT, _("cannot make the data folder %s: %s; name another one by --data"),
		    q->data, strerror(errno));
	else
		status = run_apart(q, path);
	if (status != EX_OK)
		unlink(q->config);
	return status;
}
