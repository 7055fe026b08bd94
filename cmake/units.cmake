# Writes the units of systemd and installs them; a part of the installation.
if(NOT IS_ABSOLUTE "${sbindir}")
	set(sbindir "${CMAKE_INSTALL_PREFIX}/${sbindir}")
endif()
# The service manager makes and owns the folders of data and of log files only below its own /var/lib and /var/log.
set(state_directory "")
if(localstatedir STREQUAL "/var")
	set(state_directory "StateDirectory=ftgate\nStateDirectoryMode=0700\nLogsDirectory=ftgate\nLogsDirectoryMode=0750\n")
endif()

# Not below the library folder of the architecture: systemd looks in lib/systemd/system of each prefix.
foreach(unit ftgate-smtpd.service ftgate-smtpd.socket ftgate-pop3d.service ftgate-pop3d.socket)
	configure_file("${templates}/${unit}.in" "${build}/${unit}" @ONLY)
	file(INSTALL "${build}/${unit}" DESTINATION "${CMAKE_INSTALL_PREFIX}/lib/systemd/system")
endforeach()
