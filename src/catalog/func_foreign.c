/* SPDX-License-Identifier: MIT */
/*
 * Vault's and Nomad's functions. weir asks neither; but a template that names
 * them parses, its arguments are checked as consul-template checks them, and it
 * waits for what it asked by the name that consul-template gives it. A branch
 * that is never taken, or an empty name, asks nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "func.h"

static const struct type type_opaque = {
    .kind = KIND_STRUCT, .name = "dependency.Foreign"};

#define LIST(id, go)                                                 \
	static const struct type type_##id##_ptr = {                 \
	    .kind = KIND_PTR, .name = "*" go, .elem = &type_opaque}; \
	static const struct type type_##id = {.kind = KIND_SLICE,    \
	    .name = "[]*" go,                                        \
	    .elem = &type_##id##_ptr,                                \
	    .elem_store = STORE_PTR}
LIST(nomad_services, "dependency.NomadService");
LIST(nomad_snippets, "dependency.NomadServicesSnippet");
LIST(nomad_metas, "dependency.NomadVarMeta");

static const struct type type_nomad_item_ptr = {
    .kind = KIND_PTR, .name = "*dependency.NomadVarItem", .elem = &type_opaque};
static const struct type type_nomad_items = {.kind = KIND_MAP,
    .name = "dependency.NomadVarItems",
    .key = &type_string,
    .elem = &type_nomad_item_ptr};

/* ---- asking ---- */

/* Asks what has this identity; the text is emptied. */
static void
ask(struct call *c, struct buf *id)
{
	const struct answer *a;

	func_ask(c, QUERY_FOREIGN, buf_as_str(id), &a);
	buf_fini(id);
}

static int
fail_format(struct call *c, const char *grammar, struct str s)
{
	struct buf quoted = {0};

	value_quote(&quoted, s);
	call_fail(c, "%s: invalid format: %s", grammar, quoted.ptr);
	buf_fini(&quoted);
	return -1;
}

static struct str
trim(struct str s, const char *set)
{
	return str_trim_end(str_trim_start(s, set), set);
}

/* ---- Vault ---- */

static struct str
trim_path(struct str s)
{
	return trim(trim(s, " \t\r\n\v\f"), "/");
}

/* Every argument after the path is KEY=VALUE or empty. */
static int
check_pairs(struct call *c)
{
	for (size_t i = 1; i < c->argc; i++) {
		struct str s = value_as_str(&c->args[i]);
		struct buf quoted = {0};

		if (s.len == 0 || memchr(s.ptr, '=', s.len))
			continue;
		value_quote(&quoted, s);
		call_fail(c, "not k=v pair %s", quoted.ptr);
		buf_fini(&quoted);
		return -1;
	}
	return 0;
}

/* Cuts "?…" off the path; what stands there of version. */
static struct str
cut_version(struct str *path)
{
	const char *mark = memchr(path->ptr, '?', path->len),
		   *name = "version=";
	struct str query, version = STR("");
	ptrdiff_t at;

	if (!mark)
		return version;
	query =
	    (struct str){mark + 1, path->len - (size_t)(mark + 1 - path->ptr)};
	path->len = (size_t)(mark - path->ptr);
	at = str_find(query, str_of(name));
	if (at < 0)
		return version;
	version.ptr = query.ptr + at + strlen(name);
	version.len = query.len - (size_t)at - strlen(name);
	mark = version.len ? memchr(version.ptr, '&', version.len) : NULL;
	if (mark)
		version.len = (size_t)(mark - version.ptr);
	return version;
}

/* What is written stays out of the identity: it is shown. */
static int
ask_secret(struct call *c, const char *label, const char *error)
{
	struct str path = trim_path(value_as_str(&c->args[0]));
	struct buf id = {0};
	struct str version;

	if (path.len == 0)
		return fail_format(c, error, path);
	version = cut_version(&path);
	buf_printf(&id, "%s(%.*s", label, (int)path.len, path.ptr);
	if (version.len)
		buf_printf(&id, ".v%.*s", (int)version.len, version.ptr);
	buf_char(&id, ')');
	ask(c, &id);
	return 0;
}

static int
call_secret(struct call *c, struct value *result)
{
	bool is_write = c->argc > 1;

	*result = VALUE_NIL;
	if (c->argc == 0)
		return 0;
	if (check_pairs(c) < 0)
		return -1;
	return ask_secret(c, is_write ? "vault.write" : "vault.read",
	    is_write ? "vault.write" : "vault.read");
}

static int
call_secrets(struct call *c, struct value *result)
{
	*result = value_slice(&type_strings, NULL, 0);
	if (c->args[0].len == 0)
		return 0;
	return ask_secret(c, "vault.list", "vault.list");
}

static int
call_pki_cert(struct call *c, struct value *result)
{
	*result = VALUE_NIL;
	if (c->argc == 0)
		return 0;
	if (check_pairs(c) < 0)
		return -1;
	return ask_secret(c, "vault.pki", "vault.pki");
}

/* ---- Nomad ---- */

static bool
is_all(struct str s, const char *extra)
{
	for (size_t i = 0; i < s.len; i++) {
		char c = s.ptr[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			(c >= '0' && c <= '9') || c == '_' ||
			(c && strchr(extra, c))))
			return false;
	}
	return true;
}

/* Cuts SIGN and what follows off *s. False if nothing of the class follows. */
static bool
cut(struct str *s, const char *sign, const char *extra, struct str *tail)
{
	ptrdiff_t at = str_find(*s, str_of(sign));
	size_t gone = at < 0 ? 0 : (size_t)at + strlen(sign);

	*tail = STR("");
	if (at < 0)
		return true;
	*tail = (struct str){s->ptr + gone, s->len - gone};
	s->len = (size_t)at;
	return tail->len && is_all(*tail, extra);
}

/* [tag "."] name ["?ns=" namespace] ["@" region] */
static bool
is_nomad_service(struct str s)
{
	struct str region, ns, name = s, tag = STR("");

	if (!cut(&name, "@", "-.", &region) || !cut(&name, "?ns=", "-.", &ns))
		return false;
	for (size_t i = name.len; i > 0; i--)
		if (name.ptr[i - 1] == '.') {
			tag = (struct str){name.ptr, i - 1};
			name = (struct str){name.ptr + i, name.len - i};
			if (tag.len == 0)
				return false;
			break;
		}
	return name.len && is_all(name, "-") && is_all(tag, "-=:.");
}

static int
check_kind(struct call *c, size_t i, enum kind kind, const char *what)
{
	if (value_kind(&c->args[i]) == kind)
		return 0;
	return call_fail(c, "expected %s argument", what);
}

static int
call_nomad_service(struct call *c, struct value *result)
{
	const struct value *name = &c->args[c->argc ? c->argc - 1 : 0];
	struct buf id = {0};

	*result = value_slice(&type_nomad_services, NULL, 0);
	if (c->argc != 1 && c->argc != 3)
		return call_fail(c,
		    "expected arguments <service> or <count> <key> <service>");
	if (c->argc == 3 &&
	    (check_kind(c, 0, KIND_INT, "integer for <count>") < 0 ||
		check_kind(c, 1, KIND_STRING, "string for <key>") < 0))
		return -1;
	if (check_kind(c, c->argc - 1, KIND_STRING, "string for <service>") < 0)
		return -1;
	if (!is_nomad_service(value_as_str(name)))
		return fail_format(c, "nomad.service", value_as_str(name));
	buf_printf(&id, "nomad.service(%.*s", (int)name->len, name->u.str);
	if (c->argc == 3)
		buf_printf(&id, ":%lld|%.*s", (long long)c->args[0].u.i,
		    (int)c->args[1].len, c->args[1].u.str);
	buf_char(&id, ')');
	ask(c, &id);
	return 0;
}

static int
call_nomad_services(struct call *c, struct value *result)
{
	struct str s = func_join(c, ""), name = s, region, ns;
	struct buf id = {0};

	*result = value_slice(&type_nomad_snippets, NULL, 0);
	if (!cut(&name, "@", "-.", &region) || !cut(&name, "?ns=", "-.", &ns) ||
	    name.len)
		return fail_format(c, "nomad.services", s);
	buf_puts(&id, "nomad.services");
	if (s.len)
		buf_printf(&id, "(%.*s)", (int)s.len, s.ptr);
	ask(c, &id);
	return 0;
}

/* path ["@" [namespace] ["." region]]: asks LABEL(path@namespace.region). */
static int
ask_nomad_var(
    struct call *c, const char *label, const char *error, struct str s)
{
	struct str path = s, where, ns, region = STR("");
	struct buf id = {0};
	const char *dot;

	if (!cut(&path, "@", "-.", &where))
		return fail_format(c, error, s);
	ns = where;
	dot = where.len ? memchr(where.ptr, '.', where.len) : NULL;
	if (dot) {
		ns.len = (size_t)(dot - where.ptr);
		region = (struct str){dot + 1, where.len - ns.len - 1};
	}
	if (!is_all(ns, "-") || (dot && !region.len))
		return fail_format(c, error, s);
	buf_printf(&id, "%s(%.*s@%.*s.%.*s)", label, (int)path.len, path.ptr,
	    ns.len ? (int)ns.len : 7, ns.len ? ns.ptr : "default",
	    region.len ? (int)region.len : 6,
	    region.len ? region.ptr : "global");
	ask(c, &id);
	return 0;
}

static int
call_nomad_var(struct call *c, struct value *result)
{
	*result = value_map(NULL, &type_nomad_items);
	if (c->args[0].len == 0)
		return 0;
	return ask_nomad_var(c, "nomad.var.block", "nomad.var.get",
	    trim_path(value_as_str(&c->args[0])));
}

static int
call_nomad_var_exists(struct call *c, struct value *result)
{
	*result = value_bool(false);
	if (c->args[0].len == 0)
		return 0;
	return ask_nomad_var(c, "nomad.var.get", "nomad.var.get",
	    trim_path(value_as_str(&c->args[0])));
}

static int
call_nomad_var_list(struct call *c, struct value *result)
{
	struct buf all = {0};

	*result = value_slice(&type_nomad_metas, NULL, 0);
	if (c->argc <= 1)
		return ask_nomad_var(
		    c, "nomad.var.list", "nomad.var.list", func_join(c, ""));
	for (size_t i = 0; i < c->argc; i++)
		buf_printf(&all, "%s%.*s", i ? " " : "", (int)c->args[i].len,
		    c->args[i].u.str);
	call_fail(c,
	    "%s takes either a single \"prefix\" parameter or none for all "
	    "available variables; got: [%s]",
	    c->func->name, all.ptr);
	buf_fini(&all);
	return -1;
}

static const struct func funcs[] = {
    {"nomadService", "...interface {}", "[]*dependency.NomadService",
	call_nomad_service, FUNC_QUERY,
	"nomadService \"[TAG.]NAME\" — waits: weir does not ask Nomad"},
    {"nomadServices", "...string", "[]*dependency.NomadServicesSnippet",
	call_nomad_services, FUNC_QUERY,
	"nomadServices — waits: weir does not ask Nomad"},
    {"nomadVar", "string", "dependency.NomadVarItems", call_nomad_var,
	FUNC_QUERY, "nomadVar PATH — waits: weir does not ask Nomad"},
    {"nomadVarExists", "string", "bool", call_nomad_var_exists, FUNC_QUERY,
	"nomadVarExists PATH — waits: weir does not ask Nomad"},
    {"nomadVarList", "...string", "[]*dependency.NomadVarMeta",
	call_nomad_var_list, FUNC_QUERY,
	"nomadVarList [PREFIX] — waits: weir does not ask Nomad"},
    {"nomadVarListSafe", "...string", "[]*dependency.NomadVarMeta",
	call_nomad_var_list, FUNC_QUERY,
	"nomadVarListSafe [PREFIX] — waits: weir does not ask Nomad"},
    {"pkiCert", "...string", "interface {}", call_pki_cert, FUNC_QUERY,
	"pkiCert PATH [KEY=VALUE …] — waits: weir does not ask Vault"},
    {"secret", "...string", "interface {}", call_secret, FUNC_QUERY,
	"secret PATH [KEY=VALUE …] — waits: weir does not ask Vault"},
    {"secrets", "string", "[]string", call_secrets, FUNC_QUERY,
	"secrets PATH — waits: weir does not ask Vault"},
};

static const struct type *const types[] = {&type_nomad_services,
    &type_nomad_snippets, &type_nomad_metas, &type_nomad_items};

const struct func_family family_foreign = {
    .name = "foreign",
    .funcs = funcs,
    .count = sizeof(funcs) / sizeof(funcs[0]),
    .types = types,
    .type_count = sizeof(types) / sizeof(types[0]),
};
