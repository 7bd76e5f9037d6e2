/* SPDX-License-Identifier: MIT */
/*
 * sprig's encodings and checksums. Those that decode give the text of their
 * error as the result, as sprig does.
 */
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "weir/base64.h"
#include "families.h"
#include "func.h"
#include "weir/limits.h"

static int
call_b64enc(struct call *c, struct value *result)
{
	struct buf out = {.limit = LIMIT_OUTPUT_BYTES};

	base64_encode(&out, value_as_str(&c->args[0]), false);
	return func_give(c, &out, result);
}

static int
call_b64dec(struct call *c, struct value *result)
{
	struct buf out = {0};
	size_t at;

	if (base64_decode(&out, value_as_str(&c->args[0]), false, &at) < 0) {
		buf_reset(&out);
		buf_printf(&out, "illegal base64 data at input byte %zu", at);
	}
	return func_give(c, &out, result);
}

/* ---- Base32 ---- */

static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

static int
call_b32enc(struct call *c, struct value *result)
{
	struct str s = value_as_str(&c->args[0]);
	struct buf out = {.limit = LIMIT_OUTPUT_BYTES};

	for (size_t i = 0; i < s.len; i += 5) {
		size_t n = s.len - i < 5 ? s.len - i : 5;
		uint64_t bits = 0;

		for (size_t k = 0; k < 5; k++)
			bits = bits << 8 |
			       (k < n ? (unsigned char)s.ptr[i + k] : 0);
		for (size_t k = 0; k < 8; k++)
			buf_char(&out, k * 5 < n * 8
					   ? letters[bits >> (35 - 5 * k) & 31]
					   : '=');
	}
	return func_give(c, &out, result);
}

/* The group ends in '=' at i - 1 with have letters: is the padding whole? The
 * offset that Go's message names in *at if not. */
static bool
padding_fits(struct str s, size_t i, size_t have, size_t *at)
{
	size_t left = s.len - i;

	*at = s.len;
	if (left + have < 7)
		return false;
	for (size_t k = 0; k < 7 - have; k++) {
		*at = i + k - 1;
		if (left > k && s.ptr[i + k] != '=')
			return false;
	}
	*at = i - 1;
	return have != 3 && have != 6;
}

/* Up to eight letters at *i into out. 1 at the end, -1 and the offset in *at
 * for what is no Base32. */
static int
decode_group(struct buf *out, struct str s, size_t *i, size_t *at)
{
	uint64_t bits = 0;
	size_t have = 0;
	bool ended = false;

	while (have < 8 && !ended) {
		const char *letter;

		*at = *i - have;
		if (*i == s.len)
			return -1;
		*at = (*i)++;
		if (s.ptr[*at] == '=' && have >= 2 && s.len - *i < 8) {
			if (!padding_fits(s, *i, have, at))
				return -1;
			ended = true;
			break;
		}
		letter = s.ptr[*at] ? strchr(letters, s.ptr[*at]) : NULL;
		if (!letter)
			return -1;
		bits |= (uint64_t)(letter - letters) << (35 - 5 * have++);
	}
	for (size_t k = 0; k < have * 5 / 8; k++)
		buf_char(out, (char)(bits >> (32 - 8 * k)));
	return ended;
}

static int
call_b32dec(struct call *c, struct value *result)
{
	struct str s = value_as_str(&c->args[0]);
	struct buf text = {0}, out = {0};
	size_t i = 0, at = 0;
	int rc = 0;

	for (size_t k = 0; k < s.len; k++)
		if (s.ptr[k] != '\n' && s.ptr[k] != '\r')
			buf_char(&text, s.ptr[k]);
	while (rc == 0 && i < text.len)
		rc = decode_group(&out, buf_as_str(&text), &i, &at);
	if (rc < 0) {
		buf_reset(&out);
		buf_printf(&out, "illegal base32 data at input byte %zu", at);
	}
	buf_fini(&text);
	return func_give(c, &out, result);
}

/* ---- checksums ---- */

static int
hash(struct call *c, struct value *result, const EVP_MD *kind)
{
	unsigned char digest[EVP_MAX_MD_SIZE];
	struct str s = value_as_str(&c->args[0]);
	unsigned count;
	char *hex;

	if (!kind ||
	    !EVP_Digest(s.len ? s.ptr : "", s.len, digest, &count, kind, NULL))
		return call_fail(c, "libcrypto has no such hash");
	hex = arena_alloc(c->arena, 2 * (size_t)count + 1);
	for (unsigned i = 0; i < count; i++)
		snprintf(hex + 2 * (size_t)i, 3, "%02x", digest[i]);
	*result = value_str((struct str){hex, 2 * (size_t)count});
	return 0;
}

static int
call_sha1sum(struct call *c, struct value *result)
{
	return hash(c, result, EVP_sha1());
}

static int
call_sha256sum(struct call *c, struct value *result)
{
	return hash(c, result, EVP_sha256());
}

static int
call_sha512sum(struct call *c, struct value *result)
{
	return hash(c, result, EVP_sha512());
}

/* RFC 1950, 8.2 */
static int
call_adler32sum(struct call *c, struct value *result)
{
	const uint32_t modulus = 65521;
	struct str s = value_as_str(&c->args[0]);
	uint32_t a = 1, b = 0;

	for (size_t i = 0; i < s.len; i++) {
		a = (a + (unsigned char)s.ptr[i]) % modulus;
		b = (b + a) % modulus;
	}
	*result = value_str(str_of(arena_printf(c->arena, "%u", b << 16 | a)));
	return 0;
}

static const struct func funcs[] = {
    {"sprig_adler32sum", "string", "string", call_adler32sum, FUNC_PURE,
	"sprig_adler32sum s — the checksum, as a decimal number"},
    {"sprig_b32dec", "string", "string", call_b32dec, FUNC_PURE,
	"sprig_b32dec s — what the Base32 stands for, or the error's text"},
    {"sprig_b32enc", "string", "string", call_b32enc, FUNC_PURE,
	"sprig_b32enc s — Base32"},
    {"sprig_b64dec", "string", "string", call_b64dec, FUNC_PURE,
	"sprig_b64dec s — what the Base64 stands for, or the error's text"},
    {"sprig_b64enc", "string", "string", call_b64enc, FUNC_PURE,
	"sprig_b64enc s — Base64"},
    {"sprig_sha1sum", "string", "string", call_sha1sum, FUNC_PURE,
	"sprig_sha1sum s — SHA-1 in hex"},
    {"sprig_sha256sum", "string", "string", call_sha256sum, FUNC_PURE,
	"sprig_sha256sum s — SHA-256 in hex"},
    {"sprig_sha512sum", "string", "string", call_sha512sum, FUNC_PURE,
	"sprig_sha512sum s — SHA-512 in hex"},
};

const struct func_family family_sprig_encoding = {
    .name = "sprig encoding",
    .funcs = funcs,
    .count = sizeof(funcs) / sizeof(funcs[0]),
};
