#!/bin/bash
# Installs a build into a temporary prefix, and compiles and runs what a user of it would: usage: install_test.sh BUILD
set -eu
build=$(realpath "$1")
tests=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
prefix=$work/prefix
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

# The example of the manual page.
sed -n '/^\.Bd -literal/,/^\.Ed/p' "$tests/../man/ftgate.3" |
	sed -e '/^\./d' -e 's/\\e/\\/g' -e "s|/usr/local/share/locale|$prefix/share/locale|" >"$work/example.c"
cc -Wall -Wextra -Wpedantic -Werror "${flags[@]}" -o "$work/example" "$work/example.c" "${pc[@]}"
expect "example of the manual" "${said/test@/nobody@}" \
	"$(env -u LC_ALL LANG=de_DE LD_LIBRARY_PATH="$libdir" "$work/example" | tr -d '\r')"

# Through find_package, shared and static.
cmake -S "$tests/install/consumer" -B "$work/build" -G Ninja -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_C_FLAGS="${flags[*]}" >>"$work/log"
cmake --build "$work/build" >>"$work/log"
for kind in shared static; do
	expect "ftgate::$kind" "$said" "$("$work/build/by_$kind" "$prefix/share/locale" | tr -d '\r')"
done
if readelf -d "$work/build/by_static" | grep -q 'NEEDED.*libftgate'; then
	fail "ftgate::static needs the shared library"
fi

# Only what the headers declare is exported.
stray=$(nm -D --defined-only "$libdir/libftgate.so" | awk '$3 !~ /^ftg_/ && $2 ~ /[A-Z]/ { print $3 }' | grep -v -e '^__' -e asan -e ubsan || true)
expect "stray symbols" "" "$stray"

# The installed programs find the installed languages.
expect "ftgate-msg" "$said" \
	"$("$prefix/bin/ftgate-msg" render --lang de ERR_SMTP_ADDRESS_UNKNOWN test@example.org | tr -d '\r')"
for server in ftgate-smtpd ftgate-pop3d; do
	"$prefix/sbin/$server" --data "$work/data" --listen 127.0.0.1:0 --language de --check || fail "$server --check: $?"
	[ -f "$prefix/lib/systemd/system/$server.service" ] || fail "$server.service is not there"
	[ -f "$prefix/lib/systemd/system/$server.socket" ] || fail "$server.socket is not there"
done
for page in man1/ftgate-msg.1 man3/ftgate.3 man5/ftgate.conf.5 man7/ftgate-log.7 man8/ftgate-smtpd.8 man8/ftgate-pop3d.8 man8/ftgatectl.8; do
	[ -s "$prefix/share/man/$page" ] || fail "$page is not installed"
done

python3 "$tests/clients/installed.py" "$prefix/sbin/ftgate-smtpd"
