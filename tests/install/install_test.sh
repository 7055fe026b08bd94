#!/bin/bash
# Installs a build into a temporary prefix, and compiles and runs what a user of it would: usage: install_test.sh BUILD
set -eu
build=$(realpath "$1")
tests=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix=$work/installed
export LC_ALL=C

fail() {
	echo "install_test: $*" >&2
	exit 1
}

expect() { # WHAT WANTED GOT
	[ "$2" = "$3" ] || fail "$1: wanted '$2', got '$3'"
}

# A sanitizer's build is linked against its run-time library.
read -r -a flags <<<"$(sed -n 's/^CMAKE_C_FLAGS:STRING=//p' "$build/CMakeCache.txt" | grep -oE -e '-fsanitize=[a-z,]*' || true)"

cmake --install "$build" --prefix "$prefix" >"$work/log"
if command -v systemd-analyze >/dev/null; then
	expect "systemd-analyze verify" "" "$(systemd-analyze verify --man=no "$prefix"/lib/systemd/system/ftgate-* 2>&1 | grep ftgate || true)"
fi
libdir=$(dirname "$(find "$prefix" -name libftgate.so)")
said="550 5.1.1 Postfach test@example.org existiert nicht (#4.28)"

# Through pkg-config, from a moved prefix: nothing may remember where it was built.
mv "$prefix" "$work/moved"
libdir=${libdir/#$prefix/$work\/moved}
prefix=$work/moved
export PKG_CONFIG_PATH=$libdir/pkgconfig
read -r -a pc <<<"$(pkg-config --cflags --libs ftgate)"
cc -Wall -Wextra -Wpedantic -Werror "${flags[@]}" -o "$work/by_pkgconfig" "$tests/install/consumer/consumer.c" "${pc[@]}"
expect "pkg-config" "$said" "$(LD_LIBRARY_PATH=$libdir "$work/by_pkgconfig" "$prefix/share/locale" | tr -d '\r')"
readelf -d "$work/by_pkgconfig" | grep -q 'NEEDED.*libftgate\.so\.0' || fail "the consumer does not need libftgate.so.0"
expect "version of pkg-config" "$(sed -n 's/^CMAKE_PROJECT_VERSION:STATIC=//p' "$build/CMakeCache.txt")" \
	"$(pkg-config --modversion ftgate)"

expect "localedir" "$(realpath "$prefix/share/locale")" "$(realpath "$(pkg-config --variable=localedir ftgate)")"

# Through find_package, shared and static.
cmake -S "$tests/install/consumer" -B "$work/build" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_C_FLAGS="${flags[*]}" >>"$work/log"
cmake --build "$work/build" >>"$work/log"
for kind in shared static; do
	expect "ftgate::$kind" "$said" "$("$work/build/by_$kind" "$prefix/share/locale" | tr -d '\r')"
done
if readelf -d "$work/build/by_static" | grep -q 'NEEDED.*libftgate'; then
	fail "ftgate::static needs the shared library"
fi

# The examples and those of the manual page, and the headers in C and C++.
"$tests/install/examples_test.py" "$prefix" "${flags[@]}" || fail "examples"

# Only what the headers declare is exported.
stray=$(nm -D --defined-only "$libdir/libftgate.so" | awk '$3 !~ /^ftg_/ && $2 ~ /[A-Z]/ { print $3 }' | grep -v -e '^__' -e '^FTGATE_' -e asan -e ubsan || true)
expect "stray symbols" "" "$stray"

# Each function has the version of the release in which it appeared.
expect "debian/libftgate0.symbols" "$(sed -n 's/^ \(ftg_[a-z_]*@FTGATE_[0-9.]*\) .*/\1/p' "$tests/../debian/libftgate0.symbols")" \
	"$(nm -D --defined-only --with-symbol-versions "$libdir/libftgate.so" | sed -n 's/.* \(ftg_[a-z_]*\)@@*\(.*\)$/\1@\2/p' | sort)"

# The installed programs find the installed languages.
expect "ftgate-msg" "$said" \
	"$("$prefix/bin/ftgate-msg" render --lang de ERR_SMTP_ADDRESS_UNKNOWN test@example.org | tr -d '\r')"
"$prefix/bin/ftgate-msg" export --format html --lang de "$work/site" >>"$work/log" || fail "ftgate-msg export --format html: $?"
expect "the site" "de.html en.html index.html replies.html" "$(cd "$work/site" && echo *.html)"
grep -q 'Postfach <var' "$work/site/de.html" || fail "de.html has no German words"
for server in ftgate-smtpd ftgate-pop3d ftgate-mapd; do
	"$prefix/sbin/$server" --data "$work/data" --listen 127.0.0.1:0 --language de --check || fail "$server --check: $?"
done
"$tests/install/installed_files.py" "$work/installed" "$prefix"

# Staged for another root: the units have the paths of the prefix, and nothing is written outside the staging folder.
DESTDIR=$work/stage cmake --install "$build" --prefix "$work/nowhere" >"$work/log"
[ ! -e "$work/nowhere" ] || fail "DESTDIR: something was written to the prefix"
"$tests/install/installed_files.py" "$work/nowhere" "$work/stage$work/nowhere"

# Without the test framework, and without clang.
cat >"$work/pkg-config" <<-'END'
	#!/bin/sh
	case "$*" in *criterion*) exit 1 ;; esac
	exec pkg-config "$@"
END
chmod +x "$work/pkg-config"
cmake -S "$tests/.." -B "$work/plain" -G Ninja -DFTGATE_TESTS=OFF -DPKG_CONFIG_EXECUTABLE="$work/pkg-config" \
	-DCMAKE_INSTALL_SYSCONFDIR=/srv/etc -DCMAKE_INSTALL_LOCALSTATEDIR=/srv/var >>"$work/log" || fail "the tests are needed"

# Other folders of configuration and data, in the programs and in the units.
for folder in /srv/etc /srv/var; do
	grep -q "DIR=[^ ]*$folder" "$work/plain/compile_commands.json" || fail "the programs do not look in $folder"
done
cmake -DCMAKE_INSTALL_PREFIX="$work/units" -Dtemplates="$tests/../etc" -Dbuild="$work" -Dsbindir=/srv/sbin -Dlibexecdir=libexec -Dsysconfdir=/srv/etc \
	-Dlocalstatedir=/srv/var -P "$tests/../cmake/files_of_prefix.cmake" >>"$work/log"
expect "unit" "ExecStart=/srv/sbin/ftgate-smtpd -c /srv/etc/ftgate/ftgate.conf --data /srv/var/lib/ftgate" \
	"$(grep ExecStart "$work/units/lib/systemd/system/ftgate-smtpd.service")"
expect "unit of mapd" "ExecStart=/srv/sbin/ftgate-mapd -c /srv/etc/ftgate/mapd.conf --data /srv/var/lib/ftgate" \
	"$(grep ExecStart "$work/units/lib/systemd/system/ftgate-mapd.service")"
expect "folder of a socket of mapd" "RuntimeDirectory=ftgate-mapd
RuntimeDirectoryMode=0755" "$(grep ^RuntimeDirectory "$work/units/lib/systemd/system/ftgate-mapd.service")"
if grep StateDirectory "$work"/units/lib/systemd/system/*; then
	fail "the service manager would make a data folder in /var"
fi

python3 -B "$tests/install/manuals.py" "$prefix" || fail "manual pages"
python3 "$tests/clients/installed.py" "$prefix/sbin/ftgate-smtpd"
