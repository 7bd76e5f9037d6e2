/* SPDX-License-Identifier: MIT */
/* What a file's content means for the worker that has it in its memory: maps
 * and ACL files, certificates, crt-lists. */
#ifndef WEIR_HAPROXY_MAPFILE_H
#define WEIR_HAPROXY_MAPFILE_H

#include "weir/runtime.h"

struct file_change {
	const char *name; /* as HAProxy calls it */
	struct str old_text, new_text;
	const struct haproxy_version *version;
};

/* Steps, or a refusal. */
void mapfile_plan(
    struct haproxy_steps *, enum haproxy_file_kind, const struct file_change *);
void cert_plan(struct haproxy_steps *, const struct file_change *);
void crt_list_plan(struct haproxy_steps *, const struct file_change *);

/* The answer to "show map NAME" … against the text; -1 and what differs. */
int mapfile_verify(enum haproxy_file_kind, const char *name, struct str text,
    struct str answer, struct error *);
int cert_verify(
    const char *name, struct str text, struct str answer, struct error *);
int crt_list_verify(
    const char *name, struct str text, struct str answer, struct error *);

#endif
