/* SPDX-License-Identifier: MIT */
/* The configuration: what values mean, which wins, and what each mistake says.
 */
#include "weir/config.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "weir/buf.h"
#include "weir/limits.h"

#define COUNT(array) (sizeof(array) / sizeof(*(array)))
#define HAPROXY      "[haproxy \"main\"]\nconfig = /h.cfg\n"
#define TEMPLATE     "[template \"a\"]\nsource = a.tmpl\ndestination = /a\n"

static char directory[] = "/tmp/weir-test-XXXXXX";

static int
setup(void **state)
{
	(void)state;
	strcpy(directory + sizeof(directory) - 7, "XXXXXX");
	return mkdtemp(directory) && chdir(directory) == 0 ? 0 : -1;
}

static int
teardown(void **state)
{
	char command[64];

	(void)state;
	if (chdir("/") < 0)
		return -1;
	snprintf(command, sizeof(command), "rm -rf '%s'", directory);
	return system(command);
}

static void
put(const char *name, const char *text, size_t len)
{
	FILE *f = fopen(name, "w");

	assert_non_null(f);
	fwrite(text, 1, len, f);
	fclose(f);
}

static struct config *
load_request(const struct config_request *r)
{
	struct error e = {0};
	struct config *c = config_load(r, &e);
	struct buf b = {0};

	if (c)
		return c;
	error_print(&e, &b);
	fail_msg("%s", b.ptr);
	return NULL;
}

static const struct config_request one_file = {
    .paths = (const char *[]){"weir.ini"}, .path_count = 1};

static struct config *
load(const char *text)
{
	put("weir.ini", text, strlen(text));
	return load_request(&one_file);
}

/* The message as people see it is `expected`. */
static void
assert_request_refused(const struct config_request *r, const char *expected)
{
	struct error e = {0};
	struct buf b = {0};

	assert_null(config_load(r, &e));
	error_print(&e, &b);
	assert_string_equal(b.ptr, expected);
	assert_int_equal(e.kind, ERROR_CONFIG);
	buf_fini(&b);
	error_fini(&e);
}

static void
assert_refused(const char *text, const char *expected)
{
	put("weir.ini", text, strlen(text));
	assert_request_refused(&one_file, expected);
}

/* Only the first line of the message. */
static void
assert_refused_so(const char *text, const char *expected)
{
	struct error e = {0};
	struct buf b = {0};

	put("weir.ini", text, strlen(text));
	assert_null(config_load(&one_file, &e));
	error_print(&e, &b);
	*strchrnul(b.ptr, '\n') = 0;
	assert_string_equal(b.ptr, expected);
	buf_fini(&b);
	error_fini(&e);
}

/* ---- values ---- */

static void
an_empty_file_has_every_default(void **state)
{
	struct config *c = load("");

	(void)state;
	assert_int_equal(c->consul.addresses.count, 1);
	assert_string_equal(
	    c->consul.addresses.items[0], "http://127.0.0.1:8500");
	assert_true(c->consul.verify);
	assert_false(c->consul.tls);
	assert_int_equal(c->consul.compression, -1);
	assert_int_equal(c->consul.stale_ms, 2000);
	assert_int_equal(c->consul.wait_ms, 60000);
	assert_int_equal(c->consul.connect_timeout_ms, 5000);
	assert_int_equal(c->consul.retry_min_ms, 250);
	assert_int_equal(c->consul.retry_max_ms, 30000);
	assert_int_equal(c->consul.max_connections, 100);
	assert_int_equal(c->guard_max_removed, 50);
	assert_int_equal(c->guard_hold_ms, 300000);
	assert_string_equal(c->state_path, "/var/lib/weir");
	assert_null(c->catalog_file);
	assert_null(c->http_listen);
	assert_int_equal(c->template_count, 0);
	config_free(&c);
	assert_null(c);
}

static void
every_key_of_consul_is_read(void **state)
{
	struct config *c = load("[consul]\naddress = a:1 https://b/x "
				"unix:///c\n  [::1]:8500\ntoken_file = /t\n"
				"datacenter = dc\nnamespace = n\n"
				"partition = p\nca_file = /ca\nca_path = /cp\n"
				"cert_file = /ce\nkey_file = /k\n"
				"tls_server_name = s\ntls = yes\nverify = no\n"
				"compression = yes\nstale = 0\nwait = 5m\n"
				"connect_timeout = 1s\nretry_min = 1s\n"
				"retry_max = 1m30s\nmax_connections = 7\n");
	const struct config_consul *k = &c->consul;

	(void)state;
	assert_int_equal(k->addresses.count, 4);
	assert_string_equal(k->addresses.items[2], "unix:///c");
	assert_string_equal(k->addresses.items[3], "[::1]:8500");
	assert_string_equal(k->token_file, "/t");
	assert_string_equal(k->datacenter, "dc");
	assert_string_equal(k->ns, "n");
	assert_string_equal(k->partition, "p");
	assert_string_equal(k->ca_file, "/ca");
	assert_string_equal(k->ca_path, "/cp");
	assert_string_equal(k->cert_file, "/ce");
	assert_string_equal(k->key_file, "/k");
	assert_string_equal(k->tls_server_name, "s");
	assert_true(k->tls);
	assert_false(k->verify);
	assert_int_equal(k->compression, 1);
	assert_int_equal(k->stale_ms, 0);
	assert_int_equal(k->wait_ms, 300000);
	assert_int_equal(k->connect_timeout_ms, 1000);
	assert_int_equal(k->retry_min_ms, 1000);
	assert_int_equal(k->retry_max_ms, 90000);
	assert_int_equal(k->max_connections, 7);
	config_free(&c);
}

static void
every_key_of_haproxy_is_read(void **state)
{
	struct config *c =
	    load("[haproxy \"main\"]\nconfig = /a /b\nbinary = /opt/h\n"
		 "stats_socket = /s\nmaster_socket = /m\napply = reload\n"
		 "reload = signal: /run/h.pid\nreload_timeout = 20s\n"
		 "reload_interval = 2s\ncheck_timeout = 3s\ncheck = no\n"
		 "dynamic = no\ndrain = 4s\nverify = 5s\n"
		 "respect_manual = no\nmax_old_workers = 6\n");
	const struct config_haproxy *h = c->haproxies[0];

	(void)state;
	assert_string_equal(h->name, "main");
	assert_string_equal(h->place.source, "weir.ini");
	assert_int_equal(h->place.line, 1);
	assert_int_equal(h->configs.count, 2);
	assert_string_equal(h->binary, "/opt/h");
	assert_string_equal(h->stats_socket, "/s");
	assert_string_equal(h->master_socket, "/m");
	assert_int_equal(h->apply, APPLY_RELOAD);
	assert_int_equal(h->reload, RELOAD_SIGNAL);
	assert_string_equal(h->reload_argument, "/run/h.pid");
	assert_int_equal(h->reload_timeout_ms, 20000);
	assert_int_equal(h->reload_interval_ms, 2000);
	assert_int_equal(h->check_timeout_ms, 3000);
	assert_false(h->check);
	assert_int_equal(h->dynamic, 0);
	assert_int_equal(h->drain_ms, 4000);
	assert_int_equal(h->verify_ms, 5000);
	assert_false(h->respect_manual);
	assert_int_equal(h->max_old_workers, 6);
	config_free(&c);
}

static void
every_key_of_template_is_read(void **state)
{
	struct config *c = load(
	    HAPROXY "[template \"t\"]\nsource = /s\ndestination = /d\n"
		    "haproxy = main\ncommand_timeout = 1s\nmode = 0640\n"
		    "owner = root:42\nsettle = 1s:3s\nleft_delimiter = <<\n"
		    "right_delimiter = >>\nerror_on_missing_key = yes\n"
		    "function_denylist = plugin sprig_*\nsandbox_path = /sb\n"
		    "backup = yes\ncreate_dest_dirs = no\noptional = yes\n"
		    "allow_control = yes\n"
		    "[template \"u\"]\nsource = /s\ndestination = /u\n"
		    "check = nginx -t -c {candidate}\n"
		    "reload = systemctl reload nginx\n");
	const struct config_template *t = c->templates[0];

	(void)state;
	assert_int_equal(c->template_count, 2);
	assert_string_equal(t->name, "t");
	assert_string_equal(t->source, "/s");
	assert_string_equal(t->destination, "/d");
	assert_ptr_equal(t->haproxy, c->haproxies[0]);
	assert_int_equal(t->command_timeout_ms, 1000);
	assert_int_equal(t->mode, 0640);
	assert_string_equal(t->owner, "root");
	assert_string_equal(t->group, "42");
	assert_int_equal(t->settle_min_ms, 1000);
	assert_int_equal(t->settle_max_ms, 3000);
	assert_string_equal(t->left_delimiter, "<<");
	assert_string_equal(t->right_delimiter, ">>");
	assert_true(t->error_on_missing_key);
	assert_int_equal(t->function_denylist.count, 2);
	assert_string_equal(t->sandbox_path, "/sb");
	assert_true(t->backup);
	assert_false(t->create_dest_dirs);
	assert_true(t->optional);
	assert_true(t->allow_control);
	t = c->templates[1];
	assert_string_equal(t->check, "nginx -t -c {candidate}");
	assert_string_equal(t->reload, "systemctl reload nginx");
	assert_int_equal(t->mode, (mode_t)-1);
	assert_null(t->owner);
	assert_int_equal(t->settle_min_ms, 250);
	assert_int_equal(t->settle_max_ms, 2000);
	assert_true(t->create_dest_dirs);
	config_free(&c);
}

static void
the_other_sections_are_read(void **state)
{
	struct config *c = load("[guard]\nmax_removed = 30%\nhold = 0\n"
				"[state]\npath = /s\n[catalog]\nfile = /c\n"
				"[http]\nlisten = 127.0.0.1:9102\n");

	(void)state;
	assert_int_equal(c->guard_max_removed, 30);
	assert_int_equal(c->guard_hold_ms, 0);
	assert_string_equal(c->state_path, "/s");
	assert_string_equal(c->catalog_file, "/c");
	assert_string_equal(c->http_listen, "127.0.0.1:9102");
	config_free(&c);
}

static void
settle_without_a_maximum_is_four_times(void **state)
{
	struct config *c = load(TEMPLATE "settle = 1s\n");

	(void)state;
	assert_int_equal(c->templates[0]->settle_max_ms, 4000);
	config_free(&c);
}

static void
reload_follows_the_master_socket(void **state)
{
	struct config *c = load(HAPROXY "master_socket = /m\n");

	(void)state;
	assert_int_equal(c->haproxies[0]->reload, RELOAD_MASTER);
	config_free(&c);
	c = load(HAPROXY);
	assert_int_equal(c->haproxies[0]->reload, RELOAD_NONE);
	config_free(&c);
	c = load(HAPROXY "master_socket = /m\nreload = none\n");
	assert_int_equal(c->haproxies[0]->reload, RELOAD_NONE);
	config_free(&c);
	c = load(HAPROXY "reload = command: systemctl reload haproxy\n");
	assert_int_equal(c->haproxies[0]->reload, RELOAD_COMMAND);
	assert_string_equal(
	    c->haproxies[0]->reload_argument, "systemctl reload haproxy");
	config_free(&c);
}

static void
durations_are_gos(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} cases[] = {{"0", 0}, {"500ms", 500}, {"5s", 5000}, {"1m30s", 90000},
	    {"2h", 7200000}, {"1.5s", 1500}, {".5s", 500}, {"0s", 0},
	    {"1h0m1s", 3601000}};
	static const char *const bad[] = {"", "5", "s", "5x", "5 s", "-1s",
	    "1s5", "0.5ms", "9999999999h", "99999999999999999999s", "1e3s",
	    "367h1000000m", "1..5s", "."};
	int64_t ms;

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(
		    config_parse_duration(cases[i].text, &ms, NULL), 0);
		assert_int_equal(ms, cases[i].ms);
	}
	for (size_t i = 0; i < COUNT(bad); i++)
		if (config_parse_duration(bad[i], &ms, NULL) == 0)
			fail_msg("\"%s\" was taken", bad[i]);
}

static void
sizes_are_powers_of_two(void **state)
{
	uint64_t n;

	(void)state;
	assert_int_equal(config_parse_size("4096", &n, NULL), 0);
	assert_int_equal(n, 4096);
	assert_int_equal(config_parse_size("64k", &n, NULL), 0);
	assert_int_equal(n, 65536);
	assert_int_equal(config_parse_size("2g", &n, NULL), 0);
	assert_int_equal(n, (uint64_t)2 << 30);
	assert_int_equal(config_parse_size("1t", &n, NULL), -1);
	assert_int_equal(config_parse_size("k", &n, NULL), -1);
	assert_int_equal(config_parse_size("", &n, NULL), -1);
	assert_int_equal(config_parse_size("1 k", &n, NULL), -1);
	assert_int_equal(
	    config_parse_size("99999999999999999999", &n, NULL), -1);
}

/* ---- what wins ---- */

static void
a_later_file_wins_key_by_key(void **state)
{
	const struct config_request r = {
	    .paths = (const char *[]){"a.ini", "b.ini"}, .path_count = 2};
	const char a[] = HAPROXY "binary = one\nmaster_socket = /m\n";
	const char b[] = "[haproxy \"main\"]\nbinary = two\n";
	struct config *c;

	(void)state;
	put("a.ini", a, sizeof(a) - 1);
	put("b.ini", b, sizeof(b) - 1);
	c = load_request(&r);
	assert_int_equal(c->haproxy_count, 1);
	assert_string_equal(c->haproxies[0]->binary, "two");
	assert_string_equal(c->haproxies[0]->master_socket, "/m");
	assert_int_equal(c->sources.count, 2);
	assert_string_equal(c->sources.items[1], "b.ini");
	config_free(&c);
}

static void
a_directory_is_read_in_order_of_names(void **state)
{
	const struct config_request r = {
	    .paths = (const char *[]){"d"}, .path_count = 1};
	struct config *c;

	(void)state;
	assert_int_equal(mkdir("d", 0755), 0);
	put("d/20.ini", "[state]\npath = /20\n", 18);
	put("d/10.ini", "[state]\npath = /10\n", 18);
	put("d/30.ini~", "[state]\npath = /30\n", 18);
	put("d/.40.ini", "[state]\npath = /40\n", 18);
	c = load_request(&r);
	assert_int_equal(c->sources.count, 2);
	assert_string_equal(c->state_path, "/20");
	config_free(&c);
}

static void
an_empty_value_takes_back(void **state)
{
	const struct config_request r = {
	    .paths = (const char *[]){"a.ini", "b.ini"}, .path_count = 2};
	const char a[] = "[consul]\ndatacenter = x\nwait = 5s\n";
	const char b[] = "[consul]\ndatacenter =\nwait =\n";
	struct config *c;

	(void)state;
	put("a.ini", a, sizeof(a) - 1);
	put("b.ini", b, sizeof(b) - 1);
	c = load_request(&r);
	assert_null(c->consul.datacenter);
	assert_int_equal(c->consul.wait_ms, 60000);
	config_free(&c);
}

static void
a_file_wins_over_the_environment(void **state)
{
	struct config *c;

	(void)state;
	setenv("CONSUL_HTTP_ADDR", "env:1", 1);
	setenv("CONSUL_NAMESPACE", "env", 1);
	c = load("[consul]\nnamespace = file\n");
	unsetenv("CONSUL_HTTP_ADDR");
	unsetenv("CONSUL_NAMESPACE");
	assert_string_equal(c->consul.addresses.items[0], "env:1");
	assert_string_equal(c->consul.ns, "file");
	config_free(&c);
}

static void
every_variable_of_consul_is_read(void **state)
{
	static const char *const pairs[][2] = {{"CONSUL_HTTP_ADDR", "a:1"},
	    {"CONSUL_HTTP_TOKEN", "t"}, {"CONSUL_HTTP_TOKEN_FILE", "/tf"},
	    {"CONSUL_HTTP_AUTH", "u:p"}, {"CONSUL_HTTP_SSL", "TRUE"},
	    {"CONSUL_HTTP_SSL_VERIFY", "0"}, {"CONSUL_CACERT", "/ca"},
	    {"CONSUL_CAPATH", "/cp"}, {"CONSUL_CLIENT_CERT", "/cc"},
	    {"CONSUL_CLIENT_KEY", "/ck"}, {"CONSUL_TLS_SERVER_NAME", "sn"},
	    {"CONSUL_NAMESPACE", "ns"}, {"CONSUL_PARTITION", "pa"}};
	struct config *c;

	(void)state;
	for (size_t i = 0; i < COUNT(pairs); i++)
		setenv(pairs[i][0], pairs[i][1], 1);
	c = load("");
	for (size_t i = 0; i < COUNT(pairs); i++)
		unsetenv(pairs[i][0]);
	assert_string_equal(c->consul.addresses.items[0], "a:1");
	assert_string_equal(c->consul.token, "t");
	assert_string_equal(c->consul.token_file, "/tf");
	assert_string_equal(c->consul.auth, "u:p");
	assert_true(c->consul.tls);
	assert_false(c->consul.verify);
	assert_string_equal(c->consul.ca_file, "/ca");
	assert_string_equal(c->consul.ca_path, "/cp");
	assert_string_equal(c->consul.cert_file, "/cc");
	assert_string_equal(c->consul.key_file, "/ck");
	assert_string_equal(c->consul.tls_server_name, "sn");
	assert_string_equal(c->consul.ns, "ns");
	assert_string_equal(c->consul.partition, "pa");
	config_free(&c);
}

static void
an_empty_variable_is_unset(void **state)
{
	struct config *c;

	(void)state;
	setenv("CONSUL_HTTP_SSL", "", 1);
	setenv("CONSUL_HTTP_ADDR", "", 1);
	c = load("");
	unsetenv("CONSUL_HTTP_SSL");
	unsetenv("CONSUL_HTTP_ADDR");
	assert_int_equal(c->consul.addresses.count, 1);
	config_free(&c);
}

static void
a_bad_variable_is_named(void **state)
{
	(void)state;
	setenv("CONSUL_HTTP_SSL", "maybe", 1);
	assert_request_refused(&(struct config_request){0},
	    "CONSUL_HTTP_SSL: tls: \"maybe\" is neither yes nor no");
	unsetenv("CONSUL_HTTP_SSL");
}

static void
set_wins_over_files_and_names_may_have_dots(void **state)
{
	const char text[] = HAPROXY
	    "[template \"haproxy.cfg\"]\nsource = a\ndestination = /b\n";
	struct config_request r = one_file;
	struct config *c;

	(void)state;
	r.sets = (const char *[]){"haproxy.main.binary=x=y", "guard.hold=1s",
	    "template.haproxy.cfg.mode=0600", "guard.hold=2s"};
	r.set_count = 4;
	put("weir.ini", text, sizeof(text) - 1);
	c = load_request(&r);
	assert_string_equal(c->haproxies[0]->binary, "x=y");
	assert_int_equal(c->guard_hold_ms, 2000);
	assert_int_equal(c->templates[0]->mode, 0600);
	config_free(&c);
}

static void
from_takes_the_place_of_the_catalog(void **state)
{
	struct config_request r = one_file;
	struct config *c;

	(void)state;
	put("weir.ini", "[catalog]\nfile = /a\n", 20);
	r.from = "/b";
	c = load_request(&r);
	assert_string_equal(c->catalog_file, "/b");
	config_free(&c);
}

static void
a_template_option_is_split_like_consul_templates(void **state)
{
	static const struct {
		const char *words, *in, *out, *command;
	} cases[] = {
	    {"in", "in", NULL, NULL},
	    {"in:out", "in", "out", NULL},
	    {"in:out:", "in", "out", NULL},
	    {":in::out", "in", "out", NULL},
	    {"in:out:cmd a:b", "in", "out", "cmd a:b"},
	    {"in:out:echo ${x::2}", "in", "out", "echo ${x::2}"},
	    {"c:in:d:out:cmd", "c:in", "d:out", "cmd"},
	    {"a:b", "a:b", NULL, NULL},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct config_request r = one_file;
		struct config *c;
		const struct config_template *t;

		put("weir.ini", "", 0);
		r.templates = &cases[i].words;
		r.template_count = 1;
		c = load_request(&r);
		t = c->templates[0];
		assert_string_equal(t->source, cases[i].in);
		assert_string_equal(t->destination ? t->destination : "",
		    cases[i].out ? cases[i].out : "");
		assert_string_equal(t->reload ? t->reload : "",
		    cases[i].command ? cases[i].command : "");
		assert_true(t->create_dest_dirs);
		config_free(&c);
	}
}

static void
one_template_may_go_to_two_places(void **state)
{
	struct config_request r = one_file;
	struct config *c;

	(void)state;
	put("weir.ini", "", 0);
	r.templates = (const char *[]){"in:/x", "in:/y"};
	r.template_count = 2;
	c = load_request(&r);
	assert_string_equal(c->templates[0]->name, "in");
	assert_string_equal(c->templates[1]->name, "in:/y");
	config_free(&c);
	r.templates = (const char *[]){":"};
	r.template_count = 1;
	assert_request_refused(
	    &r, "-t: -t IN[:OUT[:COMMAND]] needs the path of a template");
}

/* ---- the reader ---- */

static void
continuation_lines_are_joined_by_a_blank(void **state)
{
	struct config *c =
	    load("[haproxy \"main\"]\nconfig = /a\n\t/b ; why\n\n  # not here\n"
		 "  /c\nbinary =\n\thaproxy\n");

	(void)state;
	assert_int_equal(c->haproxies[0]->configs.count, 3);
	assert_string_equal(c->haproxies[0]->configs.items[2], "/c");
	assert_string_equal(c->haproxies[0]->binary, "haproxy");
	config_free(&c);
}

static void
comments_and_blanks_are_dropped(void **state)
{
	struct config *c = load("\xef\xbb\xbf# a\r\n; b\r\n[ state ] ; c\r\n"
				"path=/x ; d\r\n\r\n[consul] # e\r\n"
				"datacenter : a;b#c\r\n");

	(void)state;
	assert_string_equal(c->state_path, "/x");
	assert_string_equal(c->consul.datacenter, "a;b#c");
	config_free(&c);
}

static void
a_section_without_keys_is_there(void **state)
{
	(void)state;
	assert_refused("[template \"x\"]\n[state]\n",
	    "weir.ini:1:0: [template \"x\"] has no source (the file that holds "
	    "the template)\n"
	    "[template \"x\"]\n^");
}

static void
a_line_at_the_limit_is_read_whole(void **state)
{
	char text[300] = "[state]\npath = ";
	struct config *c;
	size_t head = strlen("path = ");

	(void)state;
	memset(text + strlen(text), 'x', LIMIT_CONFIG_LINE - head);
	c = load(text);
	assert_int_equal(strlen(c->state_path), LIMIT_CONFIG_LINE - head);
	config_free(&c);
	strcat(text, "\n[guard]\nhold = 1s\n");
	c = load(text);
	assert_int_equal(strlen(c->state_path), LIMIT_CONFIG_LINE - head);
	assert_int_equal(c->guard_hold_ms, 1000);
	config_free(&c);
}

static void
a_longer_line_is_refused(void **state)
{
	char text[300] = "[state]\npath = ";

	(void)state;
	memset(text + strlen(text), 'x', 192);
	assert_refused_so(text,
	    "weir.ini:2:198: the line has 199 bytes, 198 can be read: break it "
	    "at a blank and indent what follows");
}

static void
a_nul_byte_is_refused(void **state)
{
	const char text[] = "[state]\npa\0th = x\n";

	(void)state;
	put("weir.ini", text, sizeof(text) - 1);
	assert_request_refused(&one_file,
	    "weir.ini:2:2: a NUL byte: this is no text file\npa?th = x\n  ^");
}

static void
a_control_character_is_refused(void **state)
{
	(void)state;
	assert_refused("[state]\npath = /a\033[2J\n",
	    "weir.ini:2:9: a control character\npath = /a?[2J\n         ^");
	assert_refused("[state]\npath = /a\rb\n",
	    "weir.ini:2:9: a control character\npath = /a?b\n         ^");
}

static void
a_file_that_is_too_large_is_refused(void **state)
{
	char *text = malloc(LIMIT_CONFIG_BYTES + 1);
	struct error e = {0};

	(void)state;
	memset(text, '\n', LIMIT_CONFIG_BYTES + 1);
	put("weir.ini", text, LIMIT_CONFIG_BYTES + 1);
	assert_null(config_load(&one_file, &e));
	assert_int_equal(e.kind, ERROR_LIMIT);
	error_fini(&e);
	free(text);
}

static void
an_indented_key_is_not_swallowed(void **state)
{
	(void)state;
	assert_refused("[consul]\n  address = a:1\n  wait = 5s\n",
	    "weir.ini:3:2: an indented line continues the one before: begin "
	    "\"wait\" at the start of the line\n  wait = 5s\n  ^");
}

/* ---- mistakes ---- */

static void
mistakes_are_told_with_place_and_remedy(void **state)
{
	static const struct {
		const char *text, *expected;
	} cases[] = {
	    {"[consul]\nadress = x\n",
		"weir.ini:2:0: unknown key \"adress\" in [consul] (did you "
		"mean \"address\"?)\nadress = x\n^"},
	    {"[consul]\nfrobnicate = x\n",
		"weir.ini:2:0: unknown key \"frobnicate\" in [consul]\n"
		"frobnicate = x\n^"},
	    {"\n[konsul]\n",
		"weir.ini:2:0: unknown section [konsul] (did you mean "
		"[consul]?)\n[konsul]\n^"},
	    {"[frobnicate]\n",
		"weir.ini:1:0: unknown section [frobnicate] (there are consul, "
		"haproxy, template, guard, state, catalog, http)\n"
		"[frobnicate]\n^"},
	    {"[haproxy]\n",
		"weir.ini:1:0: [haproxy] needs a name: [haproxy \"NAME\"]\n"
		"[haproxy]\n^"},
	    {"[consul \"x\"]\n",
		"weir.ini:1:0: [consul] takes no name\n[consul \"x\"]\n^"},
	    {"path = /x\n",
		"weir.ini:1:0: \"path\" stands before the first [section]\n"
		"path = /x\n^"},
	    {"[consul]\nwait = 5x\n",
		"weir.ini:2:7: wait: unknown unit \"x\" (ms, s, m or h)\n"
		"wait = 5x\n       ^"},
	    {"[consul]\nwait = 5\n",
		"weir.ini:2:7: wait: a unit is missing behind 5 (ms, s, m or "
		"h)\nwait = 5\n       ^"},
	    {"[consul]\nwait = 11m\n",
		"weir.ini:2:7: wait: 11m is too long: at most 600 s\n"
		"wait = 11m\n       ^"},
	    {"[consul]\nconnect_timeout = 1ms\n",
		"weir.ini:2:18: connect_timeout: 1ms is too short: at least "
		"100 ms\nconnect_timeout = 1ms\n                  ^"},
	    {"[consul]\nmax_connections = many\n",
		"weir.ini:2:18: max_connections: \"many\" is no number\n"
		"max_connections = many\n                  ^"},
	    {"[consul]\nmax_connections = 1\n",
		"weir.ini:2:18: max_connections: 1 is not between 4 and "
		"100000\nmax_connections = 1\n                  ^"},
	    {"[consul]\ntls = maybe\n",
		"weir.ini:2:6: tls: \"maybe\" is neither yes nor no\n"
		"tls = maybe\n      ^"},
	    {"[consul]\ncompression = maybe\n",
		"weir.ini:2:14: compression: \"maybe\" is none of yes, no, "
		"auto\ncompression = maybe\n              ^"},
	    {"[consul]\ntoken = x\n",
		"weir.ini:2:8: a token does not stand in a configuration file: "
		"use token_file, or the variable CONSUL_HTTP_TOKEN\n"
		"token = x\n        ^"},
	    {"[consul]\nauth = x\n",
		"weir.ini:2:7: a password does not stand in a configuration "
		"file: use the variable CONSUL_HTTP_AUTH\n"
		"auth = x\n       ^"},
	    {"[consul]\nwait = 5s\nstale = 1s\nwait = 6s\n",
		"weir.ini:4:7: wait is set a second time (first in line 2)\n"
		"wait = 6s\n       ^"},
	    {"[consul]\nretry_min = 1m\n",
		"weir.ini:2:12: retry_max is shorter than retry_min\n"
		"retry_min = 1m\n            ^"},
	    {"[consul]\nkey_file = k\n",
		"weir.ini:2:11: key_file without cert_file\n"
		"key_file = k\n           ^"},
	    {"[consul]\nwords\n",
		"weir.ini:2:0: a line reads key = value, or [section]\n"
		"words\n^"},
	    {"[consul\n", "weir.ini:1:7: a section reads [section] or [section "
			  "\"name\"]\n[consul\n       ^"},
	    {"[haproxy \"main]\n", "weir.ini:1:9: the quoted name has no end\n"
				   "[haproxy \"main]\n         ^"},
	    {"[consul] wait = 5s\n",
		"weir.ini:1:9: nothing may follow a section\n"
		"[consul] wait = 5s\n         ^"},
	    {"[haproxy \"main\"]\n",
		"weir.ini:1:0: [haproxy \"main\"] has no config (the files given to "
		"haproxy -f, in order)\n[haproxy \"main\"]\n^"},
	    {HAPROXY "reload = master\n",
		"weir.ini:3:9: reload = master needs master_socket\n"
		"reload = master\n         ^"},
	    {HAPROXY "reload = now\n",
		"weir.ini:3:9: reload: \"now\" is none of master, "
		"signal:PIDFILE, command: WORDS, none\n"
		"reload = now\n         ^"},
	    {HAPROXY "reload = signal:\n",
		"weir.ini:3:9: reload: signal: needs the path of a pid file\n"
		"reload = signal:\n         ^"},
	    {HAPROXY "reload = command:\n",
		"weir.ini:3:9: reload: command: needs a command\n"
		"reload = command:\n         ^"},
	    {HAPROXY "apply = never\n",
		"weir.ini:3:8: apply: \"never\" is neither auto nor reload\n"
		"apply = never\n        ^"},
	    {"[template \"a\"]\nsource = a\n",
		"weir.ini:1:0: [template \"a\"] has no destination (the file to be "
		"written)\n"
		"[template \"a\"]\n^"},
	    {"[template \"a\"]\ndestination = /a\n",
		"weir.ini:1:0: [template \"a\"] has no source (the file that holds "
		"the template)\n"
		"[template \"a\"]\n^"},
	    {"[template \"a\"]\nsource = a\ndestination = /a/\n",
		"weir.ini:3:14: destination names a directory, not a file\n"
		"destination = /a/\n              ^"},
	    {HAPROXY TEMPLATE "haproxy = mian\n",
		"weir.ini:6:10: there is no [haproxy \"mian\"] (did you mean "
		"\"main\"?)\nhaproxy = mian\n          ^"},
	    {TEMPLATE "haproxy = other\n",
		"weir.ini:4:10: there is no [haproxy \"other\"]\n"
		"haproxy = other\n          ^"},
	    {HAPROXY TEMPLATE "haproxy = main\ncheck = x {candidate}\n",
		"weir.ini:7:8: check beside haproxy: its own check is run, use "
		"one of the two\ncheck = x {candidate}\n        ^"},
	    {HAPROXY TEMPLATE "haproxy = main\nreload = x\n",
		"weir.ini:7:9: reload beside haproxy: HAProxy is reloaded as "
		"its section says, use one of the two\n"
		"reload = x\n         ^"},
	    {TEMPLATE "check = nginx -t\n",
		"weir.ini:4:8: check: the command does not name {candidate}, "
		"so that it would check the file that is in place\n"
		"check = nginx -t\n        ^"},
	    {TEMPLATE "reload = sh -c \"a ; b\"\n",
		"weir.ini:4:9: reload: the quote \" has no end (a ; behind a "
		"blank begins a comment: leave the blank out)\n"
		"reload = sh -c \"a ; b\"\n         ^"},
	    {TEMPLATE "mode = 0888\n",
		"weir.ini:4:7: mode: \"0888\" is no octal mode such as 0640\n"
		"mode = 0888\n       ^"},
	    {TEMPLATE "mode = 10000\n",
		"weir.ini:4:7: mode: \"10000\" is no octal mode such as 0640\n"
		"mode = 10000\n       ^"},
	    {TEMPLATE "owner = a:b:c\n",
		"weir.ini:4:8: owner: \"a:b:c\" does not read USER, USER:GROUP "
		"or :GROUP\nowner = a:b:c\n        ^"},
	    {TEMPLATE "settle = 2s:1s\n",
		"weir.ini:4:9: settle: 2s:1s: the longest time is shorter than "
		"the shortest\nsettle = 2s:1s\n         ^"},
	    {TEMPLATE "[template \"b\"]\nsource = b\ndestination = //./a\n",
		"weir.ini:6:14: [template \"b\"] and [template \"a\"] "
		"(weir.ini:3) have one destination, //./a\n"
		"destination = //./a\n              ^"},
	    {"[guard]\nmax_removed = 101%\n",
		"weir.ini:2:14: max_removed: \"101%\" is no percentage from 0% "
		"to 100%\nmax_removed = 101%\n              ^"},
	    {"[http]\nlisten = 9102\n",
		"weir.ini:2:9: listen: \"9102\": no port (HOST:PORT)\n"
		"listen = 9102\n         ^"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++)
		assert_refused(cases[i].text, cases[i].expected);
}

static void
only_forms_of_consul_are_addresses(void **state)
{
	static const char *const good[] = {"127.0.0.1:8500", "consul.service",
	    "http://[::1]:8500", "https://h.example/prefix/",
	    "unix:///run/consul.sock", "[fe80::1%eth0]:1"};
	static const char *const bad[] = {"ftp://x", "http://", "h:0",
	    "h:70000", "h:", "::1", "[::1", "[::1]8500", "[x]:1",
	    "http://u:p@h", "http://h/?a", "unix://", "h o:st\x01", "a b:c"};
	struct error e = {0};

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++) {
		char text[100];
		struct config *c;

		snprintf(
		    text, sizeof(text), "[consul]\naddress = %s\n", good[i]);
		c = load(text);
		assert_string_equal(c->consul.addresses.items[0], good[i]);
		config_free(&c);
	}
	for (size_t i = 0; i < COUNT(bad); i++) {
		char text[100];
		int n = snprintf(
		    text, sizeof(text), "[consul]\naddress = %s\n", bad[i]);

		put("weir.ini", text, (size_t)n);
		if (config_load(&one_file, &e))
			fail_msg("\"%s\" was taken", bad[i]);
		error_fini(&e);
	}
}

static void
a_bad_set_is_named(void **state)
{
	static const struct {
		const char *words, *expected;
	} cases[] = {
	    {"x", "--set: \"x\" does not read section.key=value or "
		  "section.name.key=value"},
	    {"consul=1", "--set: \"consul=1\" does not read section.key=value "
			 "or section.name.key=value"},
	    {"consul.wiat=1", "--set: unknown key \"wiat\" in [consul] (did "
			      "you mean \"wait\"?)"},
	    {"haproxy.binary=1",
		"--set: [haproxy] needs a name: [haproxy \"NAME\"]"},
	    {"consul.token=1",
		"--set: a token does not stand in a configuration file: use "
		"token_file, or the variable CONSUL_HTTP_TOKEN"},
	    {"template.new.mode=0644",
		"--set: [template \"new\"] has no source (the file that "
		"holds the template)"},
	    {"guard.hold=x", "--set: hold: a duration is a number and a unit "
			     "(500ms, 5s, 1m30s)"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct config_request r = one_file;

		put("weir.ini", "", 0);
		r.sets = &cases[i].words;
		r.set_count = 1;
		assert_request_refused(&r, cases[i].expected);
	}
}

static void
a_file_that_is_named_must_be_there(void **state)
{
	(void)state;
	assert_request_refused(
	    &one_file, "cannot read weir.ini: there is no such file");
}

static void
equal_means_the_same_in_every_key(void **state)
{
	const char text[] = HAPROXY TEMPLATE "haproxy = main\n[consul]\n"
					     "address = a:1\n";
	struct config *a = load(text), *b = load(text), *c;

	(void)state;
	assert_true(config_consul_equal(&a->consul, &b->consul));
	assert_true(config_haproxy_equal(a->haproxies[0], b->haproxies[0]));
	assert_true(config_template_equal(a->templates[0], b->templates[0]));
	c = load(HAPROXY "check = no\n" TEMPLATE "[consul]\naddress = a:2\n");
	assert_false(config_consul_equal(&a->consul, &c->consul));
	assert_false(config_haproxy_equal(a->haproxies[0], c->haproxies[0]));
	assert_false(config_template_equal(a->templates[0], c->templates[0]));
	config_free(&a);
	config_free(&b);
	config_free(&c);
}

#define CASE(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(an_empty_file_has_every_default),
	    CASE(every_key_of_consul_is_read),
	    CASE(every_key_of_haproxy_is_read),
	    CASE(every_key_of_template_is_read),
	    CASE(the_other_sections_are_read),
	    CASE(settle_without_a_maximum_is_four_times),
	    CASE(reload_follows_the_master_socket),
	    CASE(durations_are_gos),
	    CASE(sizes_are_powers_of_two),
	    CASE(a_later_file_wins_key_by_key),
	    CASE(a_directory_is_read_in_order_of_names),
	    CASE(an_empty_value_takes_back),
	    CASE(a_file_wins_over_the_environment),
	    CASE(every_variable_of_consul_is_read),
	    CASE(an_empty_variable_is_unset),
	    CASE(a_bad_variable_is_named),
	    CASE(set_wins_over_files_and_names_may_have_dots),
	    CASE(from_takes_the_place_of_the_catalog),
	    CASE(a_template_option_is_split_like_consul_templates),
	    CASE(one_template_may_go_to_two_places),
	    CASE(continuation_lines_are_joined_by_a_blank),
	    CASE(comments_and_blanks_are_dropped),
	    CASE(a_section_without_keys_is_there),
	    CASE(a_line_at_the_limit_is_read_whole),
	    CASE(a_longer_line_is_refused),
	    CASE(a_nul_byte_is_refused),
	    CASE(a_control_character_is_refused),
	    CASE(a_file_that_is_too_large_is_refused),
	    CASE(an_indented_key_is_not_swallowed),
	    CASE(mistakes_are_told_with_place_and_remedy),
	    CASE(only_forms_of_consul_are_addresses),
	    CASE(a_bad_set_is_named),
	    CASE(a_file_that_is_named_must_be_there),
	    CASE(equal_means_the_same_in_every_key),
	};
	char **variable;

	/* What the machine says about its Consul is not ours. */
	for (variable = environ; *variable;) {
		char name[64];

		if (strncmp(*variable, "CONSUL_", 7)) {
			variable++;
			continue;
		}
		snprintf(name, sizeof(name), "%.*s",
		    (int)strcspn(*variable, "="), *variable);
		unsetenv(name);
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
