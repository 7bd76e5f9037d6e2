/* SPDX-License-Identifier: MIT */
/* stage: base
 *
 * Base64 (RFC 4648) as Go's encoding/base64 reads and writes it, padded.
 */
#ifndef WEIR_BASE64_H
#define WEIR_BASE64_H

#include "weir/buf.h"

/* url: the alphabet with - and _ in place of + and /. */
void base64_encode(struct buf *, struct str, bool url);
/*
 * Appends the bytes. CR and LF are skipped, loose bits at the end ignored. -1
 * and in *at the offset that Go's "illegal base64 data at input byte N" names;
 * the bytes before it are in the buffer.
 */
int base64_decode(struct buf *, struct str, bool url, size_t *at);

#endif
