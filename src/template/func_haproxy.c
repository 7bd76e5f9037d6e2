/* SPDX-License-Identifier: MIT */
/*
 * Functions that consul-template does not have: texts of others made fit for a
 * line of HAProxy. Each gives what HAProxy reads as exactly that text, or
 * fails; none drops or replaces anything.
 */
#include "families.h"
#include "func.h"
#include "strconv.h"
#include "weir/limits.h"

static bool
has_control(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] < ' ' || s.ptr[i] == 0x7f)
			return true;
	return false;
}

static bool
has_any(struct str s, const char *set)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.ptr[i] && strchr(set, s.ptr[i]))
			return true;
	return false;
}

/* ---- names ---- */

static bool
is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'F');
}

/*
 * Would s, copied as it is, begin with what reads as a code: `..`, pairs of hex
 * digits, `.`? The last dot may also be the first of a code that follows.
 */
static bool
looks_coded(struct str s)
{
	size_t i = 2;

	if (s.len < 5 || s.ptr[0] != '.' || s.ptr[1] != '.')
		return false;
	while (i + 1 < s.len && is_hex(s.ptr[i]) && is_hex(s.ptr[i + 1]))
		i += 2;
	return i > 2 && i < s.len &&
	       (s.ptr[i] == '.' || !func_is_name_char(s.ptr[i]));
}

/* `..`, the n bytes at p as hex digits, `.` */
static void
put_code(struct buf *b, const char *p, size_t n)
{
	buf_puts(b, "..");
	for (size_t i = 0; i < n; i++)
		buf_printf(b, "%02X", (unsigned char)p[i]);
	buf_char(b, '.');
}

/* Bytes at the start of s that a name cannot hold; a dot that would begin a
 * code is one. */
static size_t
count_coded(struct str s)
{
	size_t n = 0;

	if (looks_coded(s))
		return 1;
	while (n < s.len && !func_is_name_char(s.ptr[n]))
		n++;
	return n;
}

static int
call_haproxy_name(struct call *c, struct value *result)
{
	struct str s = func_str(c, 0);
	struct buf b;

	if (s.len == 0)
		return call_fail(c, "an empty text gives no name");
	b = func_buf(c);
	for (size_t i = 0, n; i < s.len && !b.failed; i += n) {
		n = count_coded((struct str){s.ptr + i, s.len - i});
		if (n > 0)
			put_code(&b, s.ptr + i, n);
		else
			buf_put(&b, s.ptr + i, n = 1);
	}
	return func_give(c, &b, result);
}

/* ---- arguments ---- */

/* configuration.txt, "Quoting and escaping": everything but the quote itself
 * is literal between single quotes; a backslash escapes between double ones. */
static int
call_haproxy_quote(struct call *c, struct value *result)
{
	struct str s = func_str(c, 0);
	struct buf b;
	bool single = memchr(s.ptr, '\'', s.len);

	if (s.len == 0)
		return call_fail(c, "an empty argument ends HAProxy's line");
	if (has_control(s))
		return func_refuse(c, s, "has a control character");
	if (!has_any(s, " \"'\\#$")) {
		*result = value_str(s);
		return 0;
	}
	b = func_buf(c);
	buf_char(&b, single ? '"' : '\'');
	for (size_t i = 0; i < s.len; i++) {
		if (single && strchr("\"\\$", s.ptr[i]))
			buf_char(&b, '\\');
		buf_char(&b, s.ptr[i]);
	}
	buf_char(&b, single ? '"' : '\'');
	return func_give(c, &b, result);
}

/* ---- maps ---- */

static const char *
key_trouble(struct str key)
{
	if (key.len == 0)
		return "is no key: it is empty";
	if (has_control(key))
		return "is no key: it has a control character";
	if (has_any(key, " "))
		return "is no key: it has a blank";
	if (key.ptr[0] == '#')
		return "is no key: its line would be a comment";
	return NULL;
}

static const char *
value_trouble(struct str value)
{
	if (has_control(value))
		return "is no value: it has a control character";
	if (value.len > 0 &&
	    (value.ptr[0] == ' ' || value.ptr[value.len - 1] == ' '))
		return "is no value: it begins or ends with a blank";
	return NULL;
}

/* configuration.txt, 7.3.1 "map": the key, blanks, the value. */
static int
call_map_line(struct call *c, struct value *result)
{
	struct str key = func_str(c, 0), value = func_str(c, 1);
	struct buf b;

	if (key_trouble(key))
		return func_refuse(c, key, key_trouble(key));
	if (value_trouble(value))
		return func_refuse(c, value, value_trouble(value));
	if (key.len + 1 + value.len > LIMIT_MAP_LINE)
		return call_fail(c,
		    "the line is longer than the %u bytes that HAProxy reads "
		    "at once",
		    LIMIT_MAP_LINE);
	b = func_buf(c);
	buf_str(&b, key);
	buf_char(&b, ' ');
	buf_str(&b, value);
	return func_give(c, &b, result);
}

/* ---- addresses ---- */

/* A port: a whole number, or a text of digits. */
static int
get_port(struct call *c, const struct value *v, uint64_t *port)
{
	enum kind kind = value_kind(v);
	struct str s;

	if (kind_is_int(kind) || kind_is_uint(kind)) {
		*port = v->u.u;
		if (*port <= UINT16_MAX)
			return 0;
	} else if (kind == KIND_STRING &&
		   strconv_uint(value_as_str(v), 10, port) == STRCONV_OK &&
		   *port <= UINT16_MAX) {
		return 0;
	}
	s = value_to_str(c->arena, v);
	return func_refuse(c, s, "is no port");
}

static int
call_host_port(struct call *c, struct value *result)
{
	struct str host = func_str(c, 0);
	struct buf b;
	bool bare = host.len > 0 && host.ptr[0] != '[' &&
		    memchr(host.ptr, ':', host.len);
	uint64_t port;

	if (host.len == 0)
		return call_fail(c, "the address is empty");
	if (has_control(host) || has_any(host, " "))
		return func_refuse(c, host, "is no address");
	if (get_port(c, &c->args[1], &port) < 0)
		return -1;
	b = func_buf(c);
	if (bare)
		buf_char(&b, '[');
	buf_str(&b, host);
	if (bare)
		buf_char(&b, ']');
	buf_printf(&b, ":%u", (unsigned)port);
	return func_give(c, &b, result);
}

static const struct func funcs[] = {
    {"haproxyName", "string", "string", call_haproxy_name, FUNC_PURE,
	"haproxyName s — a proxy's or server's name, another for each text"},
    {"haproxyQuote", "string", "string", call_haproxy_quote, FUNC_PURE,
	"haproxyQuote s — s as one argument of a line of HAProxy"},
    {"hostPort", "string,interface {}", "string", call_host_port, FUNC_PURE,
	"hostPort address port — address:port, [address]:port for IPv6"},
    {"mapLine", "string,string", "string", call_map_line, FUNC_PURE,
	"mapLine key value — a line of an HAProxy map"},
};

const struct func_family family_haproxy = {
    .name = "haproxy",
    .funcs = funcs,
    .count = sizeof(funcs) / sizeof(*funcs),
};
