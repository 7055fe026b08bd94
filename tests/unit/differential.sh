#!/bin/bash
# Compares each shipped language with libintl and catgets, under locales made for the purpose: differential.sh BUILD
set -eu
build=$(realpath "$1")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
export LOCPATH=$work/locales LC_ALL=C
unset LANGUAGE
mkdir "$LOCPATH"

for locale in de_DE fr_FR en_US; do
	language=${locale%_*}
	localedef --no-archive -i "$locale" -f UTF-8 "$LOCPATH/$locale.UTF-8"
	"$build/ftgate-msg" export --format catgets --lang "$language" >"$work/$language.msg"
	LC_ALL=$locale.UTF-8 gencat "$work/$language.cat" "$work/$language.msg"
	LC_ALL=$locale.UTF-8 "$build/tests/differential" "$build/locale" "$language" "$work/$language.cat"
done
