/* SPDX-License-Identifier: MIT */
/* consul-template's one function of time. */
#include "families.h"
#include "func.h"
#include "moment.h"

static int
call_timestamp(struct call *c, struct value *result)
{
	struct moment now = moment_now();
	struct str layout = STR("2006-01-02T15:04:05Z07:00");
	struct buf b = {0};

	now.zone = MOMENT_UTC;
	if (c->argc > 1)
		return call_fail(c,
		    "timestamp: wrong number of arguments, expected 0 or 1, "
		    "but got %zu",
		    c->argc);
	if (c->argc == 1)
		layout = func_str(c, 0);
	if (c->argc == 1 && str_is(layout, "unix"))
		buf_printf(&b, "%lld", (long long)now.seconds);
	else
		moment_format(&now, layout, &b);
	return func_give(c, &b, result);
}

static const struct func funcs[] = {
    {"timestamp", "...string", "string", call_timestamp, FUNC_EFFECT,
	"timestamp [layout] — now in UTC, as Go's layout or \"unix\" says"},
};

const struct func_family family_time = {
    .name = "time",
    .funcs = funcs,
    .count = sizeof(funcs) / sizeof(*funcs),
};
