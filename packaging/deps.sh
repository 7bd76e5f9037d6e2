#!/bin/sh
# SPDX-License-Identifier: MIT
# Installs what a group of tasks needs on Debian 12; does nothing, fast, when
# everything is there.
#
# usage: deps.sh GROUP…     build test lint fuzz versions matrix
#
# versions and matrix are other HAProxies, under .deps: 2.2 and 3.0; those and
# 3.2. A version that can't be had is said and passed over.
#
# Nothing of the machine's own set-up is changed but the packages: Consul,
# which Debian 12 lacks, comes from Debian 11 through an apt that reads its own
# list of sources, made from the machine's own. No service is started.
set -eu
cd "$(dirname "$0")/.."

services="consul haproxy nginx"

say()
{
	echo "deps.sh: $*" >&2
}

packages_of()
{
	case $1 in
	build)	echo gcc g++ make pkgconf libuv1-dev libcurl4-openssl-dev \
			libjansson-dev libinih-dev libmicrohttpd-dev \
			libsystemd-dev libre2-dev libutf8proc-dev libgmp-dev \
			libssl-dev libcrypt-dev libcmocka-dev ;;
	test)	echo python3 consul haproxy nginx-light curl openssl mandoc tzdata \
			procps wrk ;;
	lint)	echo clang-format cppcheck shellcheck python3 ;;
	fuzz)	echo clang libclang-rt-14-dev llvm ;;
	versions | matrix) echo patchelf ;;
	*)	say "no such group: $1" \
			"(build test lint fuzz versions matrix)"
		exit 2 ;;
	esac
}

# The packages of its arguments that are not installed.
missing()
{
	have=$(dpkg-query -W -f '${db:Status-Abbrev} ${Package}\n' "$@" \
		2>/dev/null | sed -n 's/^ii  *//p' || :)
	for p; do
		case "
$have
" in
		*"
$p
"*) ;;
		*) echo "$p" ;;
		esac
	done
}

as_root()
{
	if [ "$(id -u)" = 0 ]; then
		"$@"
	else
		sudo "$@"
	fi
}

apt()
{
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y \
		-o DPkg::Lock::Timeout=600 -o Dpkg::Use-Pty=0 "$@"
}

need_root()
{
	if [ "$(id -u)" = 0 ] || command -v sudo >/dev/null; then
		return
	fi
	say "not root and no sudo; as root, run this and then try again:"
	plain=$(for p; do [ "$p" = consul ] || printf ' %s' "$p"; done)
	[ -z "$plain" ] ||
		echo "apt-get install --no-install-recommends$plain" >&2
	case " $* " in
	*" consul "*) echo "$PWD/packaging/deps.sh test" >&2 ;;
	esac
	exit 1
}

# Keeps the packages' scripts from starting services until the shell ends;
# a policy that the machine already has stays.
policy=/usr/sbin/policy-rc.d
hold_services()
{
	[ -e "$policy" ] && return
	trap 'as_root rm -f "$policy"' EXIT
	trap 'exit 1' HUP INT TERM
	printf '#!/bin/sh\nexit 101\n' | as_root tee "$policy" >/dev/null
	as_root chmod 755 "$policy"
}

# Nor shall what was installed here start at the next boot.
wants=/etc/systemd/system/multi-user.target.wants
disable_services()
{
	for p in $services; do
		case " $* " in
		*" $p "* | *" $p-light "*) as_root rm -f "$wants/$p.service" ;;
		esac
	done
}

# Options that make apt-get read Debian SUITE besides the machine's own
# sources, with lists of its own.
with_suite()
{
	dir=$1 suite=$2
	mkdir -p "$dir/lists/partial" "$dir/parts"
	packaging/debian-source.sh "$suite" >"$dir/parts/$suite.list"
	printf 'Package: *\nPin: release n=%s\nPin-Priority: 100\n' "$suite" \
		>"$dir/preferences"
	for f in /etc/apt/sources.list /etc/apt/sources.list.d/debian.*; do
		[ ! -s "$f" ] || cp "$f" "$dir/parts/"
	done
	echo "-o Dir::Etc::sourcelist=/dev/null" \
		"-o Dir::Etc::sourceparts=$dir/parts" \
		"-o Dir::Etc::preferences=$dir/preferences" \
		"-o Dir::State::lists=$dir/lists -o APT::Sandbox::User=root"
}

install_consul()
{
	dir=$(mktemp -d)
	# shellcheck disable=SC2046 # options, made to be split
	set -- $(with_suite "$dir" bullseye)
	apt "$@" update
	apt "$@" --no-install-recommends install consul
	as_root rm -rf "$dir"
}

install()
{
	need_root "$@"
	say "installing" "$@"
	hold_services
	apt update || say "apt-get update failed; trying with what there is"
	plain=$(for p; do [ "$p" = consul ] || echo "$p"; done)
	# shellcheck disable=SC2086 # a list of packages
	[ -z "$plain" ] || apt --no-install-recommends install $plain
	case " $* " in
	*" consul "*) install_consul ;;
	esac
	disable_services "$@"
}

packages=
for group; do
	more=$(packages_of "$group")
	packages="$packages $more"
done
command -v dpkg-query >/dev/null || {
	say "this is no Debian; install by hand what stands in this file"
	exit 1
}
# shellcheck disable=SC2086 # a list of packages
todo=$(missing $packages)
# shellcheck disable=SC2086 # a list of packages
[ -z "$todo" ] || install $todo
suites=
case " $* " in
*" versions "*) suites="bullseye trixie" ;;
esac
case " $* " in
*" matrix "*) suites="bullseye trixie sid" ;;
esac
for suite in $suites; do
	packaging/haproxy-of-suite.sh "$suite" ||
		say "no HAProxy of $suite; what needs it is passed over"
done
