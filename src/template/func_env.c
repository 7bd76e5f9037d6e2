/* SPDX-License-Identifier: MIT */
/* Environment variables, through the render's world. */
#include <stdlib.h>

#include "families.h"
#include "func.h"

/* The value, in the arena; false if the variable is not set. */
static bool
look_up(struct call *c, struct str name, struct str *value)
{
	const struct template_world *world = c->render->world;
	const char *key = arena_strndup(c->arena, name.ptr, name.len);
	const char *found = NULL;

	*value = STR("");
	if (name.len == 0 || strlen(key) != name.len || strchr(key, '='))
		return false;
	if (world && world->env)
		found = world->env(world->arg, key);
	else
		found = getenv(key);
	if (!found)
		return false;
	*value = arena_str(c->arena, str_of(found));
	return true;
}

static int
call_env(struct call *c, struct value *result)
{
	struct str value;

	look_up(c, func_str(c, 0), &value);
	*result = value_str(value);
	return 0;
}

static int
call_must_env(struct call *c, struct value *result)
{
	struct str name = func_str(c, 0), value;

	look_up(c, name, &value);
	if (value.len == 0)
		return call_fail(c,
		    "required environment variable %.*s is empty",
		    (int)name.len, name.ptr);
	*result = value_str(value);
	return 0;
}

static int
call_env_or_default(struct call *c, struct value *result)
{
	struct str value;

	if (!look_up(c, func_str(c, 0), &value))
		value = func_str(c, 1);
	*result = value_str(value);
	return 0;
}

static const struct func funcs[] = {
    {"env", "string", "string", call_env, FUNC_EFFECT,
	"env name — the environment variable, \"\" if it is not set"},
    {"envOrDefault", "string,string", "string", call_env_or_default,
	FUNC_EFFECT,
	"envOrDefault name default — the default if it is not set"},
    {"mustEnv", "string", "string", call_must_env, FUNC_EFFECT,
	"mustEnv name — an error if it is not set or empty"},
};

const struct func_family family_env = {
    .name = "env",
    .funcs = funcs,
    .count = sizeof(funcs) / sizeof(*funcs),
};
