/* SPDX-License-Identifier: MIT */
/* Base64 (RFC 4648, padded), for values that JSON can't hold as text. */
#include <string.h>

#include "file.h"

static const char alphabet[] =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

void
base64_put(struct buf *out, struct str s)
{
	for (size_t i = 0; i < s.len; i += 3) {
		size_t n = s.len - i < 3 ? s.len - i : 3;
		uint32_t bits = 0;

		for (size_t k = 0; k < 3; k++)
			bits = bits << 8 |
			       (k < n ? (unsigned char)s.ptr[i + k] : 0);
		for (size_t k = 0; k < 4; k++)
			buf_char(out,
			    k <= n ? alphabet[bits >> (18 - 6 * k) & 63] : '=');
	}
}

int
base64_take(struct buf *out, struct str s)
{
	if (s.len % 4)
		return -1;
	for (size_t i = 0; i < s.len; i += 4) {
		bool is_last = i + 4 == s.len;
		uint32_t bits = 0;
		size_t n = 3;

		if (is_last && s.ptr[i + 3] == '=')
			n = s.ptr[i + 2] == '=' ? 1 : 2;
		for (size_t k = 0; k < 4; k++) {
			char c = s.ptr[i + k];
			const char *digit = c ? strchr(alphabet, c) : NULL;

			if (k <= n && !digit)
				return -1;
			bits = bits << 6 |
			       (k <= n ? (uint32_t)(digit - alphabet) : 0);
		}
		for (size_t k = 0; k < n; k++)
			buf_char(out, (char)(bits >> (16 - 8 * k)));
	}
	return 0;
}
