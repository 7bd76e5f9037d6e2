/* SPDX-License-Identifier: MIT */
/* stage: template
 *
 * Go's values, as far as templates can see them. What a template prints, and
 * what it may do, depends on a value's Go type, so every value carries one: a
 * pointer to a type descriptor that stands for Go's reflect.Type. Values are
 * 24 bytes, passed by copy, and own nothing: what they point to lives in the
 * arena of the render or in an answer of the catalog.
 *
 * A record (Go's struct) is a pointer to C memory and a table of fields with
 * Go's names: reading a field copies 24 bytes and nothing of the catalog.
 */
#ifndef WEIR_VALUE_H
#define WEIR_VALUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "weir/arena.h"
#include "weir/buf.h"
#include "weir/str.h"

struct call;
struct value;

/* Go's reflect.Kind. */
enum kind {
	KIND_INVALID, /* no value at all, and untyped nil */
	KIND_BOOL,
	KIND_INT,
	KIND_INT8,
	KIND_INT16,
	KIND_INT32,
	KIND_INT64,
	KIND_UINT,
	KIND_UINT8,
	KIND_UINT16,
	KIND_UINT32,
	KIND_UINT64,
	KIND_UINTPTR,
	KIND_FLOAT32,
	KIND_FLOAT64,
	KIND_COMPLEX64,
	KIND_COMPLEX128,
	KIND_STRING,
	KIND_SLICE,
	KIND_ARRAY,
	KIND_MAP,
	KIND_STRUCT,
	KIND_PTR,
	KIND_CHAN,
	KIND_FUNC,
	KIND_INTERFACE /* of a type, never of a value: see struct value.iface */
};

/* How something lies in memory: an element of a slice, or a field of a record.
 */
enum store {
	STORE_VALUE,  /* struct value (all that has no smaller form) */
	STORE_STR,    /* struct str */
	STORE_PSTR,   /* const struct pstr *; NULL is "" */
	STORE_PTR,    /* const void *: what a KIND_PTR points to, or NULL */
	STORE_LIST,   /* struct list: the field is a slice */
	STORE_MAP,    /* const struct map *: NULL is a nil map */
	STORE_STRUCT, /* the record itself, embedded */
	STORE_BOOL,   /* bool */
	STORE_U8,     /* uint8_t */
	STORE_I32,    /* int32_t */
	STORE_I64,    /* int64_t */
	STORE_U64,    /* uint64_t */
	STORE_F64     /* double */
};

/* A slice as it lies in a record; the elements' store is the slice type's. */
struct list {
	const void *items;
	uint32_t count;
	bool not_nil; /* an empty slice that is not nil (matters to JSON) */
};

struct field {
	const char *name; /* Go's name */
	const struct type *type;
	uint32_t offset; /* in the record, or in its part */
	enum store store;
	/* 1 + where in the record a pointer to the part lies that has the
	 * field; 0: the record itself has it. Records share parts. */
	uint16_t through;
	/* The key in JSON, YAML, TOML: Go's struct tag, NULL: none, so Go's
	 * own rule applies. "-": left out. */
	const char *json;
	bool omit_empty;
	/* An embedded record without a visible field: JSON and TOML, which
	 * would have its fields in its place, have nothing. */
	bool embedded;
};

/* Do JSON, YAML and TOML have it? */
static inline bool
field_is_visible(const struct field *f)
{
	return f->name[0] >= 'A' && f->name[0] <= 'Z';
}

/* A method: args[0] of the call is the receiver. */
struct method {
	const char *name;
	const char *params; /* as struct func's, without the receiver */
	const char *result;
	int (*call)(struct call *, struct value *result);
};

/* Prints what Error() or String() gives. */
typedef void value_string_fn(const struct value *, struct buf *);

struct type {
	enum kind kind;
	const char *name;        /* reflect.Type.String(): "[]*dep.Node" */
	const struct type *elem; /* of slice, array, map, pointer, chan */
	const struct type *key;  /* of map */
	enum store elem_store;   /* of slice and array elements */
	uint32_t size;           /* of a record, bytes */
	const struct field *fields;
	uint32_t field_count;
	const struct method *methods;
	uint32_t method_count;
	value_string_fn *string; /* the type is an error or a Stringer */
	bool is_error;           /* string is Error() */
	/* String() has a pointer receiver: an action that prints the value
	 * itself finds it, fmt doesn't. */
	bool string_by_pointer;
	/* MarshalJSON() has a pointer receiver: what JSON writes for a field
	 * of this type, where a value by itself is written as it is. */
	const struct type *json_as_field;
	value_string_fn *go_string; /* GoString(), for %#v */
	/* MarshalText(): what JSON, YAML and TOML hold in place of a record. */
	value_string_fn *text;
};

/*
 * type NULL: no value (reflect's zero Value) if !iface, a nil interface
 * {} if iface. iface: the value was taken out of an interface {} (an element of
 * []interface {}, of map[string]interface {}, a result declared so); Go's
 * messages name the type "interface {}" there, so the mark is kept until the
 * value is unwrapped.
 */
struct value {
	const struct type *type;
	union {
		bool b;
		int64_t i;             /* all signed integers */
		uint64_t u;            /* all unsigned integers */
		double f;              /* floats */
		const double *complex; /* [2]: real, imaginary */
		const char *str;       /* string: len bytes */
		const void *items;     /* slice, array: len elements */
		struct map *map;       /* NULL: nil map */
		const void *ptr;       /* record, pointer; NULL: nil */
		struct channel *chan;
		const struct func *func;
	} u;
	uint32_t len;
	bool iface;
	bool not_nil; /* of an empty slice */
	/* Elements that Go's slice has room for behind its end: they lie there.
	 * No more than 65535 are counted. */
	uint16_t spare;
};

/* Go's chan int64 of `loop`: consumed by ranging. */
struct channel {
	int64_t next;
	int64_t end; /* exclusive */
};

/* Basic types; compare by pointer. */
extern const struct type type_bool, type_int, type_int64, type_uint, type_uint8,
    type_uint16, type_uint32, type_uint64, type_int32, type_float64,
    type_complex128, type_string, type_any /* interface {} */,
    type_error /* the interface */, type_strings /* []string */,
    type_anys /* []interface {} */, type_bytes /* []uint8 */,
    type_ints /* []int */, type_chan_int64, type_map_string_string,
    type_map_string_any, type_map_any_any, type_duration, type_time,
    type_reflect_value /* a parameter that takes a value as it is */;

/* ---- making values ---- */
#define VALUE_NONE ((struct value){0})
#define VALUE_NIL  ((struct value){.iface = true})

static inline struct value
value_bool(bool b)
{
	return (struct value){.type = &type_bool, .u.b = b};
}

static inline struct value
value_int(int64_t i)
{
	return (struct value){.type = &type_int, .u.i = i};
}

static inline struct value
value_int64(int64_t i)
{
	return (struct value){.type = &type_int64, .u.i = i};
}

static inline struct value
value_uint64(uint64_t u)
{
	return (struct value){.type = &type_uint64, .u.u = u};
}

static inline struct value
value_float(double f)
{
	return (struct value){.type = &type_float64, .u.f = f};
}

static inline struct value
value_str(struct str s)
{
	return (struct value){
	    .type = &type_string, .u.str = s.ptr, .len = (uint32_t)s.len};
}

/* A slice of count elements that lie as type->elem_store says. */
static inline struct value
value_slice(const struct type *type, const void *items, size_t count)
{
	return (struct value){.type = type,
	    .u.items = items,
	    .len = (uint32_t)count,
	    .not_nil = true};
}

/* A pointer (KIND_PTR) to a record, or a typed nil. */
static inline struct value
value_ptr(const struct type *type, const void *record)
{
	return (struct value){.type = type, .u.ptr = record};
}

static inline struct value
value_map(struct map *map, const struct type *type)
{
	return (struct value){.type = type, .u.map = map};
}

/* A time.Time of an RFC 3339 text, in the arena; false if it is none. */
bool value_time_read(struct arena *, struct str, struct value *);
/* Appends the text of a time that was read, of which value_time_read makes the
 * same again. RFC 3339 as Go writes it has one text for UTC and +00:00, which
 * templates tell apart, and none for +24:60, which Go reads. */
void value_time_write(const struct value *, struct buf *);

/* ---- looking at values ---- */
static inline enum kind
value_kind(const struct value *v)
{
	return v->type ? v->type->kind : KIND_INVALID;
}

static inline struct str
value_as_str(const struct value *v)
{
	return (struct str){v->u.str, v->len};
}

/* kind is one of Go's signed (unsigned) integer kinds. */
bool kind_is_int(enum kind);
bool kind_is_uint(enum kind);
bool kind_is_float(enum kind);
/* Go's name of the kind: "int", "slice", "ptr". */
const char *kind_name(enum kind);

/* Are these the same Go type? Pointer equality, or the same name and kind. */
bool type_same(const struct type *, const struct type *);
/* Go's AssignableTo: the same type, an interface that it satisfies, or the same
 * element types where one of the two has no name of its own. */
bool type_assignable(const struct type *from, const struct type *to);
/* "interface {}" for a value marked iface, else the type's name; "<nil>". */
const char *value_type_name(const struct value *);

/* Element i of a slice or array, i < len; iface is set as Go would have it. */
struct value value_index(const struct value *slice, size_t i);
/* Writes element i of a slice that the render owns (sortAlpha does). */
void value_set_index(const struct value *slice, size_t i, struct value);
/* Elements [from, to) of a slice or array, from <= to <= len: a slice that
 * shares them. */
struct value value_part(const struct value *slice, size_t from, size_t to);
/* What lies at `at` in form `store`, of Go type `type`. */
struct value value_load(const struct type *type, enum store, const void *at);
/* Field of a record; record is the C memory. */
struct value value_field(const void *record, const struct field *);
/* NULL if the type (a struct, or a pointer to one) has none of that name. */
const struct field *type_field(const struct type *, struct str name);
const struct method *type_method(const struct type *, struct str name);

/* template.IsTrue of Go: not nil, false, 0 or of length 0; a struct is true. */
bool value_truth(const struct value *);
/* No value, or nil of its type. */
bool value_is_nil(const struct value *);
/* reflect.DeepEqual. Depth is bounded. */
bool value_equal_deep(const struct value *, const struct value *);

/* ---- maps ----
 * A map is a table that keeps hash order out of sight: Go's order is random, so
 * whatever a template can observe is sorted (as fmt and range sort keys).
 * Maps of the catalog are frozen tables of packed strings. */
struct map_entry {
	struct value key;
	struct value value;
};

/* NULL arena: aborts. The map lives as long as the arena. */
struct map *map_new(struct arena *, const struct type *);
/* A frozen map[string]string of pairs key, value, …; sorts them in place;
 * a key that stands twice keeps its last value. The pointers are kept. */
struct map *map_of_pairs(
    struct arena *, const struct pstr **pairs, size_t count);
const struct type *map_type(const struct map *);
/* 0 for NULL. */
size_t map_count(const struct map *);
/* The value, or VALUE_NONE; a key that cannot be hashed is absent. */
struct value map_get(const struct map *, const struct value *key);
/* True and the value if the key is there (its value may be nil). */
bool map_find(const struct map *, const struct value *key, struct value *value);
struct value map_get_str(const struct map *, struct str key);
bool map_has_str(const struct map *, struct str key);
/* key and value are stored as given (value boxed as the map's elem type
 * demands). -1 if the key is unhashable. Asserts on a frozen map. */
int map_put(struct map *, struct value key, struct value value);
void map_put_str(struct map *, struct str key, struct value value);
void map_remove(struct map *, const struct value *key);
/* Entry i in sorted key order (sorts lazily); iface is set as Go would. */
struct map_entry map_at(const struct map *, size_t i);

/* ---- lists that grow ---- */
struct list_builder {
	struct arena *arena;
	const struct type *type; /* of the slice; elements lie as its store */
	void *items;
	uint32_t count;
	uint32_t capacity;
};
void list_begin(struct list_builder *, struct arena *, const struct type *);
void list_add(struct list_builder *, struct value);
struct value list_end(struct list_builder *);
/* The same with room for so many elements, those behind the end zero. */
struct value list_end_room(struct list_builder *, size_t room);

#endif
