/* SPDX-License-Identifier: MIT */
/*
 * What a section means for its servers: those lines of it, and of the defaults
 * that apply to it, that decide how a server may be changed.
 */
#ifndef WEIR_HAPROXY_PROXY_H
#define WEIR_HAPROXY_PROXY_H

#include "keyword.h"
#include "weir/strmap.h"

enum balance {
	BALANCE_DYNAMIC, /* takes any weight and new servers at run time */
	BALANCE_HASH,    /* as hash-type says */
	BALANCE_STATIC,
	BALANCE_UNKNOWN
};

struct facts {
	enum balance balance;
	bool consistent;     /* hash-type consistent */
	bool first;          /* balance first: goes by ids */
	bool all_backups;    /* option allbackups */
	bool sticks;         /* a stick rule: tables keep ids */
	bool dynamic_cookie; /* a cookie made of the address */
	bool external_check; /* its environment has the address */
	bool other_mode;     /* neither http nor tcp */
	bool disabled;       /* no command on its servers is taken */
	bool opaque;         /* weir can't tell */
};

struct proxy_server {
	const struct haproxy_line *line;
	struct haproxy_server server;
	size_t inherits; /* so many of the proxy's inherited options */
	size_t order;
	bool matched; /* the other text has it */
};

/* Borrows the model; lives in the arena. */
struct proxy {
	const struct haproxy_section *section;
	struct facts facts;
	struct haproxy_option *inherited; /* default-server, outermost first */
	size_t inherited_count;
	bool inherits_variables;
	struct haproxy_line *lines;
	size_t line_count;
	const struct haproxy_line **others; /* lines that are no server */
	size_t other_count;
	struct proxy_server *servers;
	size_t count;
	uint32_t *names; /* of proxy_index */
	size_t name_slots;
	bool twice; /* two servers of one name */
	size_t backup_count;
};

/* Does that kind of section have servers that balance? (peers have others.) */
bool section_has_servers(const struct haproxy_section *);

/* The section of the model; in the arena. */
void proxy_init(struct proxy *, const struct haproxy_model *,
    const struct haproxy_section *, struct arena *);
/* Makes it fit for proxy_find, and sees whether two have one name. */
void proxy_index(struct proxy *, struct arena *);
/* NULL: no server of that name. */
struct proxy_server *proxy_find(const struct proxy *, struct str name);
bool proxy_is_backup(const struct proxy *, const struct proxy_server *);
/* The next server of its kind, backups being one: HAProxy keeps the place of a
 * server only among those. "": there is none. */
struct str proxy_next(const struct proxy *, const struct proxy_server *);
/* Weights as one likes, and servers added? */
bool proxy_is_dynamic(const struct proxy *);
/* Do the ids of servers, which HAProxy numbers by their places, count, and some
 * have none of their own? */
bool proxy_goes_by_id(const struct proxy *);
/* Does the place of a server among the others count? backup: of one. */
bool proxy_goes_by_place(const struct proxy *, bool backup);

bool lines_equal(const struct haproxy_line *, const struct haproxy_line *);

/* ---- a server with what it inherits ---- */

struct definition {
	const struct proxy_server *from; /* NULL: a line on its own */
	struct str name;
	int family; /* AF_INET, AF_INET6; 0: no literal address with a port */
	unsigned char bytes[16];
	long port;
	struct str endpoint;                /* "ADDRESS:PORT" as written */
	struct str set[SLOT_COUNT];         /* NULL ptr: absent */
	const struct haproxy_option **rest; /* the other options, in order */
	size_t count;
	unsigned has; /* enum has */
	bool opaque;  /* a variable in it */
};
/* The option that says a slot; NULL for SLOT_STATE. */
extern const char *const definition_slot_names[SLOT_COUNT];
void definition_of(struct definition *, const struct proxy *,
    const struct proxy_server *, struct arena *);
/* Of a line that stands alone, a leftover's. -1: it is none. */
int definition_of_line(struct definition *, struct str line, struct arena *);
/* The literal address alone, as a command wants it; family is not 0. */
struct str definition_address(const struct definition *);
/* "server NAME ADDRESS …" with all that it inherits, quoted so that it can be
 * split again. */
void definition_print(const struct definition *, struct buf *);
/* The same but for what steps set? Otherwise the first option that differs:
 * of the old or the new, NULL where one has no more. */
bool definition_is_same(const struct definition *, const struct definition *,
    const struct haproxy_option **old_option,
    const struct haproxy_option **new_option);

#endif
