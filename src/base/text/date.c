/* Dates of mail (RFC 5322 section 3.3). */
#include "base/text/date.h"

#include <stdio.h>
#include <time.h>

/* strftime() would use the language of the locale. */
void
date_write(char date[DATE_SIZE], int64_t seconds)
{
	static const char days[][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char months[][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov",
		"Dec" };
	time_t time = (time_t)seconds;
	struct tm tm;

	if (gmtime_r(&time, &tm) == NULL)
		gmtime_r(&(time_t) { 0 }, &tm);
	snprintf(date, DATE_SIZE, "%s, %d %s %d %02d:%02d:%02d +0000", days[tm.tm_wday], tm.tm_mday, months[tm.tm_mon],
	    tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}
