/* SPDX-License-Identifier: MIT */
/* stage: catalog
 *
 * The store: for each query its last good answer. Answers are immutable,
 * counted by reference, and hold their records in an arena of their own; a new
 * answer replaces the old as a whole, so what did not change is shared by every
 * view. Also the catalog file (DESIGN §7): answers from a document in place of
 * Consul.
 *
 * One thread. Who fills the store: the consul stage, or catalog_file. Who reads
 * it: the functions of family "consul" through a view.
 */
#ifndef WEIR_CATALOG_H
#define WEIR_CATALOG_H

#include <stdbool.h>
#include <stdint.h>

#include "weir/arena.h"
#include "weir/error.h"
#include "weir/query.h"
#include "weir/strmap.h"
#include "weir/template.h"
#include "weir/value.h"

/* ---- records: Go's structs, in consul-template's field names ----
 * This is how whoever decodes an answer fills them. Instances and checks are
 * kept in a smaller form: health_service_read gives this one again. */

struct weights {
	int32_t passing;
	int32_t warning;
};

struct tagged_address { /* api.ServiceAddress */
	const struct pstr *address;
	int32_t port;
};

struct check_definition { /* api.HealthCheckDefinition */
	const struct pstr *http, *method, *body, *tls_server_name;
	const struct map *header; /* map[string][]string, NULL: nil */
	const struct pstr *tcp, *udp, *grpc, *os_service, *session_name;
	bool tls_skip_verify, tcp_use_tls, grpc_use_tls;
	int64_t interval, timeout, deregister; /* nanoseconds */
};

struct health_check {
	const struct pstr *node, *check_id, *name, *status, *notes, *output;
	const struct pstr *service_id, *service_name, *type, *ns, *partition;
	const struct pstr *peer_name;
	struct list service_tags;                  /* struct str */
	const struct check_definition *definition; /* NULL: all zero */
	int32_t exposed_port;
	uint64_t create_index, modify_index;
};

struct health_service {
	const struct pstr *node, *node_id, *node_address;
	const struct map *node_tagged_addresses; /* frozen */
	const struct map *node_meta, *service_meta;
	const struct pstr *address;
	/* map[string]api.ServiceAddress: map_new(…,
	 * &type_service_addresses), values are struct tagged_address *; NULL
	 * when there are none. */
	const struct map *service_tagged_addresses;
	const struct pstr *id, *name, *status;
	struct list tags;   /* struct str; sorted by answer_shape_services */
	struct list checks; /* const struct health_check *, Consul's order */
	int32_t port;
	struct weights weights;
};

struct catalog_snippet {
	const struct pstr *name;
	struct list tags;
};

struct catalog_node {
	const struct pstr *id, *node, *address, *datacenter;
	const struct map *tagged_addresses, *meta;
};

struct node_service {
	const struct pstr *id, *service, *address;
	struct list tags;
	const struct map *meta;
	int32_t port;
	bool enable_tag_override;
};

struct node_detail {
	const struct catalog_node *node; /* NULL: unknown node */
	struct list services;            /* const struct node_service * */
};

struct key_pair {
	const struct pstr *path, *key, *value, *session;
	uint64_t create_index, modify_index, lock_index, flags;
	bool exists;
};

struct ca_root {
	const struct pstr *id, *name, *root_cert;
	bool active;
	uint64_t create_index, modify_index;
};

struct ca_leaf {
	const struct pstr *serial_number, *cert, *private_key;
	const struct pstr *service, *service_uri;
	struct value valid_after, valid_before; /* of type_time */
	uint64_t create_index, modify_index;
};

struct partition {
	const struct pstr *name, *description;
};

struct peering {
	const struct pstr *id, *name, *partition, *state;
	const struct pstr *peer_id, *peer_server_name;
	const struct map *meta;
	struct list peer_server_addresses; /* struct str */
	struct peering_stream {
		struct list imported, exported; /* struct str */
		/* pointers to type_time; zero: nil */
		struct value last_heartbeat, last_receive, last_send;
	} stream;
	struct peering_remote {
		const struct pstr *partition, *datacenter;
	} remote;
};

struct exported_service {
	const struct pstr *service, *partition, *ns;
	struct service_consumers {
		struct list peers, partitions; /* struct str */
	} consumers;
};

struct imported_service {
	const struct pstr *service, *ns, *source_partition;
};

/* Go's types of what the functions give, and of what lies in it. */
extern const struct type type_health_service, type_health_services,
    type_health_check, type_health_checks, type_check_definition,
    type_service_tags, type_service_address, type_service_addresses,
    type_snippet, type_snippets, type_node, type_node_ptr, type_nodes,
    type_node_detail, type_node_detail_ptr, type_key_pair, type_key_pair_ptr,
    type_key_pairs, type_ca_roots, type_ca_leaf_ptr, type_partitions,
    type_peerings, type_exported_services, type_imported_services;

/* ---- answers ---- */

struct answer {
	uint32_t refs;
	uint64_t
	    stamp; /* different for every answer of this process, never 0 */
	struct arena arena;
	/*
	 * What the function gives, in the type it declares: []*HealthService,
	 * a string, …. For QUERY_KEY, QUERY_KEY_GET: string or VALUE_NONE
	 * when the key does not exist. For QUERY_KEY_LIST: []*KeyPair of the
	 * whole prefix, in Consul's order; ls and tree choose from it.
	 */
	struct value value;
	bool has_control;    /* a string in it holds a control character */
	bool is_marked;      /* made by answer_mark: its nodes are its own */
	uint64_t index;      /* X-Consul-Index */
	int64_t received_ms; /* monotonic */
	/* Unix seconds at which an earlier run last knew that Consul says so;
	 * 0: this run has heard it itself. */
	int64_t remembered;
};

/* A new answer with one reference, empty. */
struct answer *answer_new(void);
struct answer *answer_ref(struct answer *);
void answer_unref(struct answer **);
/* Do both give the same to every template? Indexes of records are compared
 * too only where templates can see them. */
bool answer_same(const struct answer *, const struct answer *);

/* ---- control characters (DESIGN §6.0) ----
 * Bytes 0 to 31, 127, and U+0085, U+2028, U+2029, which end a line for some. */

bool str_has_control(struct str);
/* Each byte of each of them becomes '?'. */
void control_mark(char *, size_t len);
/* Does it speak of nodes, services, checks, that others than the operator name?
 * Keys and certificates are the operator's own. */
bool query_is_of_others(enum query_kind);
/* A copy of the answer, marked. */
struct answer *answer_mark(const struct answer *);
/*
 * Which string of the answer holds a control character, one that stands in text
 * if there is such a one: 'node "n1", service "web", id "w1": Tags[0] "a\nb"'.
 * 1: it stands there; 0: another is named; -1: there is none.
 */
int answer_print_control(const struct answer *, struct str text, struct buf *);

/* Strings and lists that repeat within one answer are kept once. Used while
 * an answer is built. */
struct intern;
struct intern *intern_new(struct arena *);
void intern_free(struct intern **);
const struct pstr *intern_str(struct intern *, struct str);
/* A list of struct str. */
struct list intern_strs(struct intern *, const struct str *, size_t count);
/* A frozen map[string]string; sorts pairs in place. */
const struct map *intern_map(
    struct intern *, const struct pstr **pairs, size_t count);

/*
 * Gives raw records the form that the query's function promises: filters by
 * status, aggregates it, falls back to the node's address, sorts records and
 * tags (DESIGN §5; reference §3.2). Both Consul's answers and the catalog file
 * pass here. records: in Consul's order; edited in place.
 *
 * The value is set and returned. What it holds is copied into a new arena of
 * just its size, which becomes answer->arena; the old one is freed, so records
 * (which may lie there or elsewhere) are to be built in answer->arena and not
 * touched afterwards.
 */
struct value answer_shape_services(struct answer *, const struct query *,
    struct health_service **records, size_t count);
struct value answer_shape_snippets(
    struct answer *, struct catalog_snippet **records, size_t count);
struct value answer_shape_nodes(struct answer *, const struct query *,
    struct catalog_node **records, size_t count);
struct value answer_shape_node(struct answer *, struct node_detail *);
/* Keys are set from the paths. */
struct value answer_shape_pairs(struct answer *, const struct query *,
    struct key_pair **records, size_t count);
/* []string, sorted. */
struct value answer_shape_strings(struct answer *, struct str *, size_t count);
/* A string (QUERY_KEY, QUERY_KEY_GET); NULL ptr: the key does not exist. */
struct value answer_shape_string(struct answer *, struct str);
/* caRoots, partitions, peerings, exportedServices, importedServices: records
 * of the query's kind; sorted as the function promises. */
struct value answer_shape_records(
    struct answer *, enum query_kind, void **records, size_t count);
/* caLeaf; NULL: none. */
struct value answer_shape_leaf(struct answer *, struct ca_leaf *);

/*
 * An instance of an answer to service or connect, or one of its checks, in the
 * form in which it was decoded. What the form points to is borrowed from the
 * answer; the items of checks are records of the answer again.
 */
void health_service_read(const void *record, struct health_service *);
void health_check_read(const void *record, struct health_check *);

/* ---- the store ---- */

struct catalog;

struct catalog *catalog_new(void);
void catalog_free(struct catalog **);
/* Takes the answer. True if templates can see a difference to what was there.
 */
bool catalog_put(struct catalog *, struct str id, struct answer *);
/*
 * Who is asked before an answer takes the place of another: false keeps the old
 * one, and the judge may keep a reference to the fresh one. fresh NULL: nobody
 * asks the query any more. It must not call the catalog. NULL: no judge.
 */
typedef bool catalog_judge_fn(
    void *arg, struct str id, const struct answer *old, struct answer *fresh);
void catalog_judge(struct catalog *, catalog_judge_fn *, void *arg);
/* catalog_put without asking the judge. */
bool catalog_put_unjudged(struct catalog *, struct str id, struct answer *);
/* Forgets the answer of a query that nobody asks any more. */
void catalog_drop(struct catalog *, struct str id);
/* Borrowed until the next put or drop of that id; NULL if there is none. */
struct answer *catalog_get(const struct catalog *, struct str id);
/* The same; hash is str_hash(id). */
struct answer *catalog_get_hashed(
    const struct catalog *, struct str id, uint64_t hash);

/* ---- answers of an earlier run (state.h) ----
 * They stand behind: a judge sees one as the old answer of the first of this
 * run, a view doesn't until it is recalled. */

/* Takes the answer, whose `remembered` is set; no effect if there is one. */
void catalog_remember(struct catalog *, struct str id, struct answer *);
/* Views see it from now on. False if nothing is remembered. */
bool catalog_recall(struct catalog *, struct str id);
/* What is remembered and was not recalled; NULL. */
const struct answer *catalog_memory(const struct catalog *, struct str id);
/* Forgets all that was not recalled. */
void catalog_forget(struct catalog *);
/* How many are remembered and not recalled. */
size_t catalog_memories(const struct catalog *);
/* How many that views see are of an earlier run, and the oldest's time (unix
 * seconds). */
size_t catalog_remembered(const struct catalog *, int64_t *oldest);
/* for (size_t i = 0; catalog_next(c, &i, &item);): all answers, then what is
 * remembered and not recalled. */
struct catalog_item {
	struct str id;
	struct answer *answer;
	bool recalled; /* views see it */
};
bool catalog_next(const struct catalog *, size_t *at, struct catalog_item *);

/* ---- a view: what one pass of one template asked ---- */

/* One dependency that a pass asked for. */
struct wanted {
	const struct query *query; /* in the view's arena */
	uint64_t hash;             /* of its identity */
	struct answer *answer;     /* NULL: missing; borrowed */
	bool wait;                 /* missing: the template can't be written */
	int line;                  /* of the template, where first asked */
	uint32_t pass;             /* in which it was last asked */
};

/* Zero-initialise; render->data of the consul functions. The arena holds the
 * queries and lives until view_fini or view_reset. */
struct view {
	struct catalog *catalog;
	struct arena arena;
	struct strmap by_id;   /* id → struct wanted, over passes */
	struct strmap by_call; /* call text → struct wanted, over passes */
	struct wanted **asked; /* in this pass, in order */
	size_t asked_count;
	size_t asked_room;
	size_t before_count; /* asked in the pass before */
	bool moved;          /* something else is asked than then, so far */
	uint32_t pass;
};

void view_init(struct view *, struct catalog *);
void view_fini(struct view *);
/* Starts a pass: forgets what was asked, keeps parsed queries. Queries of the
 * pass before may be freed. */
void view_reset(struct view *);
/* What a function of that kind asks with that argument: parsed once, in the
 * view's arena; calls of one identity give the same. Returns as query_parse. */
int view_parse(struct view *, enum query_kind, struct str argument,
    struct wanted **, struct error *);
/* Was it asked in this pass? */
bool view_has(const struct view *, struct str id);
/* The pass can't be written without another answer to this query, though there
 * is one (safeLs of an empty prefix, key of a key that is not there). */
void view_wait(struct view *, struct wanted *);
/* Records that the pass asks the query (first time: line is kept) and gives its
 * answer, NULL if there is none. */
struct answer *view_ask(struct view *, struct wanted *, int line);
/* Has the pass, as far as it went, asked just what the one before asked? */
bool view_is_same(const struct view *);
/* In order of asking: for (size_t i = 0; (w = view_next(v, &i));) */
const struct wanted *view_next(const struct view *, size_t *at);

/* The functions service, services, node, nodes, key, ls, tree, datacenters …,
 * those over their records (byTag, byKey …), and Vault's and Nomad's, which
 * only wait. NULL-terminated. */
extern const struct func_family *const catalog_families[];

/* ---- catalog file ---- */

struct catalog_file;

/* Errors carry line and column. */
struct catalog_file *catalog_file_load(const char *path, struct error *);
void catalog_file_free(struct catalog_file **);
/*
 * The answer that a Consul holding the document would give; reference is the
 * caller's. NULL and the error where Consul would refuse (unknown datacenter).
 */
struct answer *catalog_file_answer(
    const struct catalog_file *, const struct query *, struct error *);
/* Name of the node that answers for "this agent"; "" if not said. */
struct str catalog_file_agent(const struct catalog_file *);
/* Name of the local datacenter; "dc1" if not said. */
struct str catalog_file_datacenter(const struct catalog_file *);

/*
 * Collects answers and writes them as one catalog file (weir snapshot). The
 * file gives the templates that asked the same answers again. What it can't
 * hold is left out: certificates, Enterprise's namespaces, what Vault and Nomad
 * know, and the order that `near` gives.
 */
struct catalog_writer;
struct catalog_writer *catalog_writer_new(void);
void catalog_writer_free(struct catalog_writer **);
/* Takes a reference to the answer, copies the query. */
void catalog_writer_add(
    struct catalog_writer *, const struct query *, struct answer *);
/* The document, sorted and indented, into the buf. agent, datacenter may be
 * empty. */
void catalog_writer_print(const struct catalog_writer *, struct str agent,
    struct str datacenter, struct buf *);

#endif
