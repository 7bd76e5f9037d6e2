/* SPDX-License-Identifier: MIT */
/* sprig's URLs: dicts of their parts. */
#include "families.h"
#include "func.h"
#include "url.h"
#include "weir/limits.h"

static int
give_up(struct call *c, const char *before, struct error *error)
{
	call_fail(c, "%s%s", before, error->text);
	error_fini(error);
	return -1;
}

static struct str
user_of(struct call *c, const struct url *u)
{
	struct buf text = {0};
	struct str s;

	if (!u->has_user)
		return STR("");
	url_print_user(u, &text);
	s = arena_str(c->arena, buf_as_str(&text));
	buf_fini(&text);
	return s;
}

static int
call_url_parse(struct call *c, struct value *result)
{
	struct map *map = map_new(c->arena, &type_map_string_any);
	struct error error = {0};
	struct url u;

	if (url_parse(c->arena, func_str(c, 0), &u, &error) < 0)
		return give_up(c, "unable to parse url: ", &error);
	map_put_str(map, STR("scheme"), value_str(u.scheme));
	map_put_str(map, STR("host"), value_str(u.host));
	map_put_str(map, STR("hostname"), value_str(url_hostname(&u)));
	map_put_str(map, STR("path"), value_str(u.path));
	map_put_str(map, STR("query"), value_str(u.query));
	map_put_str(map, STR("opaque"), value_str(u.opaque));
	map_put_str(map, STR("fragment"), value_str(u.fragment));
	map_put_str(map, STR("userinfo"), value_str(user_of(c, &u)));
	*result = value_map(map, &type_map_string_any);
	return 0;
}

/* A part out of the dict; "" if it has none. */
static int
get(struct call *c, const char *key, struct str *part)
{
	struct map *map = c->args[0].u.map;
	struct value v;

	*part = STR("");
	if (!map_has_str(map, str_of(key)))
		return 0;
	v = map_get_str(map, str_of(key));
	if (!v.type)
		return call_fail(c,
		    "runtime error: invalid memory address or nil pointer "
		    "dereference");
	if (v.type->kind != KIND_STRING)
		return call_fail(c,
		    "unable to parse %s key, must be of type string, but %s "
		    "found",
		    key, kind_name(v.type->kind));
	*part = value_as_str(&v);
	return 0;
}

static int
set_user(struct call *c, struct str userinfo, struct url *u)
{
	struct error error = {0};
	struct url parsed;

	if (!userinfo.len)
		return 0;
	userinfo = str_of(arena_printf(
	    c->arena, "proto://%.*s@host", (int)userinfo.len, userinfo.ptr));
	if (url_parse(c->arena, userinfo, &parsed, &error) < 0)
		return give_up(c, "unable to parse userinfo in dict: ", &error);
	u->has_user = parsed.has_user;
	u->has_password = parsed.has_password;
	u->user = parsed.user;
	u->password = parsed.password;
	return 0;
}

static int
call_url_join(struct call *c, struct value *result)
{
	struct buf out = {.limit = LIMIT_OUTPUT_BYTES};
	struct url u = {.has_user = false};
	struct str userinfo;

	if (get(c, "scheme", &u.scheme) < 0 || get(c, "host", &u.host) < 0 ||
	    get(c, "path", &u.path) < 0 || get(c, "query", &u.query) < 0 ||
	    get(c, "opaque", &u.opaque) < 0 ||
	    get(c, "fragment", &u.fragment) < 0 ||
	    get(c, "userinfo", &userinfo) < 0 || set_user(c, userinfo, &u) < 0)
		return -1;
	url_print(&u, &out);
	return func_give(c, &out, result);
}

#define DICT "map[string]interface {}"

static const struct func funcs[] = {
    {"sprig_urlJoin", DICT, "string", call_url_join, FUNC_PURE,
	"sprig_urlJoin dict — the URL of scheme, host, path …"},
    {"sprig_urlParse", "string", DICT, call_url_parse, FUNC_PURE,
	"sprig_urlParse s — its scheme, host, hostname, path, query …"},
};

const struct func_family family_sprig_urls = {
    .name = "sprig urls",
    .funcs = funcs,
    .count = sizeof(funcs) / sizeof(funcs[0]),
};
