/* The setting database: a URL of libpq without a password. */
#include "directory/postgres/setting.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

Test(postgres_setting, urls_without_a_password_are_taken)
{
	static const char *const good[] = {
		"postgresql://",
		"postgres://host/name",
		"postgresql://user@host:5432/name?sslmode=verify-full&passfile=/etc/ftgate/pgpass",
		"postgresql://host:5432/name?user=a@b",
		"postgresql://user@host:5432/name?passfile=/a@b",
		"postgresql://user@/name?host=/run/a:b@c",
		"postgresql://user@[::1]:5432,other:5433/name",
		"postgresql://user@host/na%6De?passfile=%2Fp%61ss%",
	};
	for (size_t i = 0; i < sizeof good / sizeof *good; i++)
		cr_expect_null(postgres_setting_fault(good[i]), "%s", good[i]);
}

Test(postgres_setting, passwords_are_refused_and_not_repeated)
{
	static const char *const bad[] = {
		"postgresql://user:secret@host/name",
		"postgresql://:secret@host",
		"postgresql://user:sec?ret@host/name",
		"postgresql://user:sec/ret@host/name",
		"postgresql://user:sec@ret@host/name",
		"postgresql://host:secret?user=a@b",
		"postgresql://host/name?password=secret",
		"postgresql://host/name?sslpassword=secret",
		"postgresql://host/name?p%61ssword=secret",
		"postgresql://host/name?%70%61%73%73%77%6F%72%64=secret",
		"postgresql://host/name?password%3d&p%61ssword=secret",
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		const char *fault = postgres_setting_fault(bad[i]);
		cr_assert_not_null(fault, "%s", bad[i]);
		cr_expect_not_null(strstr(fault, "passfile="), "%s: %s", bad[i], fault);
		cr_expect_null(strstr(fault, "sec"), "%s: %s", bad[i], fault);
	}
}

Test(postgres_setting, other_forms_and_long_ones_are_refused)
{
	char value[POSTGRES_SETTING_SIZE + 1];
	snprintf(value, sizeof value, "postgresql://host/%0*d",
	    POSTGRES_SETTING_SIZE - (int)strlen("postgresql://host/"), 0);
	cr_expect_not_null(postgres_setting_fault(value));
	value[POSTGRES_SETTING_SIZE - 1] = '\0';
	cr_expect_null(postgres_setting_fault(value));
	cr_expect_not_null(postgres_setting_fault("service=ftgate"));
	cr_expect_not_null(postgres_setting_fault("host=localhost dbname=name"));
	cr_expect_not_null(postgres_setting_fault(""));
}
