# Writes and installs the units of systemd and the deploy hook, which name programs; a part of the installation.
foreach(folder sbindir libexecdir)
	if(NOT IS_ABSOLUTE "${${folder}}")
		set(${folder} "${CMAKE_INSTALL_PREFIX}/${${folder}}")
	endif()
endforeach()
# The service manager makes and owns the folders of data and of log files only below its own /var/lib and /var/log.
set(state_directory "")
if(localstatedir STREQUAL "/var")
	set(state_directory "StateDirectory=ftgate\nStateDirectoryMode=0700\nLogsDirectory=ftgate\nLogsDirectoryMode=0750\n")
endif()

# Not below the library folder of the architecture: systemd looks in lib/systemd/system of each prefix.
foreach(unit ftgate-smtpd.service ftgate-smtpd.socket ftgate-pop3d.service ftgate-pop3d.socket ftgate-mapd.service)
	configure_file("${templates}/${unit}.in" "${build}/installed/${unit}" @ONLY)
	file(INSTALL "${build}/installed/${unit}" DESTINATION "${CMAKE_INSTALL_PREFIX}/lib/systemd/system")
endforeach()
configure_file("${templates}/deploy-certificate.in" "${build}/installed/deploy-certificate" @ONLY)
file(INSTALL "${build}/installed/deploy-certificate" "${templates}/dkim-key" DESTINATION "${libexecdir}/ftgate" TYPE PROGRAM)
