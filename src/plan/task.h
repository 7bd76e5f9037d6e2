/* SPDX-License-Identifier: MIT */
/* One template and its executions; see weir/plan.h for what a task is. */
#ifndef WEIR_PLAN_TASK_H
#define WEIR_PLAN_TASK_H

#include "weir/plan.h"

/* What executions share: the memory they work in, kept warm between them. */
struct task_bench {
	struct arena arena;
	struct buf scratch;
	struct template_world world;
	bool capture_writes;
	const struct config_consul *consul; /* borrowed, NULL: none */
	size_t files;                       /* written in this execution */
	struct task *current; /* whom the world's callbacks belong to */
};

void task_bench_init(struct task_bench *, bool capture_writes, bool plugins);
void task_bench_fini(struct task_bench *);

void task_init(struct task *, const struct config_template *, struct catalog *);
void task_fini(struct task *);
/* Reads and parses the source. -1: see plan_new. */
int task_load(struct task *, struct error *);
/* See plan_reload_source. */
int task_reload(struct task *);
/* Moves what the old one knows: output, files. */
void task_adopt(struct task *, struct task *old);
/* Executes; true if the output differs from the last good one. */
bool task_execute(struct task *, struct task_bench *);

#endif
