#!/bin/bash
# What an operator does with the packages, from the installation to the purge: packages_test.sh runs it in a root of its own,
# which has no service manager. A stand-in for systemctl notes what the packages ask of it.
set -eu -o pipefail
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8
data=/var/lib/ftgate config=/etc/ftgate/ftgate.conf

# In a substitution it ends that alone, with a status that ends the whole.
fail() {
	echo "as_operator: $*" >&2
	exit 1
}

expect() { # WHAT PATTERN TEXT
	grep -qE -e "$2" <<<"$3" || fail "$1: '$2' is not in: $3"
}

expect_not() { # WHAT PATTERN TEXT
	! grep -qE -e "$2" <<<"$3" || fail "$1: '$2' is in: $3"
}

list_data() {
	(cd "$data" && find . -type f | sort)
}

expect_same() { # WHAT BEFORE AFTER
	[ "$2" = "$3" ] || fail "$1 has changed $data: $(diff <(echo "$2") <(echo "$3"))"
}

step() {
	echo "as_operator: $* (after $SECONDS s)"
}

# A machine with systemd, for maintainer scripts and quickstart.
cat >/usr/bin/systemctl <<-'END'
	#!/bin/sh
	echo "$*" >>/var/log/systemctl
	case " $* " in *" is-enabled "*) echo enabled ;; esac
END
chmod 755 /usr/bin/systemctl
mkdir -p /run/systemd/system

asked() { # prints what was asked of systemctl since the last time
	cat /var/log/systemctl 2>/dev/null || true
	rm -f /var/log/systemctl
}

apt() { # prints what apt-get prints
	local out
	out=$(apt-get -o Dpkg::Use-Pty=0 -y --no-install-recommends "$@" </dev/null 2>&1) || fail "apt-get $*: $out"
	printf '%s\n' "$out"
}

# Runs the command of a unit as the unit says: user, group, umask, capabilities, which are none but that for low ports.
run_unit() { # UNIT
	local unit=/lib/systemd/system/$1.service command user group mask
	command=$(sed -n 's/^ExecStart=//p' "$unit")
	user=$(sed -n 's/^User=//p' "$unit")
	group=$(sed -n 's/^Group=//p' "$unit")
	mask=$(sed -n 's/^UMask=//p' "$unit")
	grep -qx 'AmbientCapabilities=CAP_NET_BIND_SERVICE' "$unit"
	(
		umask "$mask"
		# The words of the command have no spaces.
		# shellcheck disable=SC2086
		exec setpriv --reuid "$user" --regid "$group" --init-groups --inh-caps=-all,+net_bind_service \
			--ambient-caps=-all,+net_bind_service --bounding-set=-all,+net_bind_service --no-new-privs $command
	) >>"/var/log/$1.log" 2>&1 &
	servers+=($!)
}

start() {
	local unit try
	servers=()
	for unit in ftgate-smtpd ftgate-pop3d; do
		run_unit "$unit"
		for ((try = 0; ; try++)); do
			! ftgatectl --server "${unit#ftgate-}" status >/dev/null 2>&1 || break
			{ [ "$try" -lt 300 ] && kill -0 "${servers[-1]}" 2>/dev/null; } || fail "$unit does not run: $(cat "/var/log/$unit.log")"
			sleep 0.1
		done
	done
}

# Runs the command of the unit for Postfix, which gets no capability and is in German.
start_mapd() {
	local unit=/lib/systemd/system/ftgate-mapd.service command try
	command=$(sed -n 's/^ExecStart=//p' "$unit")
	grep -qx 'CapabilityBoundingSet=' "$unit"
	(
		umask 077
		# The words of the command have no spaces.
		# shellcheck disable=SC2086
		exec env LC_ALL=de_DE.UTF-8 setpriv --reuid ftgate --regid ftgate --init-groups --inh-caps=-all --bounding-set=-all \
			--no-new-privs $command
	) >>/var/log/ftgate-mapd.log 2>&1 &
	servers+=($!)
	for ((try = 0; ; try++)); do
		! ftgatectl --server mapd status >/dev/null 2>&1 || break
		{ [ "$try" -lt 300 ] && kill -0 "${servers[-1]}" 2>/dev/null; } || fail "ftgate-mapd does not run: $(cat /var/log/ftgate-mapd.log)"
		sleep 0.1
	done
}

footer() { # REPLY
	local answer
	exec 3<>/dev/tcp/127.0.0.1/2794
	printf '%d:footer %s,' "$((${#1} + 7))" "$1" >&3
	IFS= read -r -d , -u 3 answer || true
	exec 3>&-
	printf '%s\n' "$answer"
}

stop() {
	kill "${servers[@]}"
	wait "${servers[@]}" || fail "a server ended with status $?"
}

refusal() { # of a message to nobody
	printf 'Subject: Hello\r\n\r\nHello.\r\n' | curl -sSv --mail-from bob@example.net --mail-rcpt nobody@example.org \
		--upload-file - smtp://127.0.0.1:25 2>&1 | grep -F '(#4.28)' | tr -d '\r'
}

fetch() { # NUMBER
	curl -sS --cacert /live/fullchain.pem --resolve mail.example.org:995:127.0.0.1 --user "anna@example.org:$password" \
		"pop3s://mail.example.org/$1"
}

step "installs the packages"
said=$(apt install /packages/old/*.deb)
expect "installation" 'nothing is started.* ftgatectl quickstart DOMAIN' "$said"
expect "user" '^ftgate:x:[0-9]+:[0-9]+:ftgate mail server,*:/var/lib/ftgate:/usr/sbin/nologin$' "$(getent passwd ftgate)"
[ ! -e "$config" ] || fail "the installation has written $config"
[ ! -e "$data" ] || fail "the installation has made $data"
done=$(asked)
for unit in ftgate-smtpd ftgate-pop3d; do
	expect "systemctl" " preset .*$unit\.service\$" "$done"
	grep -qx "ConditionPathExists=$config" "/lib/systemd/system/$unit.service" || fail "$unit would start without $config"
done
expect "systemctl" ' start .*ftgate-smtpd\.service' "$done"
expect "systemctl" ' start .*ftgate-mapd\.service' "$done"
expect_not "systemctl" 'socket' "$done"
expect "ftgate-msg" 'ERR_SMTP_ADDRESS_UNKNOWN \(#4\.28\), SMTP' "$(LC_ALL=de_DE.UTF-8 ftgate-msg explain 4.28)"
expect "ftgate-msg in German" 'Kennungen|Codes|Wann' "$(LC_ALL=de_DE.UTF-8 ftgate-msg explain 4.28)"
for page in /usr/share/doc/ftgate/README.md /usr/share/doc/ftgate/docs/operators.md /usr/share/doc/ftgate/LICENSE \
	/usr/share/doc/ftgate/examples/ftgate.conf /usr/share/man/man8/ftgatectl.8.gz /etc/logrotate.d/ftgate \
	/usr/share/bash-completion/completions/ftgatectl /usr/share/zsh/vendor-completions/_ftgate-msg \
	/etc/fail2ban/filter.d/ftgate.conf /etc/fail2ban/jail.d/ftgate.conf /usr/lib/systemd/catalog/ftgate.de.catalog \
	/usr/share/ftgate/ftgate-replies-1.schema.json; do
	[ -s "$page" ] || fail "there is no $page"
done

step "sets up a server"
said=$(ftgatectl quickstart example.org hostname=mail.example.org account=anna language=de resolver=127.0.0.1)
password=$(sed -n 's/^The password of anna@example\.org is shown only here: //p' <<<"$said")
[ -n "$password" ] || fail "quickstart prints no password: $said"
hook=$(sed -n "s/^ *certbot certonly .*--deploy-hook \([^ ]*\)\$/\1/p" <<<"$said")
[ -x "$hook" ] || fail "quickstart names no deploy hook that can be run: $said"
expect "quickstart" '^ *systemctl enable --now ftgate-smtpd ftgate-pop3d$' "$said"

step "serves without a certificate, then with one"
start
expect "German refusal" '550 5\.1\.1 Postfach nobody@example\.org existiert nicht \(#4\.28\)$' "$(refusal)"
expect "deploy hook" 'ftgate-smtpd: generation 2, refused 0' "$(RENEWED_LINEAGE=/live "$hook")"
for file in cert key; do
	expect "$file.pem" '^640 root ftgate$' "$(stat -c '%a %U %G' "/etc/ftgate/$file.pem")"
done
sh -c "$(grep -m 1 '^ *sed -i ' <<<"$said")"
sh -c "$(grep -m 1 '^ *ftgate-smtpd .*--check' <<<"$said")" >/dev/null
stop
start

step "sends a message and fetches it"
printf 'Subject: Hello\r\n\r\nHello, Anna.\r\n' |
	curl -sS --mail-from bob@example.net --mail-rcpt anna@example.org --upload-file - smtp://127.0.0.1:25
expect "message" '^Hello, Anna\.' "$(fetch 1)"
expect "submission" '^$' "$(printf 'Subject: Second\r\n\r\nHello, me.\r\n' | curl -sS --ssl-reqd --cacert /live/fullchain.pem \
	--resolve mail.example.org:587:127.0.0.1 --user "anna@example.org:$password" --mail-from anna@example.org \
	--mail-rcpt anna@example.org --upload-file - smtp://mail.example.org:587 2>&1)"
expect "second message" '^Hello, me\.' "$(fetch 2)"

step "says it in other words"
# shellcheck disable=SC2016
said=$(ftgatectl text set de 4.28 'Das Postfach %s gibt es bei uns nicht. Fragen: ${contact}')
expect "text set" 'de: 1 own text is in use' "$said"
own='Das Postfach nobody@example\.org gibt es bei uns nicht\. Fragen: .* \(#4\.28\)$'
expect "own text" "$own" "$(refusal)"
ftgatectl text set de 3.08 'Bis bald' >/dev/null

step "answers a Postfix"
[ -f /etc/ftgate/mapd.conf ] || fail "there is no mapd.conf"
start_mapd
expect "footer" "^[0-9]+:OK $own" "$(footer '550 5.1.1 <nobody@example.org>: Recipient address rejected: User unknown')"

step "upgrades"
stop
# As if the English had been another when the text was set.
sed -i '/"ERR_SMTP_CLOSING"/,/^msgstr/s/^msgid ".*"/msgid "The service says goodbye"/' "$data"/locale/de/LC_MESSAGES/ftgate-local.po
asked >/dev/null
cp "$data"/locale/de/LC_MESSAGES/ftgate-local.po /packages/before.po
said=$(apt install /packages/new/*.deb)
expect "version" '\+1$' "$(dpkg-query -W -f '${Version}' ftgate)"
expect "upgrade" 'ftgatectl text stale' "$said"
expect "upgrade" 'says goodbye' "$said"
expect_not "upgrade" 'quickstart' "$said"
expect "systemctl" ' restart .*ftgate-smtpd\.service' "$(asked)"
cmp /packages/before.po "$data"/locale/de/LC_MESSAGES/ftgate-local.po
start
expect "own text after the upgrade" "$own" "$(refusal)"
expect "message after the upgrade" '^Hello, Anna\.' "$(fetch 1)"

step "removes the packages"
stop
before=$(list_data)
apt remove ftgate ftgate-mapd ftgate-msg libftgate0 libftgate-dev ftgate-doc >/dev/null
[ ! -e /usr/sbin/ftgate-smtpd ] || fail "a program is left"
[ -f "$config" ] || fail "remove has removed $config"
expect_same "remove" "$before" "$(list_data)"

step "installs them again over the configuration"
asked >/dev/null
said=$(apt install /packages/old/*.deb)
expect_not "installation with a configuration" 'quickstart' "$said"
expect "systemctl" ' (re)?start .*ftgate-smtpd\.service' "$(asked)"
start
expect "own text after the new installation" "$own" "$(refusal)"
stop

step "purges them"
before=$(list_data)
install -d -o ftgate -g ftgate /var/log/ftgate
said=$(apt purge ftgate ftgate-mapd ftgate-msg libftgate0 libftgate-dev ftgate-doc)
expect "purge" "$data is kept" "$said"
for path in "$config" /var/log/ftgate; do
	[ ! -e "$path" ] || fail "purge has kept $path"
done
expect_same "purge" "$before" "$(list_data)"
getent passwd ftgate >/dev/null || fail "purge has removed the user who owns $data"
left=$(find /etc /usr /lib/ /var/lib/systemd -path /etc/ftgate -prune -o -name '*ftgate*' -print)
[ -z "$left" ] || fail "purge has left $left"
step "all is as expected"
