/* SPDX-License-Identifier: MIT */
/*
 * Constraints: alternatives between "||", each some comparisons with versions
 * whose last parts may be missing or an x. A version with a prerelease meets
 * only constraints that have one.
 */
#include <string.h>

#include "regex.h"
#include "semver.h"

#define PART  "[0-9|xX*]+"
#define WORDS "[0-9A-Za-z-]+(?:\\.[0-9A-Za-z-]+)*"
/* four groups: the parts of the number, and "-prerelease" */
#define VERSION \
	"v?(" PART ")(\\." PART ")?(\\." PART ")?(-" WORDS ")?(?:\\+" WORDS ")?"
#define OPERATOR "(=||!=|>|<|>=|=>|<=|=<|~|~>|\\^)"
#define ONE      OPERATOR "\\s*(" VERSION ")"
#define RANGE    "\\s*(" VERSION ")\\s+-\\s+(" VERSION ")\\s*"

/* Groups in ONE. */
enum { OP = 1, WHOLE, MAJOR, MINOR, PATCH, PRE, GROUPS };
/* Groups in RANGE. */
enum { FROM = 1, TO = 6 };

struct constraint {
	struct semver version;
	struct str op;
	bool dirty;       /* some part is missing or an x */
	bool minor_dirty; /* the minor, or (patch_dirty) just the patch */
	bool patch_dirty;
};

static struct str
group(const struct regex_search *s, int i)
{
	struct re2_span span = s->spans[i];

	if (span.begin < 0)
		return (struct str){"", 0};
	return (struct str){
	    s->text->given.ptr + span.begin, (size_t)(span.end - span.begin)};
}

static void
search(struct regex_search *s, struct arena *arena, const char *pattern,
    struct regex_text *text, struct str given)
{
	*s = (struct regex_search){0};
	regex_text(text, arena, given);
	regex_begin(s, arena, regex_get(str_of(pattern), NULL), text);
}

static int
improper(struct str s, struct error *e)
{
	return error_set(e, ERROR_TEMPLATE, "improper constraint: %.*s",
	    (int)s.len, s.len ? s.ptr : "");
}

/* "1.0 - 2" becomes ">= 1.0, <= 2 ". */
static struct str
rewrite_ranges(struct arena *arena, struct str s)
{
	struct regex_search found;
	struct regex_text text;
	struct buf out = {0};
	size_t copied = 0;

	search(&found, arena, RANGE, &text, s);
	while (regex_next(&found)) {
		struct str from = group(&found, FROM), to = group(&found, TO);

		buf_put(&out, s.ptr + copied,
		    (size_t)found.spans[0].begin - copied);
		buf_puts(&out, ">= ");
		buf_str(&out, from);
		buf_puts(&out, ", <= ");
		buf_str(&out, to);
		buf_char(&out, ' ');
		copied = (size_t)found.spans[0].end;
	}
	buf_put(&out, s.ptr + copied, s.len - copied);
	s = arena_str(arena, buf_as_str(&out));
	buf_fini(&out);
	return s;
}

/* A part that stands for any number. */
static bool
is_any(struct str s)
{
	if (s.len && s.ptr[0] == '.') {
		s.ptr++;
		s.len--;
	}
	return !s.len || (s.len == 1 && memchr("xX*", s.ptr[0], 3) != NULL);
}

static int
read_one(struct arena *arena, const struct regex_search *s,
    struct constraint *c, struct error *e)
{
	struct str major = group(s, MAJOR), minor = group(s, MINOR);
	struct str pre = group(s, PRE), text = group(s, WHOLE);
	struct buf b = {0};
	int rc;

	*c = (struct constraint){.op = group(s, OP)};
	c->dirty = true;
	if (is_any(major)) {
		buf_puts(&b, "0.0.0");
	} else if (is_any(minor)) {
		c->minor_dirty = true;
		buf_str(&b, major);
		buf_puts(&b, ".0.0");
	} else if (is_any(group(s, PATCH))) {
		c->patch_dirty = true;
		buf_str(&b, major);
		buf_str(&b, minor);
		buf_puts(&b, ".0");
	} else {
		c->dirty = false;
	}
	if (c->dirty) {
		buf_str(&b, pre);
		text = arena_str(arena, buf_as_str(&b));
	}
	buf_fini(&b);
	rc = semver_parse(text, &c->version, NULL);
	return rc < 0 ? error_set(e, ERROR_TEMPLATE, "constraint Parser Error")
		      : 0;
}

/* ---- comparing ---- */

static bool
not_equal(const struct semver *v, const struct constraint *c)
{
	const struct semver *w = &c->version;

	if (!c->dirty)
		return semver_compare(v, w) != 0;
	if (v->pre.len && !w->pre.len)
		return false;
	if (v->major != w->major)
		return true;
	if (c->minor_dirty)
		return false;
	if (v->minor != w->minor)
		return true;
	if (c->patch_dirty)
		return !str_equal(v->pre, w->pre);
	return v->patch != w->patch || semver_compare(v, w) != 0;
}

static bool
greater(const struct semver *v, const struct constraint *c)
{
	const struct semver *w = &c->version;

	if (c->dirty && v->major != w->major)
		return v->major > w->major;
	if (c->dirty && c->minor_dirty)
		return false;
	if (c->dirty && c->patch_dirty)
		return v->minor > w->minor;
	return semver_compare(v, w) > 0;
}

static bool
less(const struct semver *v, const struct constraint *c)
{
	return semver_compare(v, &c->version) < 0;
}

static bool
greater_equal(const struct semver *v, const struct constraint *c)
{
	return semver_compare(v, &c->version) >= 0;
}

static bool
less_equal(const struct semver *v, const struct constraint *c)
{
	const struct semver *w = &c->version;

	if (!c->dirty)
		return semver_compare(v, w) <= 0;
	if (v->major != w->major)
		return v->major < w->major;
	return c->minor_dirty || v->minor <= w->minor;
}

/* The same minor version, or later patches of it. */
static bool
tilde(const struct semver *v, const struct constraint *c)
{
	const struct semver *w = &c->version;

	if (semver_compare(v, w) < 0)
		return false;
	if (!w->major && !w->minor && !w->patch && !c->minor_dirty &&
	    !c->patch_dirty)
		return true;
	return v->major == w->major && (c->minor_dirty || v->minor == w->minor);
}

/* Nothing that breaks: the left-most part that is not 0 stays. */
static bool
caret(const struct semver *v, const struct constraint *c)
{
	const struct semver *w = &c->version;

	if (semver_compare(v, w) < 0)
		return false;
	if (w->major > 0 || c->minor_dirty)
		return v->major == w->major;
	if (v->major > 0)
		return false;
	if (w->minor > 0 || c->patch_dirty)
		return v->minor == w->minor;
	return v->minor == 0 && v->patch == w->patch;
}

static bool
equal(const struct semver *v, const struct constraint *c)
{
	return c->dirty ? tilde(v, c) : semver_compare(v, &c->version) == 0;
}

static const struct {
	const char *name;
	bool (*check)(const struct semver *, const struct constraint *);
} operators[] = {
    {"", equal},
    {"=", equal},
    {"!=", not_equal},
    {">", greater},
    {"<", less},
    {">=", greater_equal},
    {"=>", greater_equal},
    {"<=", less_equal},
    {"=<", less_equal},
    {"~", tilde},
    {"~>", tilde},
    {"^", caret},
};

static bool
meets_one(const struct semver *v, const struct constraint *c)
{
	for (size_t i = 0; i < sizeof(operators) / sizeof(operators[0]); i++) {
		if (!str_is(c->op, operators[i].name))
			continue;
		if (operators[i].check != not_equal && v->pre.len &&
		    !c->version.pre.len)
			return false;
		return operators[i].check(v, c);
	}
	return false;
}

/* All comparisons of one alternative. */
static int
meets_all(struct arena *arena, struct str s, const struct semver *v,
    bool *meets, struct error *e)
{
	struct regex_search found;
	struct regex_text text;
	struct constraint c;

	search(&found, arena,
	    "^(?:\\s*" ONE "\\s*)(?:(?:\\s+|,\\s*)" ONE "\\s*)*$", &text, s);
	if (!regex_next(&found))
		return improper(s, e);
	*meets = true;
	search(&found, arena, ONE, &text, s);
	while (regex_next(&found)) {
		if (read_one(arena, &found, &c, e) < 0)
			return -1;
		*meets = *meets && meets_one(v, &c);
	}
	return 0;
}

int
semver_meets(struct arena *arena, struct str constraint, const struct semver *v,
    bool *meets, struct error *e)
{
	struct str rest = rewrite_ranges(arena, constraint);
	bool last = false;

	*meets = false;
	while (!last) {
		ptrdiff_t at = str_find(rest, STR("||"));
		struct str one = rest;
		bool met = false;

		last = at < 0;
		if (!last) {
			one.len = (size_t)at;
			rest.ptr += at + 2;
			rest.len -= (size_t)at + 2;
		}
		if (meets_all(arena, one, v, &met, e) < 0)
			return -1;
		*meets = *meets || met;
	}
	return 0;
}
