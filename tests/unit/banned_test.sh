#!/bin/sh
# Functions that are banned fail to compile: banned_test.sh COMPILER SOURCE_FOLDER
set -eu
cc=$1
header=$2/src/base/banned.h

compiles() { # STATEMENT
	printf '#include <stdio.h>\nint main(void) { char t[9] = "x"; time_t n = 0; (void)t; (void)n; %s; }\n' "$1" |
		"$cc" -x c -include "$header" -fsyntax-only - 2>/dev/null
}

compiles 'return (int)strlen(t)' || {
	echo "a program with nothing banned in it should compile"
	exit 1
}
for statement in 'strcpy(t, "")' 'strcat(t, "")' 'strncpy(t, "", 1)' 'strncat(t, "", 1)' 'sprintf(t, "%s", "")' \
	'gets(t)' 'strtok(t, "")' 'gmtime(&n)' 'localtime(&n)' 'ctime(&n)' 'atoi(t)'; do
	if compiles "$statement"; then
		echo "$statement should not compile"
		exit 1
	fi
done
