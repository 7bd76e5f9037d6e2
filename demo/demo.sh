#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The story of weir in a minute: a catalog, a template, a real HAProxy. Everything
# lives in a directory of its own on free loopback ports and is gone at the end.
# DEMO=consul plays the same on a real Consul agent. DEMO_FAST=1 doesn't pause.
set -euo pipefail

top=$(cd "$(dirname "$0")/.." && pwd)
weir=${WEIR:-$top/build/weir}
mode=${DEMO:-file}
dir=$(mktemp -d "${TMPDIR:-/tmp}/weir-demo.XXXXXX")
pids=()

if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
	bold=$'\e[1m' dim=$'\e[2m' green=$'\e[32m' red=$'\e[31m' plain=$'\e[0m'
else
	bold='' dim='' green='' red='' plain=''
fi

cleanup() {
	local pid
	for pid in "${pids[@]}"; do kill "$pid" 2>/dev/null || :; done
	wait 2>/dev/null || :
	rm -rf "$dir"
}
trap cleanup EXIT
trap 'exit 130' INT TERM

say() { printf '\n%s%s%s\n' "$bold" "$*" "$plain"; }
note() { printf '  %s\n' "$*"; }
pause() { [ -n "${DEMO_FAST:-}" ] || [ ! -t 1 ] || sleep "${1:-1.5}"; }
die() {
	printf '%sdemo: %s%s\n' "$red" "$*" "$plain" >&2
	tail -n 30 "$dir"/*.log >&2 2>/dev/null || :
	exit 1
}

# A free loopback port: the kernel's ephemeral range is left alone.
free_port() {
	local port
	while :; do
		port=$((20000 + RANDOM % 10000))
		if ! (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; then
			echo "$port"
			return
		fi
	done
}

# until_true SECONDS COMMAND…: waits for a condition, not for a time.
until_true() {
	local end=$((SECONDS + $1))
	shift
	until "$@" >/dev/null 2>&1; do
		[ $SECONDS -lt $end ] || return 1
		sleep 0.02
	done
}

# ---- the pieces ----------------------------------------------------------

DEMO_DIR=$dir
DEMO_PORT=$(free_port)
export DEMO_DIR DEMO_PORT

# Four small web servers that answer with their name: one more HAProxy.
ports=()
start_backends() {
	local i
	{
		printf 'defaults\n  mode http\n  timeout connect 1s\n'
		printf '  timeout client 9s\n  timeout server 9s\n'
		for i in 1 2 3 4; do
			ports[i]=$(free_port)
			printf 'frontend web-%d\n  bind 127.0.0.1:%d\n' "$i" "${ports[i]}"
			printf '  http-request return status 200 content-type text/plain string "web-%d"\n' "$i"
		done
	} >"$dir/backends.cfg"
	haproxy -db -f "$dir/backends.cfg" >"$dir/backends.log" 2>&1 &
	pids+=($!)
}

declare -A health=()

write_catalog() {
	local i sep=''
	{
		printf '{ "Datacenter": "dc1",\n  "Nodes": ['
		for i in 1 2 3 4; do
			[ -n "${health[$i]:-}" ] || continue
			printf '%s\n    { "Node": "node-%d", "Address": "127.0.0.1", "Services": [\n' "$sep" "$i"
			printf '      { "Service": "web", "ID": "web-%d", "Port": %d,\n' "$i" "${ports[i]}"
			printf '        "Checks": [ { "CheckID": "web-%d", "Status": "%s" } ] } ] }' "$i" "${health[$i]}"
			sep=,
		done
		printf '\n  ] }\n'
	} >"$dir/catalog.json.new"
	mv "$dir/catalog.json.new" "$dir/catalog.json"
}

consul_put() {
	curl -fsS -X PUT --data-binary "$2" "http://127.0.0.1:$consul_port$1" >/dev/null
}

# set_health N passing|critical: what a check would say.
set_health() {
	health[$1]=$2
	if [ "$mode" = consul ]; then
		consul_put /v1/catalog/register "{ \"Node\": \"node-$1\", \"Address\": \"127.0.0.1\",
			\"Service\": { \"Service\": \"web\", \"ID\": \"web-$1\", \"Port\": ${ports[$1]} },
			\"Check\": { \"CheckID\": \"web-$1\", \"Name\": \"web\", \"ServiceID\": \"web-$1\", \"Status\": \"$2\" } }"
	else
		write_catalog
	fi
}

start_consul() {
	local p=()
	for _ in 1 2 3 4; do p+=("$(free_port)"); done
	consul_port=${p[0]}
	consul agent -dev -node demo -bind 127.0.0.1 -client 127.0.0.1 \
		-http-port "${p[0]}" -dns-port -1 -grpc-port -1 -server-port "${p[1]}" \
		-serf-lan-port "${p[2]}" -serf-wan-port "${p[3]}" >"$dir/consul.log" 2>&1 &
	pids+=($!)
	until_true 30 sh -c "curl -fsS http://127.0.0.1:$consul_port/v1/catalog/service/consul | grep -q Node" ||
		die "Consul did not start"
}

write_config() {
	cp "$top/demo/haproxy.cfg.tmpl" "$dir/haproxy.cfg.tmpl"
	{
		if [ "$mode" = consul ]; then
			printf '[consul]\naddress = http://127.0.0.1:%d\n\n' "$consul_port"
		else
			printf '[catalog]\nfile = %s/catalog.json\n\n' "$dir"
		fi
		cat <<-INI
			[haproxy "main"]
			config = $dir/haproxy.cfg
			stats_socket = $dir/admin.sock
			master_socket = $dir/master.sock

			[template "haproxy.cfg"]
			source = $dir/haproxy.cfg.tmpl
			destination = $dir/haproxy.cfg
			haproxy = main

			[state]
			path = $dir/state
		INI
	} >"$dir/weir.ini"
}

# ---- what is shown ---------------------------------------------------------

seen=0
# New lines of weir's log, up to one that holds the text.
show_log() {
	until_true 10 sh -c "tail -n +$((seen + 1)) '$dir/weir.log' | grep -q '$1'" ||
		die "weir never said \"$1\""
	tail -n +$((seen + 1)) "$dir/weir.log" | cut -c1-150 | sed "s/^/  $dim| /; s/\$/$plain/"
	seen=$(wc -l <"$dir/weir.log")
}

answers() {
	local i
	for i in $(seq "$1"); do
		curl -fsS --max-time 2 "http://127.0.0.1:$DEMO_PORT/" || echo failed
		echo
	done | sed '/^$/d' | sort | uniq -c | awk '{ printf "%s%s × %s", s, $2, $1; s = ",  " } END { print "" }'
}

ask() {
	local got
	got=$(answers 12)
	case $got in
	*failed*) die "a request failed: $got" ;;
	esac
	printf '  12 requests → %s%s%s\n' "$green" "$got" "$plain"
}

served_by() { answers 12 | grep -q "$1"; }
not_served_by() { ! answers 12 | grep -q "$1"; }

# ---- the story -------------------------------------------------------------

say "weir: Consul → template → checked, live HAProxy"
start_backends
if [ "$mode" = consul ]; then
	start_consul
	note "a real Consul agent on 127.0.0.1:$consul_port"
else
	note "no Consul: a catalog file stands in for it (DEMO=consul plays with a real agent)"
fi
write_config
set_health 1 passing
set_health 2 passing
pause

say "1. The first render"
note "\$ weir render -c weir.ini      (two instances of \"web\" are healthy)"
"$weir" render -c "$dir/weir.ini" | sed 's/^/  /'
grep -A5 '^backend' "$dir/haproxy.cfg" | sed "s/^/  $dim| /; s/\$/$plain/"
haproxy -W -S "$dir/master.sock" -f "$dir/haproxy.cfg" >"$dir/haproxy.log" 2>&1 &
pids+=($!)
until_true 10 curl -fsS "http://127.0.0.1:$DEMO_PORT/" || die "HAProxy did not start"
"$weir" run -c "$dir/weir.ini" >"$dir/weir.log" 2>&1 &
weir_pid=$!
pids+=("$weir_pid")
note "\$ weir run -c weir.ini"
show_log ready
ask
pause 2

say "2. A third instance registers"
set_health 3 passing
show_log 'apply: '
until_true 10 served_by web-3 || die "web-3 gets no traffic"
ask
pause 2

say "3. web-2's health check goes critical"
set_health 2 critical
show_log 'apply: '
until_true 10 not_served_by web-2 || die "web-2 still gets traffic"
ask
pause 2

say "4. Somebody saves a broken template"
sed -i 's/{{- range service "web" }}/{{- range servce "web" }}/' "$dir/haproxy.cfg.tmpl"
show_log 'refused'
note "the last good template goes on, and so does the traffic:"
ask
pause 2

say "5. The next save parses, but HAProxy would refuse the result"
sed -e 's/servce/service/' -e 's/balance {{.*/balance rondrobin/' "$dir/haproxy.cfg.tmpl" >"$dir/new"
mv "$dir/new" "$dir/haproxy.cfg.tmpl"
show_log 'rondrobin'
note "nothing was put in place:"
grep -n '^ *balance' "$dir/haproxy.cfg" | sed 's/^/  haproxy.cfg:/'
ask
pause 2

say "6. Repaired, and a fourth instance comes with it"
cp "$top/demo/haproxy.cfg.tmpl" "$dir/haproxy.cfg.tmpl"
set_health 4 passing
show_log 'apply: '
until_true 10 served_by web-4 || die "web-4 gets no traffic"
ask
pause 2

say "7. weir stops; HAProxy doesn't care"
kill -TERM "$weir_pid"
wait "$weir_pid" || die "weir ended with status $?"
show_log stopping
ask
say "That was weir. Everything it made is gone now; README.md says how to put it beside your HAProxy."
