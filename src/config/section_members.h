/*
 * Makes members of a struct of the rows of a section (base/section/NAME.def). A row is one of
 *
 *   COUNT, SIZE, TIME(member, name, default, least, most)   int64_t: a number; octets; milliseconds
 *   SWITCH(member, name, default)                           bool: no or yes
 *   WORD(member, name, words)                               unsigned char: which of the words; the first is the default
 *   TEXT(member, name, check)                               const char *: NULL where it is not set; check may be NULL
 *   NEEDED(member, name, check)             const char *: must be set
 *
 * name is that in the file. config/section.h tells of words and check. To be undone by config/section_members_end.h.
 */
#define COUNT(member, ...)  int64_t member;
#define SIZE(member, ...)   int64_t member;
#define TIME(member, ...)   int64_t member;
#define SWITCH(member, ...) bool member;
#define WORD(member, ...)   unsigned char member;
#define TEXT(member, ...)   const char *member;
#define NEEDED(member, ...) const char *member;
