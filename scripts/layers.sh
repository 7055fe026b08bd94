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
	src/explain) echo "ftgate catalog base explain" ;;
	src/config) echo "base config" ;;
	src/port) echo "base config port" ;;
	src/texts) echo "ftgate catalog base port texts" ;;
	src/message) echo "base config message" ;;
	src/queue) echo "base port message queue" ;;
	src/store) echo "base port message queue store" ;;
	src/directory) echo "base port message directory" ;;
	src/relay) echo "ftgate explain base config port message queue relay" ;;
	src/session) echo "ftgate base config port session" ;;
	src/smtp) echo "ftgate base config port message session smtp" ;;
	src/pop3) echo "ftgate base config port message session pop3" ;;
	src/net) echo "ftgate base config port net" ;;
	src/peer) echo "base config port peer net" ;;
	src/process) echo "ftgate base config port peer net process" ;;
	src/mapd) echo "ftgate catalog base port mapd" ;;
	src/cmd) echo "ftgate catalog explain base config port texts message store directory queue relay session smtp pop3 net peer process mapd cmd" ;;
	*) return 1 ;;
	esac
}

# System headers that belong to some layers only: a pattern, and the layers that may include it.
owned() {
	case $1 in
	uv.h) echo "src/directory src/net src/peer src/process src/cmd" ;;
	ares.h) echo "src/peer" ;;
	openssl/ssl.h) echo "src/net src/peer src/process" ;;
	openssl/*) echo "src/net src/peer src/process src/session" ;;
	gsasl.h) echo "src/session src/relay" ;;
	gmime/* | pcre2.h) echo "src/message" ;;
	crypt.h) echo "src/session" ;;
	jansson.h) echo "src/peer src/cmd" ;;
	sqlite3.h | libpq-fe.h) echo "src/directory" ;;
	unistr.h | unitypes.h | unictype.h | uninorm.h | unicase.h | unilbrk.h) echo "src/catalog src/base src/cmd" ;;
	gettext-po.h | argp.h) echo "src/cmd" ;;
	idn2.h) echo "src/base" ;;
	yaml.h) echo "src/config" ;;
	libintl.h | nl_types.h) echo "src/catalog src/cmd" ;;
	sys/socket.h | netinet/* | arpa/*) echo "src/base src/config src/port src/net src/peer src/process src/cmd" ;;
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
