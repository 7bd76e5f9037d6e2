/* SPDX-License-Identifier: MIT */
/*
 * The one C++ file: RE2 behind a C face. No exception leaves it: RE2 throws
 * none, and memory that is wanting ends the program as everywhere.
 */
#include "re2.h"

#include <re2/re2.h>

#include <new>
#include <string>
#include <vector>

extern "C" {
#include "weir/xalloc.h"
}

/* Before operator new would throw. */
static const std::new_handler previous = std::set_new_handler(xalloc_fail);

/* Bytes that one pattern may take, its automata included; Go has no such bound
 * but refuses patterns at about the same size. */
static const int64_t memory = INT64_C(64) << 20;

struct re2_pattern {
	RE2 compiled;
	re2_pattern(
	    const re2::StringPiece &pattern, const RE2::Options &options)
	    : compiled(pattern, options)
	{
	}
};

/* RE2's codes in our order. */
static enum re2_error
error_of(RE2::ErrorCode code)
{
	switch (code) {
	case RE2::NoError:
		return RE2_NONE;
	case RE2::ErrorInternal:
		return RE2_INTERNAL;
	case RE2::ErrorBadEscape:
		return RE2_BAD_ESCAPE;
	case RE2::ErrorBadCharClass:
		return RE2_BAD_CLASS;
	case RE2::ErrorBadCharRange:
		return RE2_BAD_RANGE;
	case RE2::ErrorMissingBracket:
		return RE2_MISSING_BRACKET;
	case RE2::ErrorMissingParen:
		return RE2_MISSING_PAREN;
	case RE2::ErrorUnexpectedParen:
		return RE2_UNEXPECTED_PAREN;
	case RE2::ErrorTrailingBackslash:
		return RE2_TRAILING_BACKSLASH;
	case RE2::ErrorRepeatArgument:
		return RE2_REPEAT_ARGUMENT;
	case RE2::ErrorRepeatSize:
		return RE2_REPEAT_SIZE;
	case RE2::ErrorRepeatOp:
		return RE2_REPEAT_OPERATOR;
	case RE2::ErrorBadPerlOp:
		return RE2_BAD_PERL;
	case RE2::ErrorBadUTF8:
		return RE2_BAD_UTF8;
	case RE2::ErrorBadNamedCapture:
		return RE2_BAD_NAME;
	case RE2::ErrorPatternTooLarge:
		return RE2_TOO_LARGE;
	}
	return RE2_INTERNAL;
}

extern "C" struct re2_pattern *
re2_compile(const char *pattern, size_t len, enum re2_error *error, char **part)
{
	RE2::Options options;
	options.set_log_errors(false);
	options.set_max_mem(memory);

	struct re2_pattern *re =
	    new re2_pattern(re2::StringPiece(pattern, len), options);
	if (re->compiled.ok())
		return re;
	*error = error_of(re->compiled.error_code());
	*part = xstrdup(re->compiled.error_arg().c_str());
	delete re;
	return nullptr;
}

extern "C" void
re2_destroy(struct re2_pattern *re)
{
	delete re;
}

extern "C" int
re2_groups(const struct re2_pattern *re)
{
	return re->compiled.NumberOfCapturingGroups();
}

extern "C" bool
re2_search(const struct re2_pattern *re, const char *text, size_t len,
    size_t from, struct re2_span *spans, int count)
{
	std::vector<re2::StringPiece> found(count);
	re2::StringPiece whole(text, len);

	if (!re->compiled.Match(
		whole, from, len, RE2::UNANCHORED, found.data(), count))
		return false;
	for (int i = 0; i < count; i++) {
		if (found[i].data() == nullptr) {
			spans[i].begin = spans[i].end = -1;
			continue;
		}
		spans[i].begin = found[i].data() - text;
		spans[i].end = spans[i].begin + (ptrdiff_t)found[i].size();
	}
	return true;
}
