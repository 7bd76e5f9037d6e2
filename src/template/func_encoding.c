/* SPDX-License-Identifier: MIT */
/*
 * consul-template's functions that change how data are written: JSON, YAML,
 * TOML, Base64, hashes, and go-spew's dumps. Each is a thin call of what stands
 * behind it; the words in front of a message are consul-template's own.
 */
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <string.h>

#include "weir/base64.h"
#include "families.h"
#include "func.h"
#include "json.h"
#include "spew.h"
#include "toml.h"
#include "unicode.h"
#include "weir/limits.h"
#include "yaml.h"

/* Ends a call with the text of the error behind prefix. */
static int
give_up(struct call *c, const char *prefix, struct error *error)
{
	call_fail(c, "%s%s", prefix, error->text ? error->text : "failed");
	error_fini(error);
	return -1;
}

static int
give_trimmed(struct call *c, struct buf *b, struct value *result)
{
	if (!b->failed)
		*result = value_str(
		    arena_str(c->arena, str_trim_space(buf_as_str(b))));
	else
		call_fail(c, "the result is too large");
	buf_fini(b);
	return result->type ? 0 : -1;
}

/* ---- JSON ---- */

static int
call_parse_json(struct call *c, struct value *result)
{
	struct str text = value_as_str(&c->args[0]);
	struct error error = {0};

	if (!text.len) {
		*result = value_map(map_new(c->arena, &type_map_string_any),
		    &type_map_string_any);
		return 0;
	}
	if (json_decode(c->arena, text, result, &error) < 0)
		return give_up(c, "", &error);
	return 0;
}

static int
to_json(struct call *c, struct value *result, const struct json_style *style)
{
	struct buf out = func_buf(c);
	struct error error = {0};
	char prefix[64];

	if (json_encode(&out, &c->args[0], style, &error) < 0) {
		buf_fini(&out);
		snprintf(prefix, sizeof(prefix), "%s: ", c->func->name);
		return give_up(c, prefix, &error);
	}
	return func_give(c, &out, result);
}

static int
call_to_json(struct call *c, struct value *result)
{
	return to_json(c, result, &(struct json_style){.escape_html = true});
}

static int
call_to_json_pretty(struct call *c, struct value *result)
{
	return to_json(c, result,
	    &(struct json_style){.escape_html = true, .indent = "  "});
}

static int
call_to_unescaped_json(struct call *c, struct value *result)
{
	return to_json(c, result, &(struct json_style){.indent = NULL});
}

static int
call_to_unescaped_json_pretty(struct call *c, struct value *result)
{
	return to_json(c, result, &(struct json_style){.indent = "  "});
}

/* ---- YAML, TOML ---- */

static int
call_parse_yaml(struct call *c, struct value *result)
{
	struct str text = value_as_str(&c->args[0]);
	struct error error = {0};

	if (!text.len) {
		*result = value_map(map_new(c->arena, &type_map_string_any),
		    &type_map_string_any);
		return 0;
	}
	if (yaml_decode(c->arena, text, result, &error) < 0)
		return give_up(c, "yaml: ", &error);
	return 0;
}

static int
call_to_yaml(struct call *c, struct value *result)
{
	struct buf out = {.limit = LIMIT_OUTPUT_BYTES};
	struct error error = {0};

	if (yaml_encode(&out, &c->args[0], &error) < 0) {
		buf_fini(&out);
		return give_up(c, "", &error);
	}
	return give_trimmed(c, &out, result);
}

static int
call_to_toml(struct call *c, struct value *result)
{
	struct buf out = {.limit = LIMIT_OUTPUT_BYTES};
	struct error error = {0};

	if (!c->args[0].type)
		return call_fail(
		    c, "reflect: call of reflect.Value.Type on zero Value");
	if (toml_encode(&out, &c->args[0], &error) < 0) {
		buf_fini(&out);
		return give_up(c, "toTOML: ", &error);
	}
	return give_trimmed(c, &out, result);
}

/* ---- Base64 ---- */

static int
encode_base64(struct call *c, struct value *result, bool url)
{
	struct buf out = {.limit = LIMIT_OUTPUT_BYTES};

	base64_encode(&out, value_as_str(&c->args[0]), url);
	return func_give(c, &out, result);
}

static int
decode_base64(struct call *c, struct value *result, bool url)
{
	struct buf out = {0};
	size_t at;

	if (base64_decode(&out, value_as_str(&c->args[0]), url, &at) < 0) {
		buf_fini(&out);
		return call_fail(c, "%s: illegal base64 data at input byte %zu",
		    c->func->name, at);
	}
	return func_give(c, &out, result);
}

static int
call_base64_encode(struct call *c, struct value *result)
{
	return encode_base64(c, result, false);
}

static int
call_base64_decode(struct call *c, struct value *result)
{
	return decode_base64(c, result, false);
}

static int
call_base64_url_encode(struct call *c, struct value *result)
{
	return encode_base64(c, result, true);
}

static int
call_base64_url_decode(struct call *c, struct value *result)
{
	return decode_base64(c, result, true);
}

/* ---- hashes ---- */

static int
give_hex(struct call *c, const unsigned char *bytes, unsigned count,
    struct value *result)
{
	char *hex = arena_alloc(c->arena, 2 * (size_t)count + 1);

	for (unsigned i = 0; i < count; i++)
		snprintf(hex + 2 * (size_t)i, 3, "%02x", bytes[i]);
	*result = value_str((struct str){hex, 2 * (size_t)count});
	return 0;
}

static int
hash(struct call *c, struct value *result, const EVP_MD *kind)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	struct str s = value_as_str(&c->args[0]);
	unsigned count;

	if (!kind ||
	    !EVP_Digest(s.ptr ? s.ptr : "", s.len, digest, &count, kind, NULL))
		return call_fail(c, "libcrypto has no such hash");
	return give_hex(c, digest, count, result);
}

static int
call_sha256_hex(struct call *c, struct value *result)
{
	return hash(c, result, EVP_sha256());
}

static int
call_md5sum(struct call *c, struct value *result)
{
	return hash(c, result, EVP_md5());
}

static int
call_hmac_sha256_hex(struct call *c, struct value *result)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	struct str message = value_as_str(&c->args[0]);
	struct str key = value_as_str(&c->args[1]);
	unsigned count;

	if (!HMAC(EVP_sha256(), key.len ? key.ptr : "", (int)key.len,
		(const unsigned char *)(message.len ? message.ptr : ""),
		message.len, digest, &count))
		return call_fail(c, "libcrypto can't make an HMAC");
	return give_hex(c, digest, count, result);
}

/* ---- spew ---- */

static void
dump_all(struct call *c, struct buf *out)
{
	for (size_t i = 0; i < c->argc; i++)
		spew_dump(out, &c->args[i]);
}

static int
call_spew_sdump(struct call *c, struct value *result)
{
	struct buf out = {.limit = LIMIT_OUTPUT_BYTES};

	dump_all(c, &out);
	return func_give(c, &out, result);
}

static int
call_spew_sprintf(struct call *c, struct value *result)
{
	struct buf out = {.limit = LIMIT_OUTPUT_BYTES};

	spew_printf(&out, value_as_str(&c->args[0]), c->args + 1, c->argc - 1);
	return func_give(c, &out, result);
}

/* Those without "s" write to standard error, where messages go, and give "". */
static int
print(struct buf *out, struct value *result)
{
	fwrite(buf_as_str(out).ptr, 1, out->len, stderr);
	buf_fini(out);
	*result = value_str(STR(""));
	return 0;
}

static int
call_spew_dump(struct call *c, struct value *result)
{
	struct buf out = {.limit = LIMIT_OUTPUT_BYTES};

	dump_all(c, &out);
	return print(&out, result);
}

static int
call_spew_printf(struct call *c, struct value *result)
{
	struct buf out = {.limit = LIMIT_OUTPUT_BYTES};

	spew_printf(&out, value_as_str(&c->args[0]), c->args + 1, c->argc - 1);
	return print(&out, result);
}

static const struct func funcs[] = {
    {"base64Decode", "string", "string", call_base64_decode, FUNC_PURE,
	"base64Decode s — the bytes that padded Base64 stands for"},
    {"base64Encode", "string", "string", call_base64_encode, FUNC_PURE,
	"base64Encode s — padded Base64"},
    {"base64URLDecode", "string", "string", call_base64_url_decode, FUNC_PURE,
	"base64URLDecode s — as base64Decode, with - and _ for + and /"},
    {"base64URLEncode", "string", "string", call_base64_url_encode, FUNC_PURE,
	"base64URLEncode s — as base64Encode, with - and _ for + and /"},
    {"hmacSHA256Hex", "string,string", "string", call_hmac_sha256_hex,
	FUNC_PURE, "hmacSHA256Hex message key — HMAC-SHA-256 in hex"},
    {"md5sum", "string", "string", call_md5sum, FUNC_PURE,
	"md5sum s — MD5 in hex"},
    {"parseJSON", "string", "interface {}", call_parse_json, FUNC_PURE,
	"parseJSON s — the value; every number is a float64"},
    {"parseYAML", "string", "interface {}", call_parse_yaml, FUNC_PURE,
	"parseYAML s — the first document's value, by YAML 1.1"},
    {"sha256Hex", "string", "string", call_sha256_hex, FUNC_PURE,
	"sha256Hex s — SHA-256 in hex"},
    {"spew_dump", "...interface {}", "string", call_spew_dump, FUNC_EFFECT,
	"spew_dump v… — prints values and their types to standard error"},
    {"spew_printf", "string,...interface {}", "string", call_spew_printf,
	FUNC_EFFECT, "spew_printf format v… — to standard error"},
    {"spew_sdump", "...interface {}", "string", call_spew_sdump, FUNC_PURE,
	"spew_sdump v… — values and their types"},
    {"spew_sprintf", "string,...interface {}", "string", call_spew_sprintf,
	FUNC_PURE, "spew_sprintf format v… — %v, %#v as go-spew has them"},
    {"toJSON", "interface {}", "string", call_to_json, FUNC_PURE,
	"toJSON v — JSON on one line, < > & as \\u00XX"},
    {"toJSONPretty", "interface {}", "string", call_to_json_pretty, FUNC_PURE,
	"toJSONPretty v — JSON, indented by two blanks"},
    {"toTOML", "interface {}", "string", call_to_toml, FUNC_PURE,
	"toTOML v — TOML of a map or record"},
    {"toUnescapedJSON", "interface {}", "string", call_to_unescaped_json,
	FUNC_PURE, "toUnescapedJSON v — JSON on one line, < > & as they are"},
    {"toUnescapedJSONPretty", "interface {}", "string",
	call_to_unescaped_json_pretty, FUNC_PURE,
	"toUnescapedJSONPretty v — the same, indented by two blanks"},
    {"toYAML", "interface {}", "string", call_to_yaml, FUNC_PURE,
	"toYAML v — YAML, keys sorted"},
};

const struct func_family family_encoding = {
    .name = "encoding",
    .funcs = funcs,
    .count = sizeof(funcs) / sizeof(funcs[0]),
};
