/* SPDX-License-Identifier: MIT */
/*
 * Base64, byte for byte what Go takes and refuses: it reads groups of four, and
 * the offset in its error is that of the byte, or of the group that the text
 * ended in, which is why libcrypto's reader can't be used.
 */
#include "weir/base64.h"

static const char standard[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
static const char for_urls[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

void
base64_encode(struct buf *out, struct str s, bool url)
{
	const char *letters = url ? for_urls : standard;
	const unsigned char *p = (const unsigned char *)s.ptr;

	for (size_t i = 0; i < s.len; i += 3) {
		size_t left = s.len - i;
		unsigned bits = (unsigned)p[i] << 16 |
				(left > 1 ? (unsigned)p[i + 1] << 8 : 0) |
				(left > 2 ? p[i + 2] : 0);
		char group[4] = {letters[bits >> 18], letters[bits >> 12 & 63],
		    left > 1 ? letters[bits >> 6 & 63] : '=',
		    left > 2 ? letters[bits & 63] : '='};

		buf_put(out, group, 4);
	}
}

/* The six bits of a letter, or -1. */
static int
letter(unsigned char c, bool url)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	if (c == (url ? '-' : '+'))
		return 62;
	return c == (url ? '_' : '/') ? 63 : -1;
}

static size_t
skip_lines(struct str s, size_t i)
{
	while (i < s.len && (s.ptr[i] == '\n' || s.ptr[i] == '\r'))
		i++;
	return i;
}

/* What may stand behind have letters and a '=' at i - 1: the end. -1, or the
 * offset of what is wrong in *at. */
static int
check_padding(struct str s, size_t i, int have, size_t *at)
{
	if (have < 2) {
		*at = i - 1;
		return -1;
	}
	if (have == 2) {
		i = skip_lines(s, i);
		if (i == s.len || s.ptr[i] != '=') {
			*at = i == s.len ? i : i - 1;
			return -1;
		}
		i++;
	}
	*at = skip_lines(s, i);
	return *at < s.len ? -1 : 0;
}

static void
put_group(struct buf *out, unsigned bits, int have)
{
	char bytes[3] = {(char)(bits >> 16), (char)(bits >> 8), (char)bits};

	if (have > 1)
		buf_put(out, bytes, (size_t)have - 1);
}

int
base64_decode(struct buf *out, struct str s, bool url, size_t *at)
{
	unsigned bits = 0;
	int have = 0;

	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];
		int six = letter(c, url);

		if (six >= 0) {
			bits = bits << 6 | (unsigned)six;
			if (++have < 4)
				continue;
			put_group(out, bits, 4);
			have = 0;
		} else if (c == '=') {
			if (check_padding(s, i + 1, have, at) < 0)
				return -1;
			put_group(out, bits << (6 * (4 - have)), have);
			return 0;
		} else if (c != '\n' && c != '\r') {
			*at = i;
			return -1;
		}
	}
	if (have == 0)
		return 0;
	*at = s.len - (size_t)have;
	return -1;
}
