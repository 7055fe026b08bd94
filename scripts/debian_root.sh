# shellcheck shell=bash
# Makes the root of a minimal Debian, and runs commands in it; for scripts that test in one. They need root and mmdebstrap.

debian_suite=bookworm

# The sources of this machine that are Debian's, in either format, and how it reaches them: written into a folder.
debian_sources() { # FOLDER
	local file
	for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
		[ ! -f "$file" ] || grep -E "^deb .* $debian_suite(-updates|-security)? .*main" "$file" || true
	done >"$1/machine.sources"
	for file in /etc/apt/sources.list.d/*.sources; do
		[ ! -f "$file" ] || awk -v RS= -v ORS='\n\n' "/(^|\n)Suites:[^\n]* ?$debian_suite/" "$file"
	done >>"$1/machine.sources"
	grep -q '^Types:' "$1/machine.sources" || mv "$1/machine.sources" "$1/machine.list"
	apt-config dump | grep -E '^Acquire::(http|https|Retries|Check)' >"$1/apt.conf" || true
}

# Makes a root, a folder or a .tar, with the packages that apt-get itself needs and some more.
debian_make_root() { # ROOT PACKAGE,PACKAGE...
	local sources
	sources=$(mktemp -d -t ftgate-sources-XXXXXX)
	debian_sources "$sources"
	mmdebstrap --quiet --mode=root --variant=minbase --include="$2" --aptopt="$sources/apt.conf" "$debian_suite" "$1" "$sources"/machine.*
	rm -r "$sources"
}

# What runs in the namespaces: it mounts what a machine has, and enters the root.
# shellcheck disable=SC2016
debian_inside='
	set -eu
	mount -t proc proc "$0/proc"
	mount -t sysfs -o ro sysfs "$0/sys"
	mount -t tmpfs -o mode=755 tmpfs "$0/dev"
	for device in null zero full random urandom tty; do
		touch "$0/dev/$device"
		mount --bind "/dev/$device" "$0/dev/$device"
	done
	ln -s /proc/self/fd "$0/dev/fd"
	ln -s /proc/self/fd/0 "$0/dev/stdin"
	ln -s /proc/self/fd/1 "$0/dev/stdout"
	ln -s /proc/self/fd/2 "$0/dev/stderr"
	ln -s pts/ptmx "$0/dev/ptmx"
	mkdir "$0/dev/pts" "$0/dev/shm"
	mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts "$0/dev/pts"
	mount -t tmpfs -o mode=1777 tmpfs "$0/dev/shm"
	exec chroot "$0" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root TERM=dumb /bin/bash -eu -c "$@"
'

# Runs a script of bash in a mount and a process namespace of their own; what it has started ends with it.
debian_in_root() { # ROOT SCRIPT ARGUMENT...
	unshare --mount --pid --fork --kill-child /bin/bash -c "$debian_inside" "$1" "$2" bash "${@:3}"
}

# The same, in a network of its own too: no port is taken, and nothing outside can be reached.
debian_alone_in_root() { # ROOT SCRIPT ARGUMENT...
	unshare --net --mount --pid --fork --kill-child /bin/bash -c "ip link set lo up; $debian_inside" "$1" "$2" bash "${@:3}"
}
