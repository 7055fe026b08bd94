# Installs the programs, libftgate for other programs (shared, static, headers, pkg-config, CMake), the compiled
# languages, the manual pages and the documentation.
if(TARGET ftgate-msg)
	install(TARGETS ftgate-msg RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
foreach(program ftgate-smtpd ftgate-pop3d ftgatectl)
	if(TARGET ${program})
		install(TARGETS ${program} RUNTIME DESTINATION ${CMAKE_INSTALL_SBINDIR})
	endif()
endforeach()

install(TARGETS ftgate_shared ftgate_static EXPORT ftgate)
install(DIRECTORY include/ftgate ${PROJECT_BINARY_DIR}/include/ftgate DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
	FILES_MATCHING PATTERN "*.h" PATTERN "*.def")

# The folder of the .pc file tells the prefix, so that the whole may be moved and `cmake --install --prefix` be used.
file(RELATIVE_PATH prefix_from_pc ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
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

file(GLOB guides CONFIGURE_DEPENDS docs/*.md)
install(FILES ${guides} README.md CHANGELOG.md SECURITY.md LICENSE etc/ftgate.conf etc/content-rules DESTINATION ${CMAKE_INSTALL_DOCDIR})

# Not below the library folder of the architecture: systemd looks in lib/systemd/system of each prefix.
foreach(program ftgate-smtpd ftgate-pop3d)
	configure_file(etc/${program}.service.in ${program}.service @ONLY)
	install(FILES ${PROJECT_BINARY_DIR}/${program}.service etc/${program}.socket DESTINATION lib/systemd/system)
endforeach()
