/* SPDX-License-Identifier: MIT */
/* What runs against what the text says: rows as 2.2, 2.6 and 3.2 printed them,
 * findings and the steps that mend them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include <stdio.h>

#include "weir/runtime.h"

#define HEADING_22                                                         \
	"1\n# be_id be_name srv_id srv_name srv_addr srv_op_state "        \
	"srv_admin_state srv_uweight srv_iweight "                         \
	"srv_time_since_last_change srv_check_status srv_check_result "    \
	"srv_check_health srv_check_state srv_agent_state bk_f_forced_id " \
	"srv_f_forced_id srv_fqdn srv_port srvrecord"
#define HEADING                                                  \
	HEADING_22 " srv_use_ssl srv_check_port srv_check_addr " \
		   "srv_agent_addr srv_agent_port\n"

/* A row of backend b: address, administrative state, weight, port. */
#define ROW(name, addr, admin, weight, port)          \
	"3 b 1 " name " " addr " 2 " admin " " weight \
	" 1 15 8 2 0 6 0 0 0 - " port " - 0 0 - - 0\n"

static const char *const kinds[] = {[FINDING_DIFFERS] = "differs",
    [FINDING_MISSING] = "missing",
    [FINDING_UNKNOWN] = "unknown",
    [FINDING_MANUAL] = "manual",
    [FINDING_LEFTOVER] = "leftover",
    [FINDING_GONE] = "gone"};

/* "KIND BACKEND/SERVER: WHAT" a line each, then "> COMMAND" or "reload: WHY".
 */
static void
print(const struct haproxy_findings *f, struct buf *out)
{
	for (size_t i = 0; i < f->count; i++)
		buf_printf(out, "%s %.*s/%.*s: %.*s\n", kinds[f->items[i].kind],
		    (int)f->items[i].backend.len, f->items[i].backend.ptr,
		    (int)f->items[i].server.len, f->items[i].server.ptr,
		    (int)f->items[i].what.len, f->items[i].what.ptr);
	for (size_t i = 0; i < f->repair.count; i++)
		buf_printf(out, "> %.*s\n", (int)f->repair.items[i].command.len,
		    f->repair.items[i].command.ptr);
	if (f->repair.reload)
		buf_printf(out, "reload: %s\n", f->repair.reason.ptr);
}

struct scene {
	const char *text, *state;
	struct haproxy_running running;
	const struct str *only;
	size_t only_count;
	bool respect;
};

static void
check(const struct scene *s, const char *expected)
{
	struct haproxy_model m;
	struct haproxy_findings f;
	struct haproxy_expected expected_state = {.running = &s->running,
	    .only = s->only,
	    .only_count = s->only_count,
	    .respect_manual = s->respect};
	struct error e = {0};
	struct buf out = {0};

	haproxy_model_parse(&m, str_of(s->text));
	expected_state.model = &m;
	assert_int_equal(
	    haproxy_verify(&f, &expected_state, str_of(s->state), &e), 0);
	print(&f, &out);
	assert_string_equal(out.ptr ? out.ptr : "", expected);
	buf_fini(&out);
	haproxy_findings_fini(&f);
	haproxy_model_fini(&m);
}

#define CHECK(text_, state_, expected) \
	check(&(struct scene){.text = (text_), .state = (state_)}, expected)

/* ---- the same ---- */

static void
what_a_fresh_start_gives_is_no_finding(void **state)
{
	(void)state;
	CHECK("defaults\n default-server weight 7\n"
	      "backend b\n"
	      " default-server check port 88\n"
	      " server a 127.0.0.1:8001\n"
	      " server c ipv6@[2001:db8::1]:8003 weight 10 addr 127.0.0.9\n"
	      " server d 127.0.0.1:8004 disabled\n"
	      "backend st\n balance static-rr\n server a 127.0.0.1:8001\n",
	    HEADING
	    "3 b 1 a 127.0.0.1 0 0 7 7 15 8 2 0 6 22 0 0 - 8001 - 0 88 - - 0\n"
	    "3 b 3 c 2001:db8:0::1 0 0 10 10 14 8 2 0 6 0 0 0 - 8003 - 0 88 "
	    "127.0.0.9 127.0.0.9 88\n"
	    "3 b 9 d 127.0.0.1 0 5 7 7 15 1 0 0 8 0 0 0 - 8004 - 0 88 - - 0\n"
	    "4 st 1 a 127.0.0.1 2 0 7 7 15 1 0 2 0 0 0 0 - 8001 - 0 0 - - 0\n",
	    "");
}

static void
columns_of_two_two_are_enough(void **state)
{
	(void)state;
	CHECK("backend b\n server a 127.0.0.1:8001 check port 9 ssl\n",
	    HEADING_22
	    "\n3 b 1 a 127.0.0.1 0 0 1 1 9 8 2 0 6 22 0 0 - 8001 -\n",
	    "");
}

static void
health_does_not_count(void **state)
{
	(void)state;
	CHECK("backend b\n server a 127.0.0.1:8001 check\n",
	    HEADING "3 b 7 a 127.0.0.1 0 0 1 1 1 9 3 2 7 1 0 0 - 8001 - 0 0 - "
		    "- 0\n",
	    "");
}

/* A name without an address yet is in maintenance by itself; a resolved one has
 * any address. */
static void
a_name_is_resolved_by_haproxy(void **state)
{
	(void)state;
	CHECK("backend b\n server n web.example:8003 check\n"
	      " server m web.example:8003 resolvers dns\n",
	    HEADING
	    "3 b 4 n - 0 32 1 1 15 1 0 0 14 0 0 0 web.example 8003 - 0 0 - - "
	    "0\n"
	    "3 b 5 m 10.9.8.7 2 0 1 1 15 1 0 0 14 0 0 0 web.example 8003 - 0 0 "
	    "- - 0\n",
	    "");
}

static void
a_socket_of_the_file_system_has_no_address(void **state)
{
	(void)state;
	CHECK("backend b\n server u unix@/run/x.sock\n",
	    HEADING ROW("u", "-", "0", "1", "0"), "");
}

static void
what_it_tracks_may_be_down(void **state)
{
	(void)state;
	CHECK("backend b\n server a 127.0.0.1:1 disabled\n"
	      " server t 127.0.0.1:2 track b/a\n",
	    HEADING ROW("a", "127.0.0.1", "5", "1", "1")
		ROW("t", "127.0.0.1", "2", "1", "2"),
	    "");
}

static void
servers_of_a_template_are_known(void **state)
{
	(void)state;
	CHECK("backend b\n server-template web- 1-2 127.0.0.1:9000 check\n",
	    HEADING ROW("web-1", "10.0.0.1", "0", "5", "80")
		ROW("web-2", "127.0.0.1", "0", "1", "9000"),
	    "");
}

static void
an_agent_may_set_the_weight(void **state)
{
	(void)state;
	CHECK("backend b\n server a 127.0.0.1:8001 agent-check agent-port 99\n",
	    HEADING "3 b 1 a 127.0.0.1 2 0 50 100 1 9 3 2 7 1 0 0 - 8001 - 0 0 "
		    "- - 99\n",
	    "");
}

static void
an_agent_may_stop_a_server(void **state)
{
	(void)state;
	CHECK("backend b\n server a 127.0.0.1:8001 agent-check agent-port 99\n",
	    HEADING "3 b 1 a 127.0.0.1 2 1 1 1 1 9 3 2 7 1 0 0 - 8001 - 0 0 "
		    "- - 99\n",
	    "manual b/a: in maintenance, not ready\n");
}

static void
what_only_haproxy_can_read_is_left(void **state)
{
	(void)state;
	CHECK("backend b\n.if defined(X)\n server a 127.0.0.1:8001\n.endif\n",
	    HEADING ROW("a", "127.0.0.9", "0", "1", "8001"), "");
	CHECK("backend b\n server a \"${HOST}:80\"\n",
	    HEADING ROW("a", "127.0.0.9", "0", "1", "80"), "");
	CHECK("backend b\n disabled\n server a 127.0.0.1:80\n",
	    HEADING ROW("a", "127.0.0.9", "0", "1", "80"), "");
	/* It may be "disabled". */
	CHECK("backend b\n server a 127.0.0.1:80 \"$MORE\"\n",
	    HEADING ROW("a", "127.0.0.1", "5", "1", "80"), "");
	CHECK("backend b\n server a 127.0.0.1:80 resolvers dns\n",
	    HEADING ROW("a", "127.0.0.9", "0", "1", "80"), "");
}

static void
the_order_of_rows_does_not_count(void **state)
{
	(void)state;
	CHECK("backend b\n server a 127.0.0.1:1\n server c 127.0.0.1:2\n"
	      " server d 127.0.0.1:3\n",
	    HEADING ROW("d", "127.0.0.1", "0", "1", "3") ROW("a", "127.0.0.1",
		"0", "1", "1") ROW("c", "127.0.0.1", "0", "1", "2"),
	    "");
}

/* ---- what differs ---- */

static void
addresses_and_ports(void **state)
{
	(void)state;
	CHECK("backend b\n server a 127.0.0.1:80\n server c 127.0.0.2:80\n"
	      " server d [::1]:80\n",
	    HEADING ROW("a", "127.0.0.1", "0", "1", "8080") ROW(
		"c", "127.0.0.3", "0", "1", "80") ROW("d", "-", "0", "1", "80"),
	    "differs b/a: port 8080, not 80\n"
	    "differs b/c: address 127.0.0.3:80, not 127.0.0.2:80\n"
	    "differs b/d: address -:80, not [::1]:80\n"
	    "> set server b/a addr 127.0.0.1 port 80\n"
	    "> set server b/c addr 127.0.0.2 port 80\n"
	    "> set server b/d addr ::1 port 80\n");
}

static void
weights(void **state)
{
	(void)state;
	CHECK("backend b\n server a 127.0.0.1:80\n server c 127.0.0.1:80 "
	      "weight 0\n",
	    HEADING ROW("a", "127.0.0.1", "0", "5", "80")
		ROW("c", "127.0.0.1", "0", "1", "80"),
	    "differs b/a: weight 5, not 1\n"
	    "differs b/c: weight 1, not 0\n"
	    "> set server b/a weight 1\n"
	    "> set server b/c weight 0\n");
}

/* It takes none or all of the weight that the file gave. */
static void
weights_of_a_static_algorithm(void **state)
{
	(void)state;
	CHECK("backend b\n balance static-rr\n server a 127.0.0.1:80\n",
	    HEADING ROW("a", "127.0.0.1", "0", "0", "80"),
	    "differs b/a: weight 0, not 1\n> set server b/a weight 100%\n");
	CHECK("backend b\n balance static-rr\n server a 127.0.0.1:80 weight "
	      "3\n",
	    HEADING ROW("a", "127.0.0.1", "0", "0", "80"),
	    "differs b/a: weight 0, not 3\n"
	    "reload: backend b: server a: weight 0, not 3\n");
}

/* First what comes, then what goes. */
static void
states_in_a_safe_order(void **state)
{
	(void)state;
	CHECK("backend b\n server a 127.0.0.1:80 disabled\n"
	      " server c 127.0.0.1:80\n server d 127.0.0.1:81\n",
	    HEADING ROW("a", "127.0.0.1", "4", "1", "80") ROW("c", "127.0.0.1",
		"1", "1", "80") ROW("d", "127.0.0.1", "8", "1", "80"),
	    "differs b/a: ready, not in maintenance\n"
	    "differs b/c: in maintenance, not ready\n"
	    "differs b/d: port 80, not 81\n"
	    "differs b/d: draining, not ready\n"
	    "> set server b/d addr 127.0.0.1 port 81\n"
	    "> set server b/c state ready\n"
	    "> set server b/d state ready\n"
	    "> set server b/a state maint\n");
}

static void
what_a_person_did_is_left_if_told_so(void **state)
{
	(void)state;
	check(
	    &(struct scene){
		.text = "backend b\n server a 127.0.0.1:80\n"
			" server c 127.0.0.1:80\n server d 127.0.0.1:80 "
			"disabled\n",
		.state = HEADING ROW("a", "127.0.0.1", "1", "1", "80")
		    ROW("c", "127.0.0.1", "8", "4", "80")
			ROW("d", "127.0.0.1", "4", "1", "80"),
		.respect = true},
	    "manual b/a: in maintenance, not ready\n"
	    "differs b/c: weight 4, not 1\n"
	    "manual b/c: draining, not ready\n"
	    "differs b/d: ready, not in maintenance\n"
	    "> set server b/c weight 1\n"
	    "> set server b/d state maint\n");
}

static void
checks_and_agents(void **state)
{
	(void)state;
	CHECK("backend b\n server a 127.0.0.1:80 check port 88 addr 127.0.0.9\n"
	      " server c 127.0.0.1:80 agent-check agent-addr 127.0.0.4 "
	      "agent-port 99\n",
	    HEADING "3 b 1 a 127.0.0.1 2 0 1 1 1 9 3 2 7 1 0 0 - 80 - 0 66 "
		    "127.0.0.3 - 0\n"
		    "3 b 2 c 127.0.0.1 2 0 1 1 1 9 3 2 7 1 0 0 - 80 - 0 0 - "
		    "127.0.0.5 98\n",
	    "differs b/a: check port 66, not 88\n"
	    "differs b/a: check address 127.0.0.3, not 127.0.0.9\n"
	    "differs b/c: agent address 127.0.0.5, not 127.0.0.4\n"
	    "differs b/c: agent port 98, not 99\n"
	    "> set server b/a check-port 88\n"
	    "> set server b/a check-addr 127.0.0.9\n"
	    "> set server b/c agent-addr 127.0.0.4\n"
	    "> set server b/c agent-port 99\n");
}

/* A port of the check can be set, not unset; ssl neither. */
static void
what_no_step_mends_is_a_reload(void **state)
{
	(void)state;
	CHECK("backend b\n server a 127.0.0.1:80 check ssl\n",
	    HEADING "3 b 1 a 127.0.0.1 2 0 5 1 1 9 3 2 7 1 0 0 - 80 - 0 66 - "
		    "- 0\n",
	    "differs b/a: weight 5, not 1\n"
	    "differs b/a: without ssl\n"
	    "differs b/a: check port 66, not 0\n"
	    "reload: backend b: server a: without ssl (and 1 more)\n");
}

static void
what_no_command_can_name_is_a_reload(void **state)
{
	(void)state;
	CHECK("backend b\n server a/c 127.0.0.1:80\n",
	    HEADING ROW("a/c", "127.0.0.1", "0", "5", "80"),
	    "differs b/a/c: weight 5, not 1\n"
	    "reload: backend b: server a/c: weight 5, not 1\n");
}

/* ---- there and not there ---- */

static void
what_does_not_run_is_missing(void **state)
{
	(void)state;
	CHECK("backend b\n server a 127.0.0.1:80\n server c 127.0.0.1:80\n",
	    HEADING ROW("a", "127.0.0.1", "0", "1", "80"),
	    "missing b/c: does not run\n"
	    "reload: backend b: server c: does not run\n");
	CHECK("backend b\n server a 127.0.0.1:80\n", HEADING,
	    "missing b/: does not run\nreload: backend b: does not run\n");
	CHECK("backend b\n balance roundrobin\n", HEADING, "");
}

static void
what_runs_without_a_line_goes_into_maintenance(void **state)
{
	(void)state;
	CHECK("backend b\n server a 127.0.0.1:80\n",
	    HEADING ROW("a", "127.0.0.1", "0", "1", "80") ROW("x", "127.0.0.1",
		"0", "1", "80") ROW("y", "127.0.0.1", "8", "1", "80")
		ROW("z", "127.0.0.1", "5", "1", "80"),
	    "unknown b/x: ready, and the text does not name it\n"
	    "unknown b/y: draining, and the text does not name it\n"
	    "leftover b/z: in maintenance, and the text does not name it\n"
	    "> set server b/x state maint\n"
	    "> set server b/y state maint\n");
}

static void
leftovers_that_are_known_are_no_findings(void **state)
{
	struct scene s = {.text = "backend b\n server a 127.0.0.1:80\n",
	    .state = HEADING ROW("a", "127.0.0.1", "0", "1", "80")
		ROW("x", "127.0.0.1", "1", "1", "80") ROW("y", "127.0.0.1", "8",
		    "1", "80") ROW("z", "127.0.0.1", "8", "1", "80"),
	    .respect = true};

	(void)state;
	haproxy_leftover_put(&s.running, STR("b"), STR("x"), STR("server x"));
	haproxy_leftover_put(&s.running, STR("b"), STR("y"), STR("server y"))
	    ->draining = true;
	haproxy_leftover_put(&s.running, STR("b"), STR("z"), STR("server z"));
	check(&s, "unknown b/z: draining, though its line is gone\n"
		  "> set server b/z state maint\n");
	haproxy_running_fini(&s.running);
}

static void
leftovers_that_do_not_run_are_gone(void **state)
{
	struct scene s = {
	    .text = "backend b\n server a 127.0.0.1:80\nbackend e\n",
	    .state = HEADING ROW("a", "127.0.0.1", "0", "1", "80")
		ROW("x", "127.0.0.1", "1", "1", "80")};

	(void)state;
	haproxy_leftover_put(&s.running, STR("b"), STR("w"), STR("server w"));
	haproxy_leftover_put(&s.running, STR("b"), STR("x"), STR("server x"));
	haproxy_leftover_put(&s.running, STR("e"), STR("y"), STR("server y"));
	check(&s, "gone b/w: has been deleted\ngone e/y: has been deleted\n");
	haproxy_running_fini(&s.running);
}

static void
a_backend_that_the_text_does_not_name_is_another_text(void **state)
{
	(void)state;
	CHECK("backend c\n server a 127.0.0.1:80\n",
	    HEADING ROW("a", "127.0.0.1", "0", "1", "80"),
	    "missing c/: does not run\n"
	    "unknown b/: runs, and the text does not name it\n"
	    "reload: backend c: does not run (and 1 more)\n");
}

static void
the_master_that_an_old_worker_shows_is_nobodys_backend(void **state)
{
	(void)state;
	CHECK("backend b\n server a 127.0.0.1:80\n",
	    HEADING_22 "\n3 b 1 a 127.0.0.1 2 0 1 1 15 8 2 0 6 0 0 0 - 80 -\n"
		       "4 MASTER 1 cur-1 - 2 0 0 0 31 1 0 0 0 0 0 0 - 0 -\n",
	    "");
}

/* ---- parts of it ---- */

static void
only_the_backends_that_were_asked_for_are_compared(void **state)
{
	static const struct str only[] = {STR("b")};

	(void)state;
	check(&(struct scene){.text = "backend b\n server a 127.0.0.1:80\n"
				      "backend c\n server a 127.0.0.1:80\n",
		  .state = HEADING ROW("a", "127.0.0.1", "0", "2", "80"),
		  .only = only,
		  .only_count = 1},
	    "differs b/a: weight 2, not 1\n> set server b/a weight 1\n");
}

static void
answers_may_follow_each_other(void **state)
{
	static const struct str only[] = {STR("b"), STR("c"), STR("d")};

	(void)state;
	check(&(struct scene){.text = "backend b\n server a 127.0.0.1:80\n"
				      "backend c\n server a 127.0.0.1:80\n"
				      "backend d\n server a 127.0.0.1:80\n",
		  .state = HEADING ROW("a", "127.0.0.1", "0", "1",
		      "80") "\n" HEADING
			    "4 c 1 a 127.0.0.1 2 0 9 1 1 9 3 2 7 1 0 0 "
			    "- 80 - 0 0 - - 0\n\n[3]: Can't find backend.\n",
		  .only = only,
		  .only_count = 3},
	    "differs c/a: weight 9, not 1\nmissing d/: does not run\n"
	    "reload: backend d: does not run\n");
}

static void
what_is_no_answer_is_an_error(void **state)
{
	static const char *const wrong[] = {"", "[3]: Permission denied\n",
	    "1\n# be_id be_name\n3 b\n", "Unknown command.\n",
	    HEADING "3 b 1 a 127.0.0.1 2 0\n",
	    HEADING "3 b 1 a 127.0.0.1 2 0 1 1 1 9 3 2 7 1 0 0 - 80 - 0 0 - - "
		    "0 more\n",
	    HEADING "3 b 1 a 127.0.0.1 2 x 1 1 1 9 3 2 7 1 0 0 - 80 - 0 0 - - "
		    "0\n"};
	struct haproxy_model m;
	struct haproxy_running running = {0};

	(void)state;
	haproxy_model_parse(&m, STR("backend b\n server a 127.0.0.1:80\n"));
	for (size_t i = 0; i < sizeof(wrong) / sizeof(*wrong); i++) {
		struct haproxy_findings f;
		struct haproxy_expected expected = {
		    .model = &m, .running = &running};
		struct error e = {0};

		assert_int_equal(
		    haproxy_verify(&f, &expected, str_of(wrong[i]), &e), -1);
		assert_true(error_is_set(&e));
		error_fini(&e);
		haproxy_findings_fini(&f);
	}
	haproxy_model_fini(&m);
}

/* ---- the digest ---- */

#define AS_IS                                                                 \
	"3 b 1 a 127.0.0.1 2 0 1 1 15 8 2 0 6 0 0 0 - 8001 - 0 0 - - 0\n"     \
	"3 b 2 n 10.0.0.1 2 0 1 1 15 8 2 0 6 0 0 0 web.example 80 - 0 0 - - " \
	"0\n"

static bool
is_same(const char *rows)
{
	char text[2048];

	snprintf(text, sizeof(text), HEADING "%s", rows);
	return haproxy_state_digest(STR(HEADING AS_IS)) ==
	       haproxy_state_digest(str_of(text));
}

static void
the_digest_is_blind_to_health_and_names(void **state)
{
	(void)state;
	assert_true(is_same(AS_IS));
	assert_true(is_same(
	    "3 b 1 a 127.0.0.1 0 2 1 1 0 9 3 2 7 1 0 0 - 8001 - 0 0 - - 0\n"
	    "3 b 2 n - 0 32 1 1 15 8 2 0 6 0 0 0 web.example 80 - 0 0 - - "
	    "0\n"));
}

static void
the_digest_sees_what_a_person_changes(void **state)
{
	static const char rest[] =
	    "3 b 2 n 10.0.0.1 2 0 1 1 15 8 2 0 6 0 0 0 web.example 80 - 0 0 - "
	    "- 0\n";
	static const char *const changed[] = {
	    "3 b 1 a 127.0.0.2 2 0 1 1 15 8 2 0 6 0 0 0 - 8001 - 0 0 - - 0\n",
	    "3 b 1 a 127.0.0.1 2 1 1 1 15 8 2 0 6 0 0 0 - 8001 - 0 0 - - 0\n",
	    "3 b 1 a 127.0.0.1 2 8 1 1 15 8 2 0 6 0 0 0 - 8001 - 0 0 - - 0\n",
	    "3 b 1 a 127.0.0.1 2 0 2 1 15 8 2 0 6 0 0 0 - 8001 - 0 0 - - 0\n",
	    "3 b 1 a 127.0.0.1 2 0 1 1 15 8 2 0 6 0 0 0 - 8002 - 0 0 - - 0\n",
	    "3 b 1 a 127.0.0.1 2 0 1 1 15 8 2 0 6 0 0 0 - 8001 - 1 0 - - 0\n",
	    "3 b 1 a 127.0.0.1 2 0 1 1 15 8 2 0 6 0 0 0 - 8001 - 0 9 - - 0\n",
	    "3 b 1 a 127.0.0.1 2 0 1 1 15 8 2 0 6 0 0 0 - 8001 - 0 0 - - 7\n",
	    "3 b 1 c 127.0.0.1 2 0 1 1 15 8 2 0 6 0 0 0 - 8001 - 0 0 - - 0\n",
	    ""};
	char rows[1024];

	(void)state;
	for (size_t i = 0; i < sizeof(changed) / sizeof(*changed); i++) {
		snprintf(rows, sizeof(rows), "%s%s", changed[i], rest);
		if (is_same(rows))
			fail_msg("not seen: %s", changed[i]);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_a_fresh_start_gives_is_no_finding),
	    cmocka_unit_test(columns_of_two_two_are_enough),
	    cmocka_unit_test(health_does_not_count),
	    cmocka_unit_test(a_name_is_resolved_by_haproxy),
	    cmocka_unit_test(a_socket_of_the_file_system_has_no_address),
	    cmocka_unit_test(what_it_tracks_may_be_down),
	    cmocka_unit_test(servers_of_a_template_are_known),
	    cmocka_unit_test(an_agent_may_set_the_weight),
	    cmocka_unit_test(an_agent_may_stop_a_server),
	    cmocka_unit_test(what_only_haproxy_can_read_is_left),
	    cmocka_unit_test(the_order_of_rows_does_not_count),
	    cmocka_unit_test(addresses_and_ports),
	    cmocka_unit_test(weights),
	    cmocka_unit_test(weights_of_a_static_algorithm),
	    cmocka_unit_test(states_in_a_safe_order),
	    cmocka_unit_test(what_a_person_did_is_left_if_told_so),
	    cmocka_unit_test(checks_and_agents),
	    cmocka_unit_test(what_no_step_mends_is_a_reload),
	    cmocka_unit_test(what_no_command_can_name_is_a_reload),
	    cmocka_unit_test(what_does_not_run_is_missing),
	    cmocka_unit_test(what_runs_without_a_line_goes_into_maintenance),
	    cmocka_unit_test(leftovers_that_are_known_are_no_findings),
	    cmocka_unit_test(leftovers_that_do_not_run_are_gone),
	    cmocka_unit_test(
		a_backend_that_the_text_does_not_name_is_another_text),
	    cmocka_unit_test(
		the_master_that_an_old_worker_shows_is_nobodys_backend),
	    cmocka_unit_test(
		only_the_backends_that_were_asked_for_are_compared),
	    cmocka_unit_test(answers_may_follow_each_other),
	    cmocka_unit_test(what_is_no_answer_is_an_error),
	    cmocka_unit_test(the_digest_is_blind_to_health_and_names),
	    cmocka_unit_test(the_digest_sees_what_a_person_changes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
