#!/bin/sh
# SPDX-License-Identifier: MIT
# Unpacks the HAProxy of another Debian suite, with that suite's own libraries,
# under .deps/haproxy-X.Y (the program: .deps/haproxy-X.Y/haproxy). The
# machine's own packages are left alone: the binary is patched to use the
# unpacked loader and libraries.
#
# usage: haproxy-of-suite.sh SUITE      needs patchelf, not root
set -eu
cd "$(dirname "$0")/.."
suite=$1
mark=.deps/$suite
# Not one of a tree that was moved since: it knows where its libraries were.
! "$mark/haproxy" -v >/dev/null 2>&1 || exit 0

mkdir -p .deps
dir=$(mktemp -d "$PWD/.deps/tmp.XXXXXX")
trap 'rm -rf "$dir"' EXIT
trap 'exit 1' HUP INT TERM
mkdir -p "$dir/none" "$dir/lists/partial" "$dir/cache/archives/partial"
: >"$dir/status"
packaging/debian-source.sh "$suite" >"$dir/sources.list"

fetch()
{
	apt-get -qq -o Dir::Etc::sourcelist="$dir/sources.list" \
		-o Dir::Etc::sourceparts="$dir/none" \
		-o Dir::Etc::preferences="$dir/none/preferences" \
		-o Dir::Etc::preferencesparts="$dir/none" \
		-o Dir::State::lists="$dir/lists" \
		-o Dir::State::status="$dir/status" \
		-o Dir::Cache="$dir/cache" -o Debug::NoLocking=1 \
		-o APT::Sandbox::User=root "$@"
}

fetch update
fetch -y --no-install-recommends --download-only install haproxy
for deb in "$dir"/cache/archives/*.deb; do
	case ${deb##*/} in
	haproxy_* | lib*) dpkg -x "$deb" "$dir/root" ;;
	esac
done

# The folders are moved once, before the binary learns where they are.
version=$(for deb in "$dir"/cache/archives/haproxy_*.deb; do
	dpkg-deb -f "$deb" Version | sed 's/^\([0-9]*\.[0-9]*\).*/\1/'; done)
home=$PWD/.deps/haproxy-$version
rm -rf "$home"
mv "$dir/root" "$home"

ld=$(find "$home" -name 'ld-linux*.so.[12]' | head -n 1)
libs=$(find "$home" -name '*.so.*' -printf '%h\n' | sort -u | tr '\n' ':')
patchelf --force-rpath --set-interpreter "$ld" --set-rpath "${libs%:}" \
	"$home/usr/sbin/haproxy"
ln -s usr/sbin/haproxy "$home/haproxy"
"$home/haproxy" -v | head -n 1
ln -sfn "haproxy-$version" "$mark"
