/* SPDX-License-Identifier: MIT */
/* Files beside the configuration: for now each change of one is a reload. */
#include "weir/runtime.h"

void
haproxy_steps_plan_file(struct haproxy_steps *steps,
    enum haproxy_file_kind kind, const char *path, struct str old_text,
    struct str new_text, const struct haproxy_version *version)
{
	(void)kind;
	(void)version;
	if (!str_equal(old_text, new_text))
		haproxy_steps_refuse(steps, "%s changed", path);
}
