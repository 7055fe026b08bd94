#!/bin/bash
# Checks that each layer of the source includes only its own headers and those of the layers below it.
set -eu
cd "$(dirname "$0")/.."

# A layer, and the folders that its quoted includes may begin with. "ftgate" is include/ftgate, the public library.
allowed() {
	case $1 in
	include/ftgate) echo "ftgate" ;;
	src/catalog) echo "ftgate catalog" ;;
	src/base) echo "base" ;;
	src/mail) echo "ftgate base mail" ;;
	src/net) echo "ftgate base net" ;;
	src/session) echo "ftgate base session" ;;
	src/smtp) echo "ftgate base mail session smtp" ;;
	src/pop3) echo "ftgate base mail session pop3" ;;
	src/cmd) echo "ftgate catalog base mail session smtp pop3 net cmd" ;;
	*) return 1 ;;
	esac
}

# System headers that belong to some layers only: a pattern, and the layers that may include it.
owned() {
	case $1 in
	uv.h) echo "src/net src/cmd" ;;
	ares.h) echo "src/net" ;;
	openssl/ssl.h) echo "src/net" ;;
	openssl/*) echo "src/net src/mail src/session" ;;
	gsasl.h) echo "src/mail src/session" ;;
	gmime/* | pcre2.h) echo "src/mail" ;;
	crypt.h) echo "src/mail" ;;
	jansson.h) echo "src/net" ;;
	sqlite3.h) echo "src/mail" ;;
	unistr.h | unitypes.h | unictype.h | uninorm.h | unicase.h | unilbrk.h) echo "src/catalog src/base src/cmd" ;;
	gettext-po.h | argp.h) echo "src/cmd" ;;
	idn2.h) echo "src/base" ;;
	cyaml/*) echo "src/base" ;;
	libintl.h | nl_types.h) echo "src/catalog src/cmd" ;;
	sys/socket.h | netinet/* | arpa/*) echo "src/net src/cmd src/base" ;;
	*) return 1 ;;
	esac
}

holds() { # WORD LIST
	[[ " $2 " == *" $1 "* ]]
}

faults=0
fault() {
	echo "$1"
	faults=1
}

while IFS=: read -r file line include; do
	layer=$(echo "$file" | cut -d/ -f1-2)
	may=$(allowed "$layer") || {
		fault "$file: the folder $layer is no layer; add it to scripts/layers.sh"
		continue
	}
	[[ $include =~ [\<\"]([^\>\"]+)[\>\"] ]]
	header=${BASH_REMATCH[1]}
	case $include in
	*\"*/*)
		holds "${header%%/*}" "$may" || fault "$file:$line: $layer may not include \"$header\" (only: $may)"
		;;
	*\<ftgate/*)
		holds ftgate "$may" || fault "$file:$line: $layer may not include <$header> (only: $may)"
		;;
	*\<*)
		if only=$(owned "$header"); then
			holds "$layer" "$only" || fault "$file:$line: <$header> belongs to $only, not $layer"
		fi
		;;
	*)
		# "name.h" is of the same folder.
		[ -e "$(dirname "$file")/$header" ] || fault "$file:$line: \"$header\" is not beside it: name its layer"
		;;
	esac
done < <(grep -rnE --include='*.[ch]' '^[[:space:]]*#[[:space:]]*include[[:space:]]' include src)

exit $faults
