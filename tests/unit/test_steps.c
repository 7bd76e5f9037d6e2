/* SPDX-License-Identifier: MIT */
/* The decision table: which difference becomes which steps, and which is a
 * reload for which reason. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "weir/runtime.h"

/* What runs and what may be done; each test begins with a fresh one. */
static struct haproxy_running running;
static struct haproxy_policy policy;

static int
begin(void **state)
{
	(void)state;
	running = (struct haproxy_running){0};
	policy = (struct haproxy_policy){0};
	return haproxy_version_parse("2.6.12", &running.version);
}

static int
end(void **state)
{
	(void)state;
	haproxy_running_fini(&running);
	return 0;
}

static void
version(const char *text)
{
	assert_int_equal(haproxy_version_parse(text, &running.version), 0);
	haproxy_policy_default(&policy, &running.version);
}

enum what { COMMANDS, UNDOS, WORDS };

/* "COMMAND\nCOMMAND\n", "reload: REASON", or nothing. */
static void
put_steps(struct buf *out, const struct haproxy_steps *s, enum what what)
{
	buf_puts(out, "");
	if (s->reload)
		buf_printf(out, "reload: %s", s->reason.ptr);
	for (size_t i = 0; i < s->count; i++) {
		const struct haproxy_step *step = &s->items[i];

		if (what == WORDS)
			haproxy_step_print(step, out);
		else if (what == COMMANDS || step->undo.ptr)
			buf_str(
			    out, what == UNDOS ? step->undo : step->command);
		buf_char(out, '\n');
	}
}

static struct haproxy_steps
plan(const char *old_text, const char *new_text)
{
	struct haproxy_model old, new;
	struct haproxy_steps s;

	haproxy_model_parse(&old, str_of(old_text));
	haproxy_model_parse(&new, str_of(new_text));
	haproxy_steps_plan(&s, &old, &new, &running, &policy);
	haproxy_model_fini(&old);
	haproxy_model_fini(&new);
	return s;
}

static void
check(const char *old, const char *new, enum what what, const char *expected)
{
	struct haproxy_steps s = plan(old, new);
	struct buf out = {0};

	put_steps(&out, &s, what);
	assert_string_equal(out.ptr, expected);
	buf_fini(&out);
	haproxy_steps_fini(&s);
}

static void
assert_steps(const char *old, const char *new, const char *expected)
{
	check(old, new, COMMANDS, expected);
}

/* The reason has that in it. */
static void
assert_reload(const char *old, const char *new, const char *why)
{
	struct haproxy_steps s = plan(old, new);

	assert_true(s.reload);
	assert_int_equal(s.count, 0);
	assert_false(s.proven);
	if (!strstr(s.reason.ptr, why))
		fail_msg("\"%s\" is not in \"%s\"", why, s.reason.ptr);
	haproxy_steps_fini(&s);
}

/* Plans, expects, and lets it be done at that time. */
static void
apply(const char *old, const char *new, int64_t now, const char *expected)
{
	struct haproxy_steps s = plan(old, new);
	struct buf out = {0};

	put_steps(&out, &s, COMMANDS);
	assert_string_equal(out.ptr, expected);
	haproxy_steps_note(&s, &running, &policy, now);
	buf_fini(&out);
	haproxy_steps_fini(&s);
}

static bool
is_proven(const char *old, const char *new)
{
	struct haproxy_steps s = plan(old, new);
	bool proven = s.proven;

	assert_false(s.reload);
	haproxy_steps_fini(&s);
	return proven;
}

#define RR          "backend web\n\tbalance roundrobin\n"
#define HASH        "backend web\n\tbalance source\n"
#define RING        "backend web\n\tbalance source\n\thash-type consistent\n"
#define A(more)     "\tserver a 10.0.0.1:80" more "\n"
#define B(more)     "\tserver b 10.0.0.2:80" more "\n"
#define C(more)     "\tserver c 10.0.0.3:80" more "\n"
#define SET(server) "set server web/" server " "

/* ---- what means nothing ---- */

static void
form_alone_takes_nothing(void **state)
{
	(void)state;
	assert_steps(RR A(""), RR A(""), "");
	assert_steps(RR A(" check"),
	    "# x\nbackend  web\n balance \"roundrobin\" # y\n\n"
	    "server a 10.0.0.1:80   'check'\n#\n",
	    "");
	assert_steps(RR A(" weight 1"), RR A(""), "");
	assert_steps(RR A(" check weight 3"), RR A(" weight 3 check"), "");
	assert_steps(RR "\tserver a [::1]:80\n", RR "\tserver a ::1:80\n", "");
	assert_steps(RR A(""), RR "\tserver a ipv4@10.0.0.1:80\n", "");
}

static void
sections_may_stand_in_another_order(void **state)
{
	(void)state;
	assert_steps(
	    RR A("") "backend x\n" B(""), "backend x\n" B("") RR A(""), "");
	assert_steps(RR A("") "frontend x\n\tbind :80\n",
	    "frontend x\n\tbind :80\n" RR A(" weight 2"),
	    SET("a") "weight 2\n");
	assert_reload(RR A("") "defaults\n\tmode tcp\nbackend x\n",
	    "defaults\n\tmode tcp\n" RR A("") "backend x\n",
	    "stands elsewhere");
}

static void
order_of_servers_counts_where_places_do(void **state)
{
	(void)state;
	assert_steps(RR A("") B("") C(""), RR C("") A("") B(""), "");
	assert_steps(RR A("") B(" backup"), RR B(" backup") A(""), "");
	assert_reload(RR A(" backup") B(" backup"),
	    RR B(" backup") A(" backup"), "another order");
	assert_steps(RR "\toption allbackups\n" A(" backup") B(" backup"),
	    RR "\toption allbackups\n" B(" backup") A(" backup"), "");
	assert_reload("defaults\n\toption allbackups\n" RR
		      "\tno option allbackups\n" A(" backup") B(" backup"),
	    "defaults\n\toption allbackups\n" RR
	    "\tno option allbackups\n" B(" backup") A(" backup"),
	    "another order");
	assert_reload(HASH A("") B(""), HASH B("") A(""), "another order");
	assert_reload(RING A("") B(""), RING B("") A(""), "another order");
	assert_steps(
	    RING A(" id 1") B(" id 2"), RING B(" id 2") A(" id 1"), "");
	assert_reload("backend web\n\tbalance first\n" A("") B(""),
	    "backend web\n\tbalance first\n" B("") A(""), "another order");
	assert_reload(RR "\tstick on src\n" A("") B(""),
	    RR "\tstick on src\n" B("") A(""), "another order");
	/* A rule or a log line that names a server by its id. */
	assert_reload(RR "\thttp-response set-header X %[srv_id]\n" A("") B(""),
	    RR "\thttp-response set-header X %[srv_id]\n" B("") A(""),
	    "another order");
	assert_reload("defaults\n\tlog-format %[srv_id]\n" RR A("") B(""),
	    "defaults\n\tlog-format %[srv_id]\n" RR B("") A(""),
	    "another order");
}

/* ---- weight ---- */

static void
a_weight_is_set(void **state)
{
	(void)state;
	assert_steps(
	    RR A(" weight 1"), RR A(" weight 5"), SET("a") "weight 5\n");
	check(RR A(""), RR A(" weight 5"), UNDOS, SET("a") "weight 1\n");
	check(RR A(" weight 2"), RR A(" weight 5"), WORDS,
	    "backend web: server a: weight 2 -> 5\n");
	assert_steps(RR A(" weight 5"), RR A(""), SET("a") "weight 1\n");
	assert_true(is_proven(RR A(" weight 1"), RR A(" weight 256")));
	assert_steps("defaults\n\tmode tcp\n" RR A(""),
	    "defaults\n\tmode tcp\n" RR A(" weight 2"), SET("a") "weight 2\n");
}

static void
a_weight_is_checked_before_it_is_sent(void **state)
{
	(void)state;
	assert_reload(RR A(""), RR A(" weight 257"), "0 to 256");
	assert_reload(RR A(""), RR A(" weight 5x"), "0 to 256");
	assert_reload(RR A(""), RR A(" weight -1"), "0 to 256");
	assert_reload(RR A(""), RR A(" weight 010"), "0 to 256");
	assert_reload(RR A(" weight 257"), RR A(" weight 5"), "0 to 256");
	assert_reload(RR A(""), RR A(" weight"), "\"weight\"");
}

static void
a_static_balance_takes_zero_and_its_own_weight(void **state)
{
	(void)state;
	assert_steps(
	    HASH A(" weight 5"), HASH A(" weight 0"), SET("a") "weight 0\n");
	assert_steps(
	    HASH A(" weight 0"), HASH A(" weight 5"), SET("a") "weight 5\n");
	assert_reload(HASH A(" weight 5"), HASH A(" weight 6"), "static");
	assert_steps(
	    RING A(" weight 5"), RING A(" weight 6"), SET("a") "weight 6\n");
	assert_reload("backend web\n\tbalance static-rr\n" A(""),
	    "backend web\n\tbalance static-rr\n" A(" weight 6"), "static");
	assert_reload("backend web\n\tbalance mine\n" A(""),
	    "backend web\n\tbalance mine\n" A(" weight 0"), "doesn't know");
	assert_reload("defaults\n\tmode log\nbackend web\n" A(""),
	    "defaults\n\tmode log\nbackend web\n" A(" weight 0"),
	    "doesn't know");
	assert_reload("defaults\n\tbalance uri\nbackend web\n" A(""),
	    "defaults\n\tbalance uri\nbackend web\n" A(" weight 6"), "static");
}

static void
every_algorithm_is_static_or_dynamic(void **state)
{
	static const struct {
		const char *name;
		bool is_static;
	} rows[] = {{"roundrobin", false}, {"leastconn", false},
	    {"first", false}, {"random", false}, {"random(2)", false},
	    {"static-rr", true}, {"source", true}, {"uri", true},
	    {"url_param id", true}, {"hdr(host)", true}, {"rdp-cookie", true},
	    {"rdp-cookie(x)", true}, {"hash path", true}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char old[128], new[128];

		snprintf(old, sizeof(old), "backend web\n\tbalance %s\n%s",
		    rows[i].name, A(" weight 5"));
		snprintf(new, sizeof(new), "backend web\n\tbalance %s\n%s",
		    rows[i].name, A(" weight 6"));
		if (rows[i].is_static)
			assert_reload(old, new, "static");
		else
			assert_steps(old, new, SET("a") "weight 6\n");
	}
}

static void
an_agent_keeps_its_weight(void **state)
{
	(void)state;
	assert_reload(RR A(" agent-check agent-port 1 weight 2"),
	    RR A(" agent-check agent-port 1 weight 3"), "agent");
	assert_steps(RR A(" agent-check no-agent-check weight 2"),
	    RR A(" agent-check no-agent-check weight 3"),
	    SET("a") "weight 3\n");
}

/* ---- maxconn, address ---- */

static void
maxconn_is_set_without_minconn(void **state)
{
	(void)state;
	assert_steps(RR A(" maxconn 5"), RR A(" maxconn 6"),
	    "set maxconn server web/a 6\n");
	check(RR A(""), RR A(" maxconn 6"), UNDOS,
	    "set maxconn server web/a 0\n");
	assert_reload(RR A(" minconn 1 maxconn 5"),
	    RR A(" minconn 1 maxconn 6"), "minconn");
	assert_reload(RR A(""), RR A(" maxconn 6k"), "no number");
}

static void
an_address_is_set_with_its_port(void **state)
{
	(void)state;
	assert_steps(RR A(" check"), RR "\tserver a 10.0.0.9:81 check\n",
	    SET("a") "addr 10.0.0.9 port 81\n");
	check(RR A(" check"), RR "\tserver a [::1]:81 check\n", UNDOS,
	    SET("a") "addr 10.0.0.1 port 80\n");
	assert_steps(RR A(" check"), RR "\tserver a [::1]:81 check\n",
	    SET("a") "addr ::1 port 81\n");
	assert_true(is_proven(RR A(""), RR "\tserver a 10.0.0.9:65535\n"));
	assert_steps(RR A(""), RR "\tserver a 10.0.0.1:81\n",
	    SET("a") "addr 10.0.0.1 port 81\n");
	/* The same bytes, read as IPv6. */
	assert_steps(RR A(""), RR "\tserver a [a00:1::]:80\n",
	    SET("a") "addr a00:1:: port 80\n");
}

static void
only_literal_addresses_change(void **state)
{
	static const char *const others[] = {"db.example:80", "10.0.0.9",
	    "10.0.0.9:+1", "10.0.0.9:70000", "10.0.0.9:9x", "10.0.0.9:0",
	    "10.0.0:80", "/run/a.sock", "unix@/run/a", "abns@x:80",
	    "[10.0.0.1]:80", "0.0.0.0:80", "[::]:80", "*:80",
	    "ipv6@10.0.0.1:81", "10.0.0.01:80"};

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		char text[128];

		snprintf(text, sizeof(text), RR "\tserver a %s\n", others[i]);
		assert_reload(RR A(""), text, "literal");
		assert_reload(text, RR A(""), "literal");
	}
}

static void
an_address_that_others_go_by_stays(void **state)
{
	static const char moved[] = "\tserver a 10.0.0.9:80";
	char old[256], new[256];
	static const char *const options[][3] = {
	    {" track x/y", "", "it tracks"}, {" resolvers dns", "", "resolver"},
	    {" hash-key addr", "", "hash"},
	    {"", "backend x\n\tserver z 1.1.1.1:1 track web/a\n", "track it"}};

	(void)state;
	for (size_t i = 0; i < sizeof(options) / sizeof(*options); i++) {
		snprintf(old, sizeof(old), "%s" RR A("%s"), options[i][1],
		    options[i][0]);
		snprintf(new, sizeof(new), "%s" RR "%s%s\n", options[i][1],
		    moved, options[i][0]);
		assert_reload(old, new, options[i][2]);
	}
	assert_reload(RR "\toption external-check\n" A(" check"),
	    RR "\toption external-check\n\tserver a 10.0.0.9:80 check\n",
	    "program");
	assert_steps(RR "\toption external-check\n" A(""),
	    RR "\toption external-check\n\tserver a 10.0.0.9:80\n",
	    SET("a") "addr 10.0.0.9 port 80\n");
	assert_steps("defaults\n\toption external-check\n" RR
		     "\tno option external-check\n" A(" check"),
	    "defaults\n\toption external-check\n" RR
	    "\tno option external-check\n\tserver a 10.0.0.9:80 check\n",
	    SET("a") "addr 10.0.0.9 port 80\n");
	assert_steps(RR "\toption httplog\n" A(" check"),
	    RR "\toption httplog\n\tserver a 10.0.0.9:80 check\n",
	    SET("a") "addr 10.0.0.9 port 80\n");
	/* Others track others. */
	assert_steps("backend x\n\tserver z 1.1.1.1:1 track y/b\n" RR A(""),
	    "backend x\n\tserver z 1.1.1.1:1 track y/b\n" RR
	    "\tserver a 10.0.0.9:80\n",
	    SET("a") "addr 10.0.0.9 port 80\n");
}

/* ---- state, checks, agents ---- */

static void
disabled_is_maintenance(void **state)
{
	(void)state;
	assert_steps(RR A(""), RR A(" disabled"), SET("a") "state maint\n");
	check(RR A(""), RR A(" disabled"), UNDOS, SET("a") "state ready\n");
	assert_steps(RR A(" disabled"), RR A(""), SET("a") "state ready\n");
	assert_steps(RR A(" disabled"), RR A(" disabled enabled"),
	    SET("a") "state ready\n");
	assert_true(is_proven(RR A(" disabled"), RR A("")));
}

static void
a_check_gets_another_port_and_address(void **state)
{
	(void)state;
	assert_steps(RR A(" check port 1"), RR A(" check port 2"),
	    SET("a") "check-port 2\n");
	check(RR A(" check port 1"), RR A(" check port 2"), UNDOS,
	    SET("a") "check-port 1\n");
	check(RR A(" check"), RR A(" check port 2"), UNDOS, "\n");
	assert_steps(RR A(" check addr 1.1.1.1"), RR A(" check addr ::2"),
	    SET("a") "check-addr ::2\n");
	version("2.2.9");
	assert_reload(
	    RR A(" check addr 1.1.1.1"), RR A(" check addr ::2"), "no command");
}

static void
a_check_that_goes_another_way_is_a_reload(void **state)
{
	(void)state;
	assert_reload(RR A(" check port 1"), RR A(" check"), "not unset");
	assert_reload(RR A(" port 1"), RR A(" port 2"), "no check");
	assert_reload(RR A(" check no-check port 1"),
	    RR A(" check no-check port 2"), "no check");
	assert_reload(
	    RR A(" check ssl"), RR A(" check ssl port 2"), "another way");
	assert_reload(RR A(" check send-proxy-v2"),
	    RR A(" check send-proxy-v2 addr 1.1.1.1"), "another way");
	assert_steps(RR A(" check ssl check-ssl"),
	    RR A(" check ssl check-ssl port 2"), SET("a") "check-port 2\n");
	assert_steps(RR A(" check ssl port 1"), RR A(" check ssl port 2"),
	    SET("a") "check-port 2\n");
	assert_reload(
	    RR A(" check port 1"), RR A(" check port 65536"), "not a value");
	assert_reload(
	    RR A(" check port 1"), RR A(" check port 0"), "not a value");
	/* It could not be taken back. */
	assert_reload(
	    RR A(" check port 70000"), RR A(" check port 1"), "not a value");
	assert_reload(RR A(" check addr 1.1.1.1"), RR A(" check addr x.y"),
	    "not a value");
}

static void
an_agent_gets_another_port_address_and_string(void **state)
{
#define AGENT " agent-check agent-addr 1.1.1.1 agent-port 1 agent-send "
	(void)state;
	assert_steps(RR A(AGENT "x"),
	    RR A(" agent-check agent-addr 1.1.1.2 agent-port 2 agent-send y"),
	    SET("a") "agent-addr 1.1.1.2\n" SET("a") "agent-port 2\n" SET(
		"a") "agent-send y\n");
	assert_reload(RR A(AGENT "x"), RR A(AGENT "\"a;b\""), "not a value");
	assert_reload(RR A(AGENT "x"), RR A(AGENT "'a b'"), "not a value");
	assert_reload(RR A(AGENT "x"),
	    RR A(" agent-check agent-addr 1.1.1.1 agent-port 1"), "not unset");
	assert_reload(
	    RR A(" agent-port 1"), RR A(" agent-port 2"), "no agent-check");
	assert_reload(RR A(" check port 1 agent-check agent-port 2"),
	    RR A(" check port 3 agent-check agent-port 2"), "its agent");
	assert_reload(RR A(AGENT "x"),
	    RR A(" agent-check agent-addr [::1] agent-port 1 agent-send x"),
	    "not a value");
	version("2.2.9");
	assert_reload(RR A(" agent-check agent-port 1"),
	    RR A(" agent-check agent-port 2"), "no command");
	assert_steps(RR A(" agent-check agent-port 1 agent-send x"),
	    RR A(" agent-check agent-port 1 agent-send y"),
	    SET("a") "agent-send y\n");
}

static void
other_options_are_a_reload(void **state)
{
	static const char *const others[] = {"inter 2s", "backup", "ssl",
	    "cookie x", "send-proxy", "minconn 1", "id 7", "check",
	    "slowstart 3s", "on-marked-down shutdown-sessions", "newword",
	    "track x/y", "no-ssl"};

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++) {
		char text[128];

		snprintf(text, sizeof(text), RR A(" %s"), others[i]);
		assert_reload(RR A(""), text, "is not changed at run time");
		assert_reload(text, RR A(""), "is not changed at run time");
	}
	assert_reload(RR A(" check inter 1s"), RR A(" check inter 2s"),
	    "backend web: server a: \"inter\" is not changed at run time: "
	    "\"server a 10.0.0.1:80 check inter 1s\" -> "
	    "\"server a 10.0.0.1:80 check inter 2s\"");
}

/* ---- what applies to a server ---- */

static void
default_server_counts(void **state)
{
#define DEFAULTS "defaults\n\tdefault-server weight 7 check port 9\n"
	(void)state;
	assert_steps(DEFAULTS RR A(""), DEFAULTS RR A(" weight 7"), "");
	check(DEFAULTS RR A(""), DEFAULTS RR A(" weight 8 port 10"), UNDOS,
	    SET("a") "check-port 9\n" SET("a") "weight 7\n");
	assert_reload(DEFAULTS RR A(""),
	    "defaults\n\tdefault-server weight 8 check port 9\n" RR A(""),
	    "defaults: \"default-server weight 7 check port 9\" -> ");
	assert_steps(RR "\tdefault-server weight 3\n" A("") B(""),
	    RR "\tdefault-server weight 3\n" A("") B(" weight 4"),
	    SET("b") "weight 4\n");
	/* It holds for the lines behind it. */
	assert_steps(RR A("") "\tdefault-server weight 3\n" B(""),
	    RR "\tdefault-server weight 3\n" A("") B(""),
	    SET("a") "weight 3\n");
	assert_reload(RR A("") "\tdefault-server inter 3s\n" B(""),
	    RR "\tdefault-server inter 3s\n" A("") B(""), "\"inter\"");
}

static void
named_defaults_count(void **state)
{
#define NAMED                                     \
	"defaults x\n\tdefault-server weight 7\n" \
	"defaults y from x\n\tbalance source\n"   \
	"defaults z\n\tdefault-server weight 9\n"
	(void)state;
	check(NAMED "backend web from y\n" A(""),
	    NAMED "backend web from y\n" A(" weight 0"), UNDOS,
	    SET("a") "weight 7\n");
	assert_reload(NAMED "backend web from y\n" A(""),
	    NAMED "backend web from y\n" A(" weight 8"), "static");
	check(NAMED "backend web\n" A(""), NAMED "backend web\n" A(" weight 8"),
	    UNDOS, SET("a") "weight 9\n");
	assert_reload(NAMED "backend web from y\n" A(""),
	    NAMED "backend web from z\n" A(""), "from z");
	assert_reload("defaults x from x\nbackend web from x\n" A(""),
	    "defaults x from x\nbackend web from x\n" A(" weight 0"),
	    "environment");
}

static void
listen_is_a_backend_too(void **state)
{
	(void)state;
	assert_steps("listen web\n\tbind :1\n" A(""),
	    "listen web\n\tbind :1\n" A(" weight 2"), SET("a") "weight 2\n");
	assert_reload(
	    "peers web\n" A(""), "peers web\n" A(" weight 2"), "peers web: ");
	assert_reload("backend web\n" A("") "listen web\n",
	    "backend web\n" A(" weight 2") "listen web\n", "two of that name");
}

static void
conditions_and_variables_are_a_reload(void **state)
{
	(void)state;
	assert_reload(RR ".if defined(X)\n" A("") ".endif\n",
	    RR ".if defined(X)\n" A(" weight 2") ".endif\n", ".if");
	assert_reload(".if defined(X)\n" RR A("") ".endif\n",
	    ".if defined(X)\n" RR A(" weight 2") ".endif\n", ".if");
	assert_reload("global\n.if defined(X)\ndefaults\n\tbalance uri\n"
		      ".endif\n" RR A(""),
	    "global\n.if defined(X)\ndefaults\n\tbalance uri\n"
	    ".endif\n" RR A(" weight 2"),
	    ".if");
	assert_steps("global\n.if defined(X)\n.endif\n" RR A(""),
	    "global\n.if defined(X)\n.endif\n" RR A(" weight 2"),
	    SET("a") "weight 2\n");
	assert_steps(RR ".if defined(X)\n" A("") ".endif\n",
	    RR ".if  defined(X)\n" A(" ") ".endif # x\n", "");
	assert_reload(RR "\tserver a \"$IP\":80\n",
	    RR "\tserver a \"$IP\":80 weight 2\n", "variables");
	assert_reload("defaults\n\tdefault-server \"$X\"\n" RR A(""),
	    "defaults\n\tdefault-server \"$X\"\n" RR A(" weight 2"),
	    "variables");
	assert_reload(RR "\thash-type \"$X\"\n" A(""),
	    RR "\thash-type \"$X\"\n" A(" weight 2"), "environment");
	assert_reload(RR "\toption \"$X\"\n" A(""),
	    RR "\toption \"$X\"\n" A(" weight 2"), "environment");
	assert_reload("backend web\n\tbalance \"$X\"\n" A(""),
	    "backend web\n\tbalance \"$X\"\n" A(" weight 2"), "doesn't know");
	/* A quote that does not end. */
	assert_reload(RR "\tserver a 10.0.0.1:80 \"x\n",
	    RR "\tserver a 10.0.0.1:80 weight 2 \"x\n", "variables");
	assert_reload(RR "\toption \"x\n" A(""),
	    RR "\toption \"x\n" A(" weight 2"), "environment");
}

static void
quoted_sections_are_sections(void **state)
{
	(void)state;
	assert_steps("backend x\n\"backend\" web\n" A(""),
	    "backend x\nback\"end\" web\n" A(" weight 2"),
	    SET("a") "weight 2\n");
	assert_reload("backend x\n\"$K\" web\n" A(""),
	    "backend x\n\"$K\" web\n" A(" weight 2"), "environment");
}

static void
other_lines_are_a_reload_and_quoted(void **state)
{
	(void)state;
	assert_reload(RR "\tmode http\n" A(""),
	    RR "\tmode tcp\n" A(" weight 2"),
	    "backend web: \"mode http\" -> \"mode tcp\"");
	assert_reload(RR A(""), RR A("") "\toption tcplog\n",
	    "backend web: + \"option tcplog\"");
	assert_reload(RR "\tserver-template s 3 10.0.0.1:80\n",
	    RR "\tserver-template s 4 10.0.0.1:80\n", "server-template");
	assert_reload(RR A(""), RR A("") "backend new\n", "backend new is new");
	assert_reload(
	    RR A("") "backend old\n", RR A(""), "backend old is gone");
	assert_reload("global\n\tmaxconn 1\n" RR "\tmode tcp\n",
	    "global\n\tmaxconn 2\n" RR "\tmode http\n", "(and 1 more)");
	assert_reload(RR "\tdisabled\n" A(""), RR "\tdisabled\n" A(" weight 2"),
	    "disabled");
	assert_steps("defaults\n\tdisabled\n" RR "\tenabled\n" A(""),
	    "defaults\n\tdisabled\n" RR "\tenabled\n" A(" weight 2"),
	    SET("a") "weight 2\n");
}

static void
names_that_a_command_cant_hold_are_a_reload(void **state)
{
	(void)state;
	assert_reload(RR "\tserver a/b 10.0.0.1:80\n",
	    RR "\tserver a/b 10.0.0.1:80 weight 2\n", "can't be told");
	assert_reload(RR "\tserver 'a;b' 10.0.0.1:80\n", RR, "can't be told");
	assert_reload(RR, RR "\tserver 'a b' 10.0.0.1:80\n", "can't be told");
	assert_reload("backend 'w b'\n" A(""), "backend 'w b'\n" A(" weight 2"),
	    "can't be told");
	assert_reload(RR A("") A(" weight 1"), RR A("") A(" weight 2"),
	    "two servers of one name");
}

/* ---- lines that come and go ---- */

static void
a_line_that_goes_is_maintenance(void **state)
{
	(void)state;
	check(RR A("") B(""), RR A(""), UNDOS, SET("b") "state ready\n");
	check(RR A("") B(" disabled"), RR A(""), UNDOS, "\n");
	apply(
	    RR A("") B(" check 'x y'"), RR A(""), 5, SET("b") "state maint\n");
	assert_int_equal(running.count, 1);
	assert_string_equal(running.leftovers[0].server, "b");
	assert_string_equal(
	    running.leftovers[0].line, "server b 10.0.0.2:80 check x\\x20y");
	assert_false(running.leftovers[0].draining);
	assert_int_equal(running.leftovers[0].until, 5);
	assert_true(is_proven(RR A("") B(""), RR A("")));
}

static void
a_line_that_goes_drains_first(void **state)
{
	(void)state;
	policy.drain_ms = 3000;
	apply(RR A("") B(""), RR A(""), 5, SET("b") "state drain\n");
	assert_true(running.leftovers[0].draining);
	assert_int_equal(running.leftovers[0].until, 3005);
	check(RR A("") B(""), RR A(""), WORDS,
	    "backend web: server b: its line is gone: drains for 3 s\n");
	check(RR A("") B(" disabled"), RR A(""), WORDS,
	    "backend web: server b: its line is gone: maintenance\n");
	check(RR A("") B(""), RR A(""), UNDOS, SET("b") "state ready\n");
	assert_steps(
	    RR A("") B(" disabled"), RR A(""), SET("b") "state maint\n");
}

static void
the_same_line_is_ready_again(void **state)
{
	(void)state;
	apply(RR A("") B(" check"), RR A(""), 0, SET("b") "state maint\n");
	check(RR A(""), RR A("") B(" check"), UNDOS, SET("b") "state maint\n");
	assert_true(is_proven(RR A(""), RR A("") B(" check")));
	apply(RR A(""), RR A("") B(" check"), 0, SET("b") "state ready\n");
	assert_int_equal(running.count, 0);
}

static void
a_leftover_comes_back_with_what_steps_set(void **state)
{
	(void)state;
	policy.drain_ms = 1000;
	apply(RR A("") B(" check weight 2"), RR A(""), 0,
	    SET("b") "state drain\n");
	check(RR A(""), RR A("") B(" check weight 2"), UNDOS,
	    SET("b") "state drain\n");
	assert_steps(RR A(""),
	    RR A("") "\tserver b 10.0.0.9:1 check weight 3\n",
	    SET("b") "addr 10.0.0.9 port 1\n" SET("b") "weight 3\n" SET(
		"b") "state ready\n");
	apply(RR A(""), RR A("") B(" check weight 2 disabled"), 0,
	    SET("b") "state maint\n");
	assert_int_equal(running.count, 0);
}

static void
a_leftover_of_another_definition_does_not(void **state)
{
	(void)state;
	apply(RR A("") B(" check"), RR A(""), 0, SET("b") "state maint\n");
	assert_reload(RR A(""), RR A("") B(""), "other options");
	haproxy_leftover_put(&running, STR("web"), STR("b"), (struct str){0});
	assert_reload(RR A(""), RR A("") B(" check"), "nobody knows");
	/* default-server is part of the definition. */
	haproxy_leftover_drop(&running, STR("web"), STR("b"));
	apply("defaults\n\tdefault-server check\n" RR B(""),
	    "defaults\n\tdefault-server check\n" RR, 0,
	    SET("b") "state maint\n");
	assert_steps(RR, RR B(" check"), SET("b") "state ready\n");
}

/* What its variables said, nobody knows any more. */
static void
a_leftover_with_variables_does_not_come_back(void **state)
{
	(void)state;
	apply(RR A("") B(" sni \"$X\""), RR A(""), 0, SET("b") "state maint\n");
	assert_int_equal(running.count, 1);
	assert_reload(RR A(""), RR A("") B(" sni \\x24X"), "other options");
}

static void
where_ids_go_by_places_servers_stay(void **state)
{
	(void)state;
	assert_reload(RING A("") B(""), RING A(""), "ids");
	assert_reload("backend web\n\tbalance first\n" A("") B(""),
	    "backend web\n\tbalance first\n" A(""), "ids");
	assert_reload(RR "\tstick on src\n" A("") B(""),
	    RR "\tstick on src\n" A(""), "ids");
	assert_steps(RING A(" id 1") B(" id 2"), RING A(" id 1"),
	    SET("b") "state maint\n");
	version("3.0.1");
	assert_reload(RING A(""), RING A("") B(""), "ids");
	assert_steps(RING A(" id 1"), RING A(" id 1") B(" id 2"),
	    "add server web/b 10.0.0.2:80 id 2\n" SET("b") "state ready\n");
}

static void
where_places_count_a_leftover_keeps_its_own(void **state)
{
	(void)state;
	apply(HASH A("") B("") C(""), HASH C(""), 0,
	    SET("a") "state maint\n" SET("b") "state maint\n");
	assert_steps(HASH C(""), HASH B("") C(""), SET("b") "state ready\n");
	assert_steps(HASH C(""), HASH A("") C(""), SET("a") "state ready\n");
	assert_steps(HASH C(""), HASH A("") B("") C(""),
	    SET("a") "state ready\n" SET("b") "state ready\n");
	assert_reload(HASH C(""), HASH C("") B(""), "another place");
	assert_reload(HASH C(""), HASH B("") A("") C(""), "another place");
	/* Nobody knows where it stands. */
	haproxy_leftover_put(
	    &running, STR("web"), STR("b"), STR("server b 10.0.0.2:80"));
	assert_reload(HASH C(""), HASH B("") C(""), "another place");
	assert_reload(HASH C(""), HASH A("") C(""), "another place");
	haproxy_leftover_drop(&running, STR("web"), STR("b"));
	assert_reload(HASH C(""), HASH A("") C(""), "another place");
}

static void
backups_keep_their_order(void **state)
{
	(void)state;
	version("3.0.1");
	apply(RR A(" backup") B(" backup"), RR B(" backup"), 0,
	    SET("a") "state maint\n");
	assert_reload(
	    RR B(" backup"), RR B(" backup") A(" backup"), "another place");
	assert_steps(RR B(" backup"), RR A(" backup") C("") B(" backup"),
	    "add server web/c 10.0.0.3:80\n" SET("a") "state ready\n" SET(
		"c") "state ready\n");
	assert_steps(RR A(""), RR C(" backup") A(""),
	    "add server web/c 10.0.0.3:80 backup\n" SET("c") "state ready\n");
	apply(RR A("") B(" backup") C(" backup"), RR B(" backup") C(" backup"),
	    0, SET("a") "state maint\n");
	assert_steps(RR B(" backup") C(" backup"),
	    RR B(" backup") C(" backup") A(""), SET("a") "state ready\n");
	haproxy_leftover_drop(&running, STR("web"), STR("a"));
#define ALL RR "\toption allbackups\n"
	apply(ALL A(" backup") B(" backup"), ALL B(" backup"), 0,
	    SET("a") "state maint\n");
	assert_steps(ALL B(" backup"), ALL B(" backup") A(" backup"),
	    SET("a") "state ready\n");
	haproxy_leftover_drop(&running, STR("web"), STR("a"));
	/* One that is added is the last. */
	assert_reload(RR B(" backup"), RR C(" backup") B(" backup"), "order");
	apply(RR B(" backup"), RR B(" backup") C(" backup"), 0,
	    "add server web/c 10.0.0.3:80 backup\n" SET("c") "state ready\n");
	apply(RR B(" backup") C(" backup"), RR C(" backup"), 0,
	    SET("b") "state maint\n");
	apply(RR C(" backup"), RR, 0, SET("c") "state maint\n");
	assert_reload(RR, RR C(" backup") B(" backup"), "another place");
	assert_steps(RR, RR B(" backup") C(" backup"),
	    SET("b") "state ready\n" SET("c") "state ready\n");
}

/* Those that went before it stand where they stood. */
static void
a_leftover_keeps_its_place_among_leftovers(void **state)
{
	(void)state;
	apply(HASH A("") B("") C(""), HASH A("") C(""), 0,
	    SET("b") "state maint\n");
	apply(HASH A("") C(""), HASH C(""), 0, SET("a") "state maint\n");
	assert_steps(HASH C(""), HASH A("") C(""), SET("a") "state ready\n");
	assert_steps(HASH C(""), HASH A("") B("") C(""),
	    SET("a") "state ready\n" SET("b") "state ready\n");
	assert_reload(HASH C(""), HASH B("") A("") C(""), "another place");
	apply(HASH C(""), HASH, 0, SET("c") "state maint\n");
	assert_steps(HASH, HASH A("") C(""),
	    SET("a") "state ready\n" SET("c") "state ready\n");
	assert_reload(HASH, HASH C("") A(""), "another place");
}

/* A backup went when it was the last; one that is added stands behind it. */
static void
a_leftover_knows_who_was_added_behind_it(void **state)
{
	(void)state;
	version("3.0.1");
	apply(RR A(" backup"), RR, 0, SET("a") "state maint\n");
	apply(RR, RR B(" backup"), 0,
	    "add server web/b 10.0.0.2:80 backup\n" SET("b") "state ready\n");
	assert_reload(
	    RR B(" backup"), RR B(" backup") A(" backup"), "another place");
	assert_steps(RR B(" backup"), RR A(" backup") B(" backup"),
	    SET("a") "state ready\n");
}

static void assert_expires(
    const struct haproxy_leftover *l, const char *text, const char *expected);

/* Who stood before one that is deleted stands before the next one. */
static void
a_leftover_knows_who_was_deleted_behind_it(void **state)
{
	(void)state;
	version("3.0.1");
	apply(RR A(" backup") B(" backup") C(" backup"),
	    RR B(" backup") C(" backup"), 0, SET("a") "state maint\n");
	apply(RR B(" backup") C(" backup"), RR C(" backup"), 0,
	    SET("b") "state maint\n");
	assert_expires(haproxy_leftover_find(&running, STR("web"), STR("b")),
	    RR C(" backup"), "wait 5s srv-removable web/b\ndel server web/b\n");
	assert_int_equal(running.count, 1);
	assert_steps(RR C(" backup"), RR A(" backup") C(" backup"),
	    SET("a") "state ready\n");
	assert_reload(
	    RR C(" backup"), RR C(" backup") A(" backup"), "another place");
}

/* Backups have places among backups alone. */
static void
who_is_added_may_be_of_another_kind(void **state)
{
	(void)state;
	version("3.0.1");
	apply(RR A(" backup") B(" backup"), RR A(" backup"), 0,
	    SET("b") "state maint\n");
	apply(RR A(" backup"), RR A(" backup") C(""), 0,
	    "add server web/c 10.0.0.3:80\n" SET("c") "state ready\n");
	assert_steps(RR A(" backup") C(""), RR A(" backup") C("") B(" backup"),
	    SET("b") "state ready\n");
}

/* ---- servers that are added ---- */

static void
old_versions_add_no_servers(void **state)
{
	(void)state;
	assert_reload(RR A(""), RR A("") B(""),
	    "backend web: server b: no server of that name runs, and HAProxy "
	    "2.6.12 does not add servers well: a slot or `dynamic = yes`: + "
	    "\"server b 10.0.0.2:80\"");
	version("2.2.9");
	policy.dynamic = true;
	assert_reload(RR A(""), RR A("") B(""), "can't add servers");
	version("3.0.1");
	policy.dynamic = false;
	assert_reload(RR A(""), RR A("") B(""), "is not to add any");
}

static void
the_policy_goes_by_the_version(void **state)
{
	static const struct {
		const char *version;
		bool dynamic, delete;
	} rows[] = {{"2.2.9", false, false}, {"2.4.30", false, false},
	    {"2.6.12", false, false}, {"2.6.16", false, false},
	    {"2.6.17", true, false}, {"2.8.6", false, false},
	    {"2.8.7", true, false}, {"2.9.0", true, false},
	    {"2.7.99", false, false}, {"3.0.0", true, true},
	    {"3.2.26", true, true}, {"4.0", true, true}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		version(rows[i].version);
		assert_int_equal(policy.dynamic, rows[i].dynamic);
		assert_int_equal(policy.delete, rows[i].delete);
		assert_int_equal(policy.drain_ms, 0);
	}
}

static void
a_new_line_is_a_server_that_is_added(void **state)
{
	(void)state;
	version("3.0.1");
	assert_steps(RR A(""), RR A("") B(" check agent-check agent-port 7"),
	    "add server web/b 10.0.0.2:80 check agent-check agent-port 7\n"
	    "enable health web/b\nenable agent web/b\n" SET(
		"b") "state ready\n");
	check(RR A(""), RR A("") B(" check"), UNDOS,
	    "del server web/b\n\n" SET("b") "state maint\n");
	assert_steps(RR, RR B(" disabled weight 7"),
	    "add server web/b 10.0.0.2:80 weight 7\n");
	assert_steps(RR, RR B(" init-addr none no-check"),
	    "add server web/b 10.0.0.2:80\n" SET("b") "state ready\n");
}

/* Checks begin with traffic: a server of a file that is disabled has none. */
static void
what_was_added_disabled_is_checked_when_it_is_ready(void **state)
{
	(void)state;
	version("3.0.1");
	apply(RR, RR B(" check disabled"), 0,
	    "add server web/b 10.0.0.2:80 check\n");
	assert_steps(RR B(" check disabled"), RR B(" check"),
	    "enable health web/b\n" SET("b") "state ready\n");
	apply(RR B(" check disabled"), RR, 0, SET("b") "state maint\n");
	assert_steps(RR, RR B(" check"),
	    "enable health web/b\n" SET("b") "state ready\n");
	apply(RR B(" check"), RR, 0, SET("b") "state maint\n");
	assert_steps(RR, RR B(" check"), SET("b") "state ready\n");
	version("2.6.12");
	assert_steps(
	    RR B(" check disabled"), RR B(" check"), SET("b") "state ready\n");
}

static void
what_applies_is_written_out(void **state)
{
	(void)state;
	version("3.0.1");
	assert_steps(
	    "defaults\n\tdefault-server check inter 2s ssl weight 9\n" RR
	    "\tdefault-server no-ssl maxconn 4\n",
	    "defaults\n\tdefault-server check inter 2s ssl weight 9\n" RR
	    "\tdefault-server no-ssl maxconn 4\n" B(" weight 3 enabled"),
	    "add server web/b 10.0.0.2:80 check inter 2s weight 3 maxconn 4\n"
	    "enable health web/b\n" SET("b") "state ready\n");
	/* A check goes the way of the traffic, unless told otherwise. */
	assert_steps(RR, RR B(" check ssl verify none send-proxy"),
	    "add server web/b 10.0.0.2:80 check ssl verify none send-proxy "
	    "check-ssl check-send-proxy\n"
	    "enable health web/b\n" SET("b") "state ready\n");
	assert_steps(RR, RR B(" check ssl port 8"),
	    "add server web/b 10.0.0.2:80 check ssl port 8\n"
	    "enable health web/b\n" SET("b") "state ready\n");
}

static void
old_versions_are_told_more(void **state)
{
#define COOKIE RR "\tdynamic-cookie-key x\n"
	(void)state;
	policy.dynamic = true;
	assert_steps(RR, RR B(""),
	    "add server web/b 10.0.0.2:80 pool-purge-delay 5s pool-max-conn "
	    "-1\n" SET("b") "state ready\n");
	assert_steps(RR, RR B(" pool-max-conn 3 pool-purge-delay 1s"),
	    "add server web/b 10.0.0.2:80 pool-max-conn 3 pool-purge-delay "
	    "1s\n" SET("b") "state ready\n");
	assert_steps(COOKIE, COOKIE "\tserver b [::1]:80\n",
	    "add server web/b [::1]:80 pool-purge-delay 5s pool-max-conn -1\n" SET(
		"b") "addr ::1 port 1\n" SET("b") "addr ::1 port 80\n" SET("b") "state ready\n");
	/* Another one than its own. */
	assert_steps(COOKIE, COOKIE "\tserver b 10.0.0.2:1\n",
	    "add server web/b 10.0.0.2:1 pool-purge-delay 5s pool-max-conn -1\n" SET(
		"b") "addr 10.0.0.2 port 2\n" SET("b") "addr 10.0.0.2 port 1\n" SET("b") "state ready\n");
	version("3.0.1");
	assert_steps(COOKIE, COOKIE B(""),
	    "add server web/b 10.0.0.2:80\n" SET("b") "state ready\n");
}

static void
not_every_option_can_be_added(void **state)
{
	static const struct {
		const char *option;
		const char *since; /* NULL: never */
		const char *before;
	} rows[] = {{"shard 1", "2.7.0", "2.6.20"},
	    {"client-sigalgs x", "2.9.0", "2.8.9"},
	    {"curves x", "2.9.0", "2.8.9"}, {"sigalgs x", "2.9.0", "2.8.9"},
	    {"set-proxy-v2-tlv-fmt(0x20) x", "2.9.0", "2.8.9"},
	    {"cookie x", "3.0.0", "2.8.9"}, {"guid x", "3.0.0", "2.9.1"},
	    {"hash-key id", "3.0.0", "2.9.1"},
	    {"pool-conn-name x", "3.0.0", "2.9.1"},
	    {"init-state up", "3.1.0", "3.0.9"},
	    {"check-pool-conn-name x", "3.2.0", "3.1.1"},
	    {"check-reuse-pool", "3.2.0", "3.1.1"},
	    {"idle-ping 1s", "3.2.0", "3.1.1"},
	    {"strict-maxconn", "3.2.0", "3.1.1"}, {"ktls on", "3.3.0", "3.2.9"},
	    {"no-renegotiate", "3.3.0", "3.2.9"},
	    {"renegotiate", "3.3.0", "3.2.9"},
	    {"healthcheck x", "3.4.0", "3.3.9"},
	    {"no-sni-auto", "3.4.0", "3.3.9"},
	    {"no-check-sni-auto", "3.4.0", "3.3.9"},
	    {"resolvers x", NULL, "3.4.0"}, {"redir x", NULL, "3.4.0"},
	    {"unheard-of", NULL, "3.4.0"}, {"track x/y", NULL, "3.4.0"},
	    {"non-stick", NULL, "3.4.0"}, {"log-proto x", NULL, "3.4.0"},
	    {"log-bufsize 9", NULL, "3.4.0"}, {"max-reuse 1", NULL, "3.4.0"},
	    {"namespace x", NULL, "3.4.0"}, {"socks4 x", NULL, "3.4.0"},
	    {"tcp-ut 1s", NULL, "3.4.0"}, {"no-verifyhost", NULL, "3.4.0"},
	    {"no-send-proxy", NULL, "3.4.0"},
	    {"no-send-proxy-v2", NULL, "3.4.0"},
	    {"no-send-proxy-v2-ssl", NULL, "3.4.0"},
	    {"no-send-proxy-v2-ssl-cn", NULL, "3.4.0"},
	    {"inter", NULL, "3.4.0"}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		char text[128];
		struct haproxy_steps s;

		snprintf(text, sizeof(text), RR B(" %s"), rows[i].option);
		version(rows[i].before);
		policy.dynamic = true;
		assert_reload(RR, text, "adds no server with");
		if (!rows[i].since)
			continue;
		version(rows[i].since);
		policy.dynamic = true;
		s = plan(RR, text);
		assert_false(s.reload);
		haproxy_steps_fini(&s);
	}
}

static void
not_every_line_can_be_added(void **state)
{
	char many[1024] = RR B("");
	size_t n = strlen(many) - 1;
	struct buf bytes = {0};

	(void)state;
	version("3.0.1");
	assert_reload(HASH, HASH B(""), "static");
	assert_reload("backend web\n\tmode log\n",
	    "backend web\n\tmode log\n" B(""), "static");
	assert_reload(RR, RR "\tserver b db.example:80\n", "literal");
	assert_reload(RR, RR "\tserver b 10.0.0.2\n", "literal");
	assert_reload(RR, RR B(" sni 'str(a b)'"), "can't carry");
	assert_reload(RR, RR B(" sni 'str(a;b)'"), "can't carry");
	assert_reload(RR, RR B(" sni 'str(<<)'"), "can't carry");
	assert_reload(RR, RR B(" sni \"$X\""), "variables");
	assert_reload(RR, RR B(" weight 257"), "not a value");
	assert_reload(RR, RR B(" check port 70000"), "not a value");
	assert_reload(RR, RR B(" check addr x.y"), "not a value");
	assert_reload(RR, RR B(" agent-check agent-port 1 agent-send 'a b'"),
	    "not a value");
	assert_reload(RR "\tdisabled\n", RR "\tdisabled\n" B(""), "disabled");
	for (int i = 0; i < 60; i++)
		n += (size_t)snprintf(many + n, sizeof(many) - n, " tfo");
	assert_reload(RR, many, "too long");
	buf_puts(&bytes, RR "\tserver b 10.0.0.2:80 sni ");
	buf_repeat(&bytes, 'x', 8192);
	buf_char(&bytes, '\n');
	assert_reload(RR, bytes.ptr, "too long");
	buf_fini(&bytes);
}

static void
what_weir_can_judge_is_proven(void **state)
{
	(void)state;
	version("3.0.1");
	assert_true(is_proven(RR, RR B(" check inter 2s fall 3 weight 4")));
	assert_false(is_proven(RR, RR B(" check inter 2y")));
	assert_false(is_proven(RR, RR B(" sni str(x)")));
	assert_false(is_proven(RR, RR B(" fall 0")));
	assert_false(is_proven(RR, RR B(" check port 0")));
	assert_false(is_proven(RR, RR B(" check inter 25d")));
	assert_true(is_proven(RR, RR B(" check inter 24d")));
	assert_false(is_proven(RR, RR B(" check inter 2000001")));
	assert_false(is_proven(
	    RR A(" sni str(x)"), RR A(" sni str(x)") B(" sni str(y)")));
	assert_false(
	    is_proven(RR A(" tfo"), RR A(" tfo") B(" tfo sni str(y)")));
	/* HAProxy has taken those words before. */
	assert_true(is_proven(
	    RR A(" sni str(x)"), RR A(" sni str(x)") B(" sni str(x)")));
	/* … but without what this one inherits. */
	assert_false(is_proven(RR A(" sni str(x)") "\tdefault-server ssl\n",
	    RR A(" sni str(x)") "\tdefault-server ssl\n" B(" sni str(x)")));
}

static void
another_definition_takes_the_place_of_a_leftover(void **state)
{
	(void)state;
	version("3.0.1");
	apply(RR A("") B(" check"), RR A(""), 0, SET("b") "state maint\n");
	assert_steps(RR A(""), RR A("") B(""),
	    "wait 5s srv-removable web/b\ndel server web/b\n"
	    "add server web/b 10.0.0.2:80\n" SET("b") "state ready\n");
	running.leftovers[0].draining = true;
	assert_reload(RR A(""), RR A("") B(""), "other options");
	running.leftovers[0].draining = false;
	policy.delete = false;
	assert_reload(RR A(""), RR A("") B(""), "other options");
	version("2.8.7"); /* no wait srv-removable */
	policy.delete = true;
	assert_reload(RR A(""), RR A("") B(""), "other options");
}

/* ---- order, the end of a drain ---- */

static void
no_backend_passes_through_zero_servers(void **state)
{
	(void)state;
	version("3.0.1");
	policy.drain_ms = 1000;
	assert_steps(RR A("") B("") C(" weight 3") "\tserver d 10.0.0.4:80\n",
	    RR A(" disabled") B(" weight 0")
		C(" weight 4") "\tserver e 10.0.0.5:80 check\n",
	    "add server web/e 10.0.0.5:80 check\n" SET(
		"c") "weight 4\n"
		     "enable health web/e\n" SET("e") "state ready\n" SET(
			 "b") "weight 0\n" SET("d") "state drain\n" SET("a") "state maint\n");
	assert_steps(RR A(" disabled"), RR "\tserver a 10.0.0.9:80 weight 3\n",
	    SET("a") "addr 10.0.0.9 port 80\n" SET("a") "weight 3\n" SET(
		"a") "state ready\n");
}

static void
a_word_alone_on_its_line_is_read(void **state)
{
	(void)state;
	assert_reload("backend b\n no\n server a 127.0.0.1:1\n",
	    "backend b\n no\n option\n balance\n hash-type\n mode\n"
	    " server a 127.0.0.1:2\n",
	    "backend b: + \"option\"");
}

static void
assert_expires(
    const struct haproxy_leftover *l, const char *text, const char *expected)
{
	struct haproxy_model m;
	struct haproxy_steps s;
	struct buf out = {0};

	haproxy_model_parse(&m, str_of(text));
	haproxy_steps_expire(&s, l, &m, &running, &policy);
	put_steps(&out, &s, COMMANDS);
	assert_string_equal(out.ptr, expected);
	haproxy_steps_note(&s, &running, &policy, 77);
	buf_fini(&out);
	haproxy_steps_fini(&s);
	haproxy_model_fini(&m);
}

static void
what_has_drained_goes_into_maintenance_then_is_deleted(void **state)
{
	(void)state;
	version("3.0.1");
	policy.drain_ms = 1000;
	apply(RR A("") B(""), RR A(""), 0, SET("b") "state drain\n");
	assert_expires(
	    &running.leftovers[0], RR A(""), SET("b") "state maint\n");
	assert_false(running.leftovers[0].draining);
	assert_int_equal(running.leftovers[0].until, 77);
	assert_expires(&running.leftovers[0], RR A(""),
	    "wait 5s srv-removable web/b\ndel server web/b\n");
	assert_int_equal(running.count, 0);
}

static void
what_may_not_be_deleted_stays(void **state)
{
	(void)state;
	apply(RR A("") B(""), RR A(""), 0, SET("b") "state maint\n");
	assert_expires(&running.leftovers[0], RR A(""), "");
	policy.delete = true;
	assert_expires(&running.leftovers[0], HASH A("") "frontend web\n", "");
	version("2.4.30"); /* has del server, but only of what was added */
	policy.delete = true;
	assert_expires(&running.leftovers[0], RR A(""), "");
	version("2.6.12");
	policy.delete = true;
	assert_expires(&running.leftovers[0], RR A(""),
	    SET("b") "addr 127.0.0.1 port 1\ndel server web/b\n");
	assert_int_equal(running.count, 0);
}

/* ---- what runs ---- */

static void
show_info_is_read(void **state)
{
	struct error e = {0};

	(void)state;
	assert_int_equal(haproxy_running_parse(
			     STR("Name: HAProxy\nVersion: 2.6.12-1+deb12u4\n"
				 "Release_date: x\nPid: 4711\nUptime: 0d 0h\n"
				 "Uptime_sec: 62\n\n"),
			     &running, &e),
	    0);
	assert_int_equal(running.version.minor, 6);
	assert_string_equal(running.version.text, "2.6.12-1+deb12u4");
	assert_int_equal(running.pid, 4711);
	assert_int_equal(running.uptime_s, 62);
	assert_int_equal(
	    haproxy_running_parse(STR("Unknown command"), &running, &e), -1);
	assert_true(error_is_set(&e));
	error_fini(&e);
}

static void
leftovers_are_found_replaced_and_dropped(void **state)
{
	(void)state;
	haproxy_leftover_put(&running, STR("b"), STR("s"), STR("server s x"));
	haproxy_leftover_put(&running, STR("b"), STR("t"), (struct str){0});
	haproxy_leftover_put(&running, STR("b"), STR("s"), STR("server s y"));
	assert_int_equal(running.count, 2);
	assert_string_equal(
	    haproxy_leftover_find(&running, STR("b"), STR("s"))->line,
	    "server s y");
	assert_null(haproxy_leftover_find(&running, STR("c"), STR("s")));
	haproxy_leftover_drop(&running, STR("b"), STR("s"));
	haproxy_leftover_drop(&running, STR("b"), STR("s"));
	assert_int_equal(running.count, 1);
	assert_null(running.leftovers[0].line);
}

int
main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, begin, end)
	const struct CMUnitTest tests[] = {
	    T(form_alone_takes_nothing),
	    T(a_word_alone_on_its_line_is_read),
	    T(sections_may_stand_in_another_order),
	    T(order_of_servers_counts_where_places_do),
	    T(a_weight_is_set),
	    T(a_weight_is_checked_before_it_is_sent),
	    T(a_static_balance_takes_zero_and_its_own_weight),
	    T(every_algorithm_is_static_or_dynamic),
	    T(an_agent_keeps_its_weight),
	    T(maxconn_is_set_without_minconn),
	    T(an_address_is_set_with_its_port),
	    T(only_literal_addresses_change),
	    T(an_address_that_others_go_by_stays),
	    T(disabled_is_maintenance),
	    T(a_check_gets_another_port_and_address),
	    T(a_check_that_goes_another_way_is_a_reload),
	    T(an_agent_gets_another_port_address_and_string),
	    T(other_options_are_a_reload),
	    T(default_server_counts),
	    T(named_defaults_count),
	    T(listen_is_a_backend_too),
	    T(conditions_and_variables_are_a_reload),
	    T(quoted_sections_are_sections),
	    T(other_lines_are_a_reload_and_quoted),
	    T(names_that_a_command_cant_hold_are_a_reload),
	    T(a_line_that_goes_is_maintenance),
	    T(a_line_that_goes_drains_first),
	    T(the_same_line_is_ready_again),
	    T(a_leftover_comes_back_with_what_steps_set),
	    T(a_leftover_of_another_definition_does_not),
	    T(a_leftover_with_variables_does_not_come_back),
	    T(where_ids_go_by_places_servers_stay),
	    T(where_places_count_a_leftover_keeps_its_own),
	    T(a_leftover_keeps_its_place_among_leftovers),
	    T(backups_keep_their_order),
	    T(a_leftover_knows_who_was_added_behind_it),
	    T(a_leftover_knows_who_was_deleted_behind_it),
	    T(who_is_added_may_be_of_another_kind),
	    T(old_versions_add_no_servers),
	    T(the_policy_goes_by_the_version),
	    T(a_new_line_is_a_server_that_is_added),
	    T(what_was_added_disabled_is_checked_when_it_is_ready),
	    T(what_applies_is_written_out),
	    T(old_versions_are_told_more),
	    T(not_every_option_can_be_added),
	    T(not_every_line_can_be_added),
	    T(what_weir_can_judge_is_proven),
	    T(another_definition_takes_the_place_of_a_leftover),
	    T(no_backend_passes_through_zero_servers),
	    T(what_has_drained_goes_into_maintenance_then_is_deleted),
	    T(what_may_not_be_deleted_stays),
	    T(show_info_is_read),
	    T(leftovers_are_found_replaced_and_dropped),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
