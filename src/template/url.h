/* SPDX-License-Identifier: MIT */
/* Go's net/url: taking a URL apart, and putting one together. */
#ifndef WEIR_TEMPLATE_URL_H
#define WEIR_TEMPLATE_URL_H

#include "weir/arena.h"
#include "weir/buf.h"
#include "weir/error.h"

/* Parts without their escapes; those that don't occur are empty. */
struct url {
	struct str scheme; /* lower case */
	struct str opaque; /* mailto:OPAQUE */
	bool has_user;
	bool has_password;
	struct str user;
	struct str password;
	struct str host; /* with its port */
	struct str path;
	struct str query; /* as written */
	struct str fragment;
};

/* url.Parse; what had escapes lies in the arena. -1 and Go's message, which
 * begins with: parse "URL": */
int url_parse(struct arena *, struct str, struct url *, struct error *);
/* URL.String. */
void url_print(const struct url *, struct buf *);
/* user, or user:password, escaped. */
void url_print_user(const struct url *, struct buf *);
/* The host without port and brackets. */
struct str url_hostname(const struct url *);

#endif
