# Installs the programs, libftgate for other programs (shared, static, headers, pkg-config, CMake), the compiled
# languages, the manual pages and the documentation.

# What is installed for operators: a file may be added to a list without another change. Samples to copy from.
set(examples etc/ftgate.conf etc/mapd.conf etc/content-rules etc/prometheus/ftgate.rules.yml)

if(TARGET ftgate-msg)
	install(TARGETS ftgate-msg RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
foreach(program ftgate-smtpd ftgate-pop3d ftgate-mapd ftgatectl)
	if(TARGET ${program})
		install(TARGETS ${program} RUNTIME DESTINATION ${CMAKE_INSTALL_SBINDIR})
	endif()
endforeach()

install(TARGETS ftgate_shared ftgate_static EXPORT ftgate)
install(DIRECTORY include/ftgate ${PROJECT_BINARY_DIR}/include/ftgate DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
	FILES_MATCHING PATTERN "*.h" PATTERN "*.def")

# The folder of the .pc file tells the prefix, so that the whole may be moved and `cmake --install --prefix` be used.
file(RELATIVE_PATH prefix_from_pc ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
foreach(folder LIBDIR INCLUDEDIR LOCALEDIR)
	set(pc_${folder} ${CMAKE_INSTALL_${folder}})
	if(NOT IS_ABSOLUTE "${pc_${folder}}")
		set(pc_${folder} "\${prefix}/${pc_${folder}}")
	endif()
endforeach()
configure_file(cmake/ftgate.pc.in ftgate.pc @ONLY)
install(FILES ${PROJECT_BINARY_DIR}/ftgate.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)

set(package ${CMAKE_INSTALL_LIBDIR}/cmake/ftgate)
write_basic_package_version_file(${PROJECT_BINARY_DIR}/ftgateConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(EXPORT ftgate FILE ftgateConfig.cmake NAMESPACE ftgate:: DESTINATION ${package})
install(FILES ${PROJECT_BINARY_DIR}/ftgateConfigVersion.cmake DESTINATION ${package})

install(DIRECTORY ${PROJECT_BINARY_DIR}/locale/ DESTINATION ${CMAKE_INSTALL_LOCALEDIR} FILES_MATCHING PATTERN "*.mo")

file(GLOB manuals CONFIGURE_DEPENDS man/*.[1-8])
foreach(manual IN LISTS manuals)
	string(REGEX MATCH "[1-8]$" section ${manual})
	install(FILES ${manual} DESTINATION ${CMAKE_INSTALL_MANDIR}/man${section})
endforeach()
install(DIRECTORY ${PROJECT_BINARY_DIR}/man/ DESTINATION ${CMAKE_INSTALL_MANDIR} FILES_MATCHING PATTERN "*.[37]")

# Completion for shells: each program prints the words of its own tables.
foreach(PROGRAM ftgatectl ftgate-msg)
	if(TARGET ${PROGRAM})
		string(REPLACE "-" "_" FUNCTION ${PROGRAM})
		foreach(shell bash zsh fish)
			configure_file(etc/completion/${shell}.in ${PROJECT_BINARY_DIR}/completion/${PROGRAM}.${shell} @ONLY)
		endforeach()
		install(FILES ${PROJECT_BINARY_DIR}/completion/${PROGRAM}.bash RENAME ${PROGRAM}
			DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
		install(FILES ${PROJECT_BINARY_DIR}/completion/${PROGRAM}.zsh RENAME _${PROGRAM}
			DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
		install(FILES ${PROJECT_BINARY_DIR}/completion/${PROGRAM}.fish
			DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
	endif()
endforeach()

# systemd looks in lib/systemd/catalog of /usr and of /usr/local.
install(DIRECTORY ${PROJECT_BINARY_DIR}/journal/ DESTINATION lib/systemd/catalog FILES_MATCHING PATTERN "*.catalog")

# In the folders of the source tree, so that their links lead somewhere.
file(GLOB guides CONFIGURE_DEPENDS docs/*.md)
file(GLOB schemas CONFIGURE_DEPENDS docs/*.schema.json)
install(FILES README.md CHANGELOG.md CONTRIBUTING.md SECURITY.md LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})
install(FILES ${guides} ${schemas} DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs)
install(FILES ${schemas} DESTINATION ${CMAKE_INSTALL_DATADIR}/ftgate)
install(DIRECTORY docs/images DESTINATION ${CMAKE_INSTALL_DOCDIR}/docs)
install(FILES po/README.md DESTINATION ${CMAKE_INSTALL_DOCDIR}/po)
install(FILES ${examples} DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
install(DIRECTORY etc/exim etc/fail2ban etc/logrotate.d etc/nginx etc/rspamd DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples)
install(DIRECTORY etc/opensmtpd DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples USE_SOURCE_PERMISSIONS)
install(DIRECTORY examples/ DESTINATION ${CMAKE_INSTALL_DOCDIR}/examples USE_SOURCE_PERMISSIONS)

# Beside the programs of the build, for them.
set(sbindir ${PROJECT_BINARY_DIR})
set(sysconfdir ${CMAKE_INSTALL_FULL_SYSCONFDIR})
configure_file(etc/deploy-certificate.in deploy-certificate @ONLY USE_SOURCE_PERMISSIONS)

# These files name the programs and the configuration. The prefix is known only when they are installed.
install(CODE "
	set(templates \"${PROJECT_SOURCE_DIR}/etc\")
	set(build \"${PROJECT_BINARY_DIR}\")
	set(sbindir \"${CMAKE_INSTALL_SBINDIR}\")
	set(libexecdir \"${CMAKE_INSTALL_LIBEXECDIR}\")
	set(sysconfdir \"${CMAKE_INSTALL_FULL_SYSCONFDIR}\")
	set(localstatedir \"${CMAKE_INSTALL_FULL_LOCALSTATEDIR}\")")
install(SCRIPT cmake/files_of_prefix.cmake)
