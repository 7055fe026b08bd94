/* Undoes config/section_members.h. */
#undef COUNT
#undef SIZE
#undef TIME
#undef SWITCH
#undef WORD
#undef CHOICE
#undef TEXT
#undef NEEDED
