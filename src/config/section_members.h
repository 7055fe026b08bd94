/*
 * Makes members of a struct of the rows of a section (config/section/NAME.def). A row is one of
 *
 *   COUNT, SIZE, TIME(member, name, default, least, most)   int64_t: a number; octets; milliseconds
 *   SWITCH(member, name, default)                           bool: no or yes
 *   WORD(member, name, words)                               unsigned char: which of the words; the first is the default
 *   CHOICE(member, name, words)                             const char *: one of the words; NULL if it is not set
 *   TEXT(member, name, check)                               const char *: NULL if it is not set; check may be NULL
 *   NEEDED(member, name, check)                             const char *: must be set
 *
 * name is the setting's name in the file. config/section.h describes words and check. config/section_members_end.h undoes
 * the macros.
 */
#define COUNT(member, ...)  int64_t member;
#define SIZE(member, ...)   int64_t member;
#define TIME(member, ...)   int64_t member;
#define SWITCH(member, ...) bool member;
#define WORD(member, ...)   unsigned char member;
#define CHOICE(member, ...) const char *member;
#define TEXT(member, ...)   const char *member;
#define NEEDED(member, ...) const char *member;
