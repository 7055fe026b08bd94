#!/bin/bash
# Installs the Debian packages in a root of their own, as an operator would, and upgrades, removes and purges them:
# usage: packages_test.sh FOLDER, which has the packages that scripts/package has built.
#
# It needs root and mmdebstrap. The root is a minimal Debian with what the packages depend on, and curl; it is kept in
# build/packages-root, and made again if the dependencies change. Exit status 77: this machine cannot make such a root.
set -eu -o pipefail
packages=$(realpath "$1")
cd "$(dirname "$(realpath "$0")")/../.."
# shellcheck source=scripts/debian_root.sh
. scripts/debian_root.sh

skip() {
	echo "skipped: $*"
	exit 77
}

[ "$(id -u)" -eq 0 ] || skip "only root can make a root to install packages in"
command -v mmdebstrap >/dev/null || skip "this machine lacks mmdebstrap"
unshare --net --mount --pid --fork true 2>/dev/null || skip "no namespaces can be made here; in a chroot, such as that of scripts/fresh, they cannot"

work=$(mktemp -d -t ftgate-packages-XXXXXX)
root=$work/root
trap 'rm -rf --one-file-system "$work"' EXIT
mkdir "$work/new" "$root"

debs=()
for name in ftgate ftgate-mapd ftgate-msg libftgate0 libftgate-dev ftgate-doc; do
	debs+=("$(echo "$packages/$name"_[0-9]*.deb)")
	[ -f "${debs[-1]}" ] || {
		echo "packages_test: there is no ${debs[-1]}; first: scripts/package" >&2
		exit 1
	}
done

# The packages that these depend on, as a resolver reads it: the first of alternatives, without versions.
dependencies() {
	local deb
	for deb in "${debs[@]}"; do
		dpkg-deb -f "$deb" Depends
	done | tr ',' '\n' | sed -e 's/[|(].*//' -e 's/[ \t]//g' | grep -v ftgate | sort -u
}

# A higher version of the same contents.
make_higher() { # DEB
	local folder
	folder=$work/unpacked/$(basename "$1" .deb)
	mkdir -p "$work/unpacked"
	dpkg-deb -R "$1" "$folder"
	sed -i -E -e 's/^(Version: .*)$/\1+1/' -e 's/(ftgate[a-z0-9-]* \(= [^)]*)\)/\1+1)/g' "$folder/DEBIAN/control"
	dpkg-deb --root-owner-group -Zgzip -z1 -b "$folder" "$work/new" >/dev/null
}

mapfile -t needed < <(dependencies)
key=$(printf '%s\n' "$debian_suite" "${needed[@]}" | sha256sum | cut -c 1-16)
base=build/packages-root/$key.tar
if [ ! -f "$base" ]; then
	rm -rf build/packages-root
	mkdir -p build/packages-root
	debian_make_root "$work/base.tar" "$(IFS=, && echo "curl,${needed[*]}")"
	mv "$work/base.tar" "$base"
fi
tar -x -f "$base" -C "$root" --exclude='./dev/*'
for deb in "${debs[@]}"; do
	make_higher "$deb"
done

mkdir "$root/packages" "$root/packages/old" "$root/packages/new" "$root/live"
cp "${debs[@]}" "$root/packages/old"
cp "$work"/new/*.deb "$root/packages/new"
cp tests/packages/as_operator.sh "$root/packages"
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=mail.example.org -addext subjectAltName=DNS:mail.example.org \
	-keyout "$root/live/privkey.pem" -out "$root/live/fullchain.pem" 2>/dev/null
chmod 600 "$root/live/privkey.pem"
debian_alone_in_root "$root" 'exec /packages/as_operator.sh'
