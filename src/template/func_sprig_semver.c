/* SPDX-License-Identifier: MIT */
/* sprig's semantic versions. */
#include "families.h"
#include "func.h"
#include "semver.h"

static int
give_up(struct call *c, struct error *error)
{
	call_fail(c, "%s", error->text);
	error_fini(error);
	return -1;
}

static int
call_semver(struct call *c, struct value *result)
{
	struct error error = {0};
	struct semver v;

	if (semver_parse(func_str(c, 0), &v, &error) < 0)
		return give_up(c, &error);
	*result = semver_value(c->arena, &v);
	return 0;
}

/* The constraint's error comes before the version's. */
static int
call_semver_compare(struct call *c, struct value *result)
{
	struct error error = {0}, bad_version = {0};
	struct semver v;
	bool meets = false;

	if (semver_parse(func_str(c, 1), &v, &bad_version) < 0)
		v = (struct semver){0};
	if (semver_meets(c->arena, func_str(c, 0), &v, &meets, &error) < 0) {
		error_fini(&bad_version);
		return give_up(c, &error);
	}
	if (error_is_set(&bad_version))
		return give_up(c, &bad_version);
	*result = value_bool(meets);
	return 0;
}

static const struct func funcs[] = {
    {"sprig_semver", "string", "*semver.Version", call_semver, FUNC_PURE,
	"sprig_semver s — a version, with .Major, .Compare and others"},
    {"sprig_semverCompare", "string,string", "bool", call_semver_compare,
	FUNC_PURE, "sprig_semverCompare constraint s — does s meet it?"},
};

static const struct type *const types[] = {&type_semver, &type_semver_ptr};

const struct func_family family_sprig_semver = {
    .name = "sprig semver",
    .funcs = funcs,
    .count = sizeof(funcs) / sizeof(funcs[0]),
    .types = types,
    .type_count = sizeof(types) / sizeof(types[0]),
};
