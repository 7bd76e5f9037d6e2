/* SPDX-License-Identifier: MIT */
/* seeds: tests/data/servers_state */
/* A configuration and an answer to "show servers state", divided by a NUL: what
 * runs is held against the text, and its digest made. The first byte says
 * whether a person's states are left and whether one backend was asked for. A
 * repair is steps or a reload, never both, and each step is one whose reply is
 * known. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "weir/runtime.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_repair(const struct haproxy_steps *s)
{
	if (s->reload && s->count)
		abort();
	for (size_t i = 0; i < s->count; i++) {
		struct str c = s->items[i].command;
		struct error e = {0};

		if (!str_has_prefix(c, STR("set server ")) ||
		    memchr(c.ptr, '\n', c.len) || memchr(c.ptr, ';', c.len))
			abort();
		haproxy_step_judge(&s->items[i], STR("?"), &e);
		if (!e.text || strstr(e.text, "not known"))
			abort();
		error_fini(&e);
	}
}

static void
verify(struct str config, struct str state, unsigned flags)
{
	static const struct str only[] = {STR("b")};
	struct haproxy_model model;
	struct haproxy_running running = {0};
	struct haproxy_findings f;
	struct haproxy_expected expected = {.model = &model,
	    .running = &running,
	    .only = flags & 2 ? only : NULL,
	    .only_count = flags & 2 ? 1 : 0,
	    .respect_manual = flags & 1};
	struct error e = {0};

	haproxy_model_parse(&model, config);
	haproxy_leftover_put(&running, STR("b"), STR("gone"), STR("server x"));
	if (haproxy_verify(&f, &expected, state, &e) < 0 && !error_is_set(&e))
		abort();
	check_repair(&f.repair);
	haproxy_findings_fini(&f);
	haproxy_running_fini(&running);
	haproxy_model_fini(&model);
	error_fini(&e);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *copy = malloc(size + 1);
	struct str config, state;

	if (!copy || size < 1) {
		free(copy);
		return 0;
	}
	memcpy(copy, data + 1, size - 1);
	copy[size - 1] = 0;
	config = str_of(copy);
	state = (struct str){copy + config.len, size - 1 - config.len};
	if (state.len) {
		state.ptr++;
		state.len--;
	}
	verify(config, state, data[0]);
	if (haproxy_state_digest(state) != haproxy_state_digest(state))
		abort();
	free(copy);
	return 0;
}
