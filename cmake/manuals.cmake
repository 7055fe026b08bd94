# Manual pages that are made, in man/ of the build: ftgate-replies(7) from the table of the replies, and for each function of
# the library, ftg_NAME(3), a link to ftgate(3).
set(manuals ${PROJECT_BINARY_DIR}/man)

if(TARGET ftgate-msg)
	set(page ${manuals}/man7/ftgate-replies.7)
	file(MAKE_DIRECTORY ${manuals}/man7)
	add_custom_command(OUTPUT ${page}
		COMMAND ${CMAKE_COMMAND} -E env LC_ALL=C ASAN_OPTIONS=detect_leaks=0
			$<TARGET_FILE:ftgate-msg> export --format mdoc > ${page}.new
		COMMAND ${CMAKE_COMMAND} -E rename ${page}.new ${page}
		DEPENDS ftgate-msg VERBATIM)
	add_custom_target(manuals ALL DEPENDS ${page})
endif()

file(GLOB headers include/ftgate/*.h)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${headers})
set(functions)
foreach(header IN LISTS headers)
	file(READ ${header} text)
	string(REGEX REPLACE "/\\*([^*]|\\*+[^*/])*\\*+/" "" text "${text}")
	string(REGEX REPLACE "typedef[^;]*;" "" text "${text}")
	string(REGEX MATCHALL "[^a-zA-Z_]ftg_[a-z_]+\\(" found "${text}")
	list(APPEND functions ${found})
endforeach()
list(TRANSFORM functions REPLACE "^.(.*)\\($" "\\1")
list(REMOVE_DUPLICATES functions)
file(REMOVE_RECURSE ${manuals}/man3)
foreach(function IN LISTS functions)
	file(WRITE ${manuals}/man3/${function}.3 ".so man3/ftgate.3\n")
endforeach()
