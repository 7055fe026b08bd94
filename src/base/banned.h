/* Functions that no source file may call. The build includes this header before each file, as git does with its banned.h. */
#ifndef BASE_BANNED_H
#define BASE_BANNED_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define BANNED(function) sorry_##function##_is_a_banned_function

/* They write without a limit or may omit the NUL. */
#undef strcpy
#define strcpy(to, from) BANNED(strcpy)
#undef strcat
#define strcat(to, from) BANNED(strcat)
#undef strncpy
#define strncpy(to, from, size) BANNED(strncpy)
#undef strncat
#define strncat(to, from, size) BANNED(strncat)
#undef sprintf
#define sprintf(...) BANNED(sprintf)
#undef vsprintf
#define vsprintf(to, format, arguments) BANNED(vsprintf)
#undef gets
#define gets(to) BANNED(gets)

/* They keep state between calls, or share their result. */
#undef strtok
#define strtok(text, separators) BANNED(strtok)
#undef gmtime
#define gmtime(seconds) BANNED(gmtime)
#undef localtime
#define localtime(seconds) BANNED(localtime)
#undef ctime
#define ctime(seconds) BANNED(ctime)
#undef asctime
#define asctime(tm) BANNED(asctime)

/* It cannot report an error. */
#undef atoi
#define atoi(text) BANNED(atoi)

#endif
