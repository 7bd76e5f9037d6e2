/* SPDX-License-Identifier: MIT */
/* seeds: tests/data/runtime */
/* Changes at run time. Pieces of the input, parted by a line "%%": what runs,
 * what is wanted, the answers to show info and show servers state, and the
 * reply to each step. A plan from a text to itself is empty. */
#include <assert.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "weir/runtime.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct str
take_piece(struct str *rest)
{
	const char *to =
	    rest->len ? memmem(rest->ptr, rest->len, "%%\n", 3) : NULL;
	struct str piece = {
	    rest->ptr, to ? (size_t)(to - rest->ptr) : rest->len};
	size_t past = piece.len + (to ? 3 : 0);

	rest->ptr += past;
	rest->len -= past;
	return piece;
}

static void
judge_all(const struct haproxy_steps *steps, struct str reply)
{
	struct error e = {0};

	for (size_t i = 0; i < steps->count; i++) {
		haproxy_step_judge(&steps->items[i], reply, &e);
		error_fini(&e);
	}
	haproxy_map_version(reply);
}

static void
plan(const struct haproxy_model *from, const struct haproxy_model *to,
    struct haproxy_running *running, struct str reply, bool is_same)
{
	struct haproxy_policy policy;
	struct haproxy_steps steps;

	haproxy_policy_default(&policy, &running->version);
	haproxy_steps_plan(&steps, from, to, running, &policy);
	assert(!is_same || (steps.count == 0 && !steps.reload));
	judge_all(&steps, reply);
	haproxy_steps_note(&steps, running, &policy, 1000);
	haproxy_steps_fini(&steps);
}

static void
read_state(const struct haproxy_model *from, const struct haproxy_model *to,
    const struct haproxy_running *running, struct str state)
{
	const struct haproxy_expected expected = {
	    .model = to, .running = running, .respect_manual = true};
	struct haproxy_findings f;
	struct error e = {0};
	struct buf kept = {0};

	haproxy_state_digest(state);
	if (haproxy_verify(&f, &expected, state, &e) == 0)
		haproxy_findings_fini(&f);
	haproxy_state_filter(state, from, to, &kept);
	assert(kept.len <= state.len + 4096);
	buf_fini(&kept);
	error_fini(&e);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size + 1);
	struct str rest = {text, size}, old_text, new_text, info, state;
	struct haproxy_model from, to;
	struct haproxy_running running = {0};
	struct error e = {0};

	memcpy(text, data, size);
	text[size] = 0;
	old_text = take_piece(&rest);
	new_text = take_piece(&rest);
	info = take_piece(&rest);
	state = take_piece(&rest);
	haproxy_model_parse(&from, old_text);
	haproxy_model_parse(&to, new_text);
	if (haproxy_running_parse(info, &running, &e) < 0)
		running = (struct haproxy_running){.version = {.major = 3}};
	read_state(&from, &to, &running, state);
	plan(&from, &from, &running, rest, true);
	plan(&from, &to, &running, rest, false);
	haproxy_running_fini(&running);
	haproxy_model_fini(&to);
	haproxy_model_fini(&from);
	error_fini(&e);
	free(text);
	return 0;
}
