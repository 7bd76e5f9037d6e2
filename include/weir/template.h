/* SPDX-License-Identifier: MIT */
/* stage: template
 *
 * The engine: Go's text/template with consul-template's functions. A template
 * is parsed once and executed as often as data change. It knows no loop and no
 * socket: what a function needs from outside comes through struct render.
 *
 * Sources: pkg.go.dev/text/template (language), consul-template's
 * docs/templating-language.md (functions).
 */
#ifndef WEIR_TEMPLATE_H
#define WEIR_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weir/error.h"
#include "weir/value.h"

struct render;
struct template;

/* ---- functions ---- */

enum func_flag {
	/* The result depends on the arguments alone. */
	FUNC_PURE = 1,
	/* Answers from the data of the render (a query of the catalog). */
	FUNC_QUERY = 2,
	/* Has an effect, or another result each time. */
	FUNC_EFFECT = 4,
	/* Changes a list of strings in place, beside another flag. */
	FUNC_SORTS = 8
};

/* What a function is called with. Arguments were checked and converted to the
 * types of the signature before; they live until the render ends. */
struct call {
	const struct func *func;
	struct render *render;
	struct arena *arena; /* the render's: for results */
	struct value *args;
	size_t argc;
	/* Set through call_fail: Go's "error calling NAME: TEXT". */
	struct error error;
	/* FUNC_QUERY sets it: which state of the data the result came from; 0
	 * for "was missing". Equal stamps of one call text, equal results. */
	uint64_t stamp;
};

/* 0, or -1 after call_fail. *result is VALUE_NONE before. */
typedef int func_fn(struct call *, struct value *result);

/* Sets the error text; returns -1. */
int call_fail(struct call *, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * params: Go's parameter types, comma-separated, the last perhaps variadic:
 * "string,string", "...string", "interface {},...interface {}",
 * "[]interface {}", "int64", "bool", "map[string]interface {}", "[]string",
 * "reflect.Value" (takes the value as it is, nil too), "error", or the name of
 * a record type that a family adds with func_family.types. "" for none.
 * result: the declared result type ("interface {}" marks the result iface).
 * How arguments are converted, and the messages when they can't be, are Go's
 * (exec.go evalArg, validateType).
 */
struct func {
	const char *name;
	const char *params;
	const char *result;
	func_fn *call;
	unsigned flags;      /* enum func_flag */
	const char *summary; /* "signature — result", for check --functions */
};

/* One table of functions, one file. */
struct func_family {
	const char *name; /* "strings", "consul" */
	const struct func *funcs;
	size_t count;
	const struct type *const *types; /* extra types that params may name */
	size_t type_count;
};

/* The families of this stage (all but Consul's), NULL-terminated. */
extern const struct func_family *const template_families[];

/* ---- templates ---- */

struct template_options {
	const char *path; /* the source file, as messages name it; borrowed
			   * only during the call */
	const char *left; /* delimiters; NULL or "": {{ and }} */
	const char *right;
	bool error_on_missing_key;
	const char *sandbox_path;  /* NULL: none */
	const char *const *denied; /* globs, `*` the only wildcard */
	size_t denied_count;
	/* Families beside template_families (the catalog's), may be NULL;
	 * NULL-terminated; they outlive the template. */
	const struct func_family *const *families;
	/* No other functions than these and Go's. */
	bool only_families;
};

/* Parses text (copied). NULL and the error (with excerpt) on failure. */
struct template *template_new(
    const struct template_options *, struct str text, struct error *);
void template_free(struct template **);
/* Every function with that name in its families? For "did you mean" and
 * `weir check --functions`. */
const char *template_path(const struct template *);

/* ---- rendering ---- */

/* What a render may reach outside. All members may be NULL. */
struct template_world {
	void *arg;
	/* The value of an environment variable, or NULL (default: getenv). */
	const char *(*env)(void *arg, const char *name);
	/* A file was read by `file` (watch it). */
	void (*file_used)(void *arg, struct render *, const char *path);
	/* writeToFile in a pass that must not write: the file's content as it
	 * would be. NULL: really write. */
	void (*file_written)(void *arg, const char *path, struct str content);
	/* May writeToFile write this (the content as it was given)? -1 and the
	 * error: no. NULL: always. */
	int (*file_allowed)(
	    void *arg, const char *path, struct str content, struct error *);
	/* The text that stands where this one will go: the last good output, or
	 * that of a process before (slots reads it). Valid during the call;
	 * empty: none. -1: it can't be read. NULL: nothing stands. */
	int (*standing)(void *arg, struct str *text, struct error *);
	/* plugin runs programs; false: refused with a message. */
	bool plugins;
};

/* One execution. Zero-initialise, set the first group, execute, look at the
 * second. */
struct render {
	struct arena *arena; /* borrowed; values of the render live here */
	struct buf *out;     /* borrowed; text is appended */
	void *data;          /* struct view * for the catalog's functions */
	const struct template_world *world; /* NULL: all defaults */
	/* `.` and `$`; no value, and so nil, in a file that weir renders. */
	struct value dot;

	/*
	 * remember: note what ranges over queries print, and copy what did not
	 * change from `previous`: exactly the text of the last execution of
	 * this template that remembered, succeeded and missed nothing (empty:
	 * none).
	 */
	bool remember;
	struct str previous;

	/* Dependencies asked for that have no data yet. Not 0: the output is
	 * no output, and an error is a wait. Functions count it up. */
	uint32_t missing;
	/* Where execution stands: for functions that record who asked. Valid
	 * during a call. */
	const struct template *template;
	int line;

	/* The engine's own, opaque. */
	struct exec *exec;
};

/* Runs the template. -1 and the error on failure (Go's message, line, column,
 * excerpt, the stack of template calls). The arena is not reset. */
int template_execute(struct template *, struct render *, struct error *);

/* ---- printing values (Go's fmt), for functions of all families ---- */

/* fmt.Sprint of one value: %v. */
void value_print(struct buf *, const struct value *);
/* fmt.Sprintf; never fails (Go's %!… texts). */
void value_printf(
    struct buf *, struct str format, const struct value *args, size_t count);
/* strconv.Quote. */
void value_quote(struct buf *, struct str);
/* strconv.FormatFloat(f, format, precision, bits): format one of e E f g G x X
 * b, precision -1 for the shortest that reads back. */
void value_format_float(
    struct buf *, double, char format, int precision, int bits);
/* A value as fmt.Sprint into the arena. */
struct str value_to_str(struct arena *, const struct value *);

#endif
