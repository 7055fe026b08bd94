# The catalogues of systemd's journal, in journal/ of the build: one for each language, and the English one, from which
# journalctl takes what a language does not have. It looks for "sr_RS@latin" as for "sr", so languages with a modifier have none.
set(journal ${PROJECT_BINARY_DIR}/journal)

if(TARGET ftgate-msg)
	file(MAKE_DIRECTORY ${journal})
	file(STRINGS po/LINGUAS languages REGEX "^[a-z][^@]*$")
	set(catalogues)
	foreach(language IN LISTS languages)
		set(catalogue ${journal}/ftgate.${language}.catalog)
		if(language STREQUAL "en")
			set(catalogue ${journal}/ftgate.catalog)
		endif()
		file(GLOB sources po/${language}.po po/tools/${language}.po)
		add_custom_command(OUTPUT ${catalogue}
			COMMAND ${CMAKE_COMMAND} -E env LC_ALL=C ASAN_OPTIONS=detect_leaks=0 $<TARGET_FILE:ftgate-msg> export
				--format journal-catalog --lang ${language} --locale ${PROJECT_BINARY_DIR}/locale > ${catalogue}.new
			COMMAND ${CMAKE_COMMAND} -E rename ${catalogue}.new ${catalogue}
			DEPENDS ${sources} ftgate-msg ftgate-catalogues ftgate-tools-catalogues VERBATIM)
		list(APPEND catalogues ${catalogue})
	endforeach()
	add_custom_target(journal-catalogues ALL DEPENDS ${catalogues})
endif()
