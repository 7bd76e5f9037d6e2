#!/bin/sh
# SPDX-License-Identifier: MIT
# Prints an apt source line for another suite of Debian, taken from the
# machine's own source, so that no mirror is written down anywhere.
#
# usage: debian-source.sh SUITE
set -eu
suite=$1

deb822=/etc/apt/sources.list.d/debian.sources
oneline=/etc/apt/sources.list
if [ -r "$deb822" ]; then
	uri=$(sed -n 's/^URIs: *\([^ ]*\).*/\1/p' "$deb822" | head -n 1)
	key=$(sed -n 's/^Signed-By: *\(\/[^ ]*\).*/\1/p' "$deb822" | head -n 1)
	echo "deb ${key:+[signed-by=$key] }$uri $suite main"
elif [ -r "$oneline" ]; then
	# The first line that is for a whole suite, not for updates of one.
	sed -n "s/^\(deb .*[^ ]\)  *bookworm  *main.*/\1 $suite main/p" \
		"$oneline" | head -n 1 | grep .
else
	echo "debian-source.sh: the machine has no Debian source" >&2
	exit 1
fi
