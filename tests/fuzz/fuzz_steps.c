/* SPDX-License-Identifier: MIT */
/* seeds: templates */
/* Two configurations of HAProxy, divided by a NUL: from one to the other and
 * back, with what is left over between. The same text takes nothing, a reload
 * has no steps, and a command is one line of words. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "weir/runtime.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_command(struct str s)
{
	if (!s.ptr)
		return;
	if (!s.len || s.len > 16000)
		abort();
	for (size_t i = 0; i < s.len; i++)
		if ((unsigned char)s.ptr[i] < ' ' ||
		    strchr(";\\<#\"'", s.ptr[i]))
			abort();
}

static void
check_steps(const struct haproxy_steps *s)
{
	struct buf out = {0};

	if (s->reload && (s->count || s->proven || !s->reason.len))
		abort();
	for (size_t i = 0; i < s->count; i++) {
		if (!s->items[i].command.len)
			abort();
		check_command(s->items[i].command);
		check_command(s->items[i].undo);
		haproxy_step_print(&s->items[i], &out);
	}
	buf_fini(&out);
}

/* The new text runs after it: a plan to itself takes nothing. */
static void
go(const struct haproxy_model *old, const struct haproxy_model *new,
    struct haproxy_running *running, const struct haproxy_policy *policy)
{
	struct haproxy_steps s;

	haproxy_steps_plan(&s, old, new, running, policy);
	check_steps(&s);
	haproxy_steps_note(&s, running, policy, 1);
	haproxy_steps_fini(&s);
	haproxy_steps_plan(&s, new, new, running, policy);
	if (s.count || s.reload)
		abort();
	haproxy_steps_fini(&s);
	for (size_t i = running->count; i > 0; i--) {
		haproxy_steps_expire(
		    &s, &running->leftovers[i - 1], new, running, policy);
		check_steps(&s);
		haproxy_steps_note(&s, running, policy, 2);
		haproxy_steps_fini(&s);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char *const versions[] = {
	    "2.2.9", "2.6.12", "3.0.11", "3.2.4"};
	struct haproxy_running running = {0};
	struct haproxy_policy policy;
	struct haproxy_model old, new;
	struct buf out = {0};
	char *copy;
	size_t n;

	if (!size)
		return 0;
	copy = malloc(size);
	if (!copy)
		return 0;
	memcpy(copy, data + 1, size - 1);
	copy[size - 1] = 0;
	n = strlen(copy);
	haproxy_version_parse(versions[data[0] & 3], &running.version);
	policy = (struct haproxy_policy){
	    data[0] & 4, data[0] & 8, data[0] & 16 ? 1000 : 0};
	haproxy_model_parse(&old, (struct str){copy, n});
	haproxy_model_parse(&new, n + 1 < size
				      ? (struct str){copy + n + 1, size - n - 2}
				      : (struct str){"", 0});
	go(&old, &new, &running, &policy);
	go(&new, &old, &running, &policy);
	go(&old, &new, &running, &policy);
	haproxy_state_filter((struct str){copy, n}, &old, &new, &out);
	buf_fini(&out);
	haproxy_running_fini(&running);
	haproxy_model_fini(&old);
	haproxy_model_fini(&new);
	free(copy);
	return 0;
}
