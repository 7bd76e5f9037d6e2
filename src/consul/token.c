/* SPDX-License-Identifier: MIT */
#include "token.h"

#include <stdlib.h>
#include <string.h>

#include "weir/file.h"
#include "weir/log.h"
#include "weir/xalloc.h"

/* Bytes of a token file: a token is a UUID, or a JWT of some kilobytes. */
#define TOKEN_BYTES 16384u

static void
wipe(char **value)
{
	if (*value)
		explicit_bzero(*value, strlen(*value));
	free(*value);
	*value = NULL;
}

/* The text without blanks around it; what can't stand in a header is refused.
 */
static int
set(struct token *t, struct str text, struct error *e)
{
	while (text.len && (unsigned char)text.ptr[text.len - 1] <= ' ')
		text.len--;
	while (text.len && (unsigned char)*text.ptr <= ' ') {
		text.ptr++;
		text.len--;
	}
	for (size_t i = 0; i < text.len; i++)
		if ((unsigned char)text.ptr[i] < ' ' || text.ptr[i] == 127)
			return error_set(e, ERROR_CONFIG,
			    "token file %s: more than one line", t->file);
	/* Somebody is about to write it. Without a token Consul answers too,
	 * and says that there is nothing. */
	if (!text.len && t->value)
		return error_set(
		    e, ERROR_CONFIG, "token file %s: it is empty", t->file);
	wipe(&t->value);
	t->value = text.len ? xstrndup(text.ptr, text.len) : NULL;
	return 0;
}

static int
load(struct token *t, struct error *e)
{
	struct buf text = {0};
	struct stat st;
	int rc = -1;

	if (stat(t->file, &st) < 0)
		return error_set_errno(
		    e, ERROR_CONFIG, "token file %s", t->file);
	/* Read into its own size at once, so that no copy is left behind. */
	buf_init(&text, TOKEN_BYTES);
	if (buf_reserve(&text, TOKEN_BYTES - 1) == 0)
		rc = file_read(t->file, TOKEN_BYTES, &text, e);
	if (rc > 0)
		rc = error_set(
		    e, ERROR_CONFIG, "token file %s: it was removed", t->file);
	if (rc == 0)
		rc = set(t, buf_as_str(&text), e);
	if (text.ptr)
		explicit_bzero(text.ptr, text.len);
	buf_fini(&text);
	t->changed = st.st_mtim;
	t->inode = st.st_ino;
	t->size = st.st_size;
	return rc;
}

int
token_init(struct token *t, const struct config_consul *c, struct error *e)
{
	*t = (struct token){0};
	if (c->token_file && *c->token_file) {
		t->file = c->token_file;
		return load(t, e);
	}
	if (c->token && *c->token)
		t->value = xstrdup(c->token);
	return 0;
}

void
token_fini(struct token *t)
{
	wipe(&t->value);
}

static bool
has_changed(const struct token *t)
{
	struct stat st;

	return stat(t->file, &st) < 0 || st.st_ino != t->inode ||
	       st.st_size != t->size ||
	       st.st_mtim.tv_sec != t->changed.tv_sec ||
	       st.st_mtim.tv_nsec != t->changed.tv_nsec;
}

const char *
token_get(struct token *t)
{
	struct error e = {0};

	if (!t->file || !has_changed(t))
		return t->value;
	if (load(t, &e) == 0) {
		log_info("consul", "token file %s was read again", t->file);
		t->failing = false;
	} else if (!t->failing) {
		log_error(LOG_LEVEL_WARN, "consul", &e,
		    "the last token stays in use");
		t->failing = true;
	}
	error_fini(&e);
	return t->value;
}

void
token_refused(struct token *t)
{
	t->inode = 0;
}
