/* SPDX-License-Identifier: MIT */
/* Control characters that others than the operator would print. */
#ifndef WEIR_PLAN_DISTRUST_H
#define WEIR_PLAN_DISTRUST_H

#include "task.h"

/*
 * The task was executed and gave text. May it be believed? -1 and the error if
 * a control character of a node, service, check or meta had a part in it.
 */
int distrust_check(
    const struct task *, struct task_bench *, struct str text, struct error *);
/*
 * Likewise before the execution writes a file: one call for each, in order.
 */
int distrust_check_file(const struct task *, struct task_bench *,
    const char *path, struct str content, struct error *);

#endif
