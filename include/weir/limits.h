/* SPDX-License-Identifier: MIT */
/* stage: base
 *
 * Every bound on what somebody else controls, each with its unit and reason.
 */
#ifndef WEIR_LIMITS_H
#define WEIR_LIMITS_H

/* Bytes of one template file: larger is a mistake, not a template. */
#define LIMIT_TEMPLATE_BYTES (16u << 20)
/* Bytes that one template may print: HAProxy's largest configurations are
 * some tens of MB. */
#define LIMIT_OUTPUT_BYTES (256u << 20)
/* Nodes executed in one render: about a minute of work; a template that needs
 * more loops for ever. */
#ifndef LIMIT_STEPS /* a fuzzer has more inputs than patience */
#define LIMIT_STEPS 500000000u
#endif
/* Seconds of the processor in one render, asked for at calls of functions: one
 * step may be a key that is made or megabytes that are hashed. */
#define LIMIT_RENDER_SECONDS 60
/* Nested template calls: Go's own bound, with its message. The stack is made
 * for them, src/template/exec_stack.c. */
#define LIMIT_CALL_DEPTH 100000u
/* Nested executeTemplate: each repeats the message of the one within, which
 * grows with the square of the depth. Go has no bound, and dies. */
#define LIMIT_EXECUTE_DEPTH 500u
/* Nested parentheses in one expression: Go's bound. */
#define LIMIT_EXPRESSION_DEPTH 10000u
/* Nested if, range, with, block and links of an else-if chain: Go has no bound;
 * ours is what fits the C stack. */
#define LIMIT_BLOCK_DEPTH 4000u
/* Bytes that one render may allocate beside its output. */
#define LIMIT_RENDER_BYTES (1024u << 20)
/* Depth of a value that is walked (printed, encoded, compared): Go's bound for
 * JSON. */
#define LIMIT_VALUE_DEPTH 10000u
/* Numbers that sprig_until, sprig_untilStep and sprig_seq make at once. */
#define LIMIT_SEQUENCE 16777216u
/* Bytes of a line that mapLine gives: HAProxy reads a map's lines through a
 * buffer of 16384 (tune.bufsize), and what is longer becomes two entries. */
#define LIMIT_MAP_LINE 16382u
/* Lines that one call of slots prints: a HAProxy of that many servers in one
 * backend takes 500 MB. */
#define LIMIT_SLOTS 65536u
/* Bytes of one answer of Consul: a service with 50,000 instances fits. */
#define LIMIT_ANSWER_BYTES (256u << 20)
/* Datacenters that `datacenters true` asks, each with a request of its own: the
 * largest federations have some hundreds. */
#define LIMIT_DATACENTERS 1000u
/* Bytes of all response headers together. */
#define LIMIT_HEADER_BYTES 65536u
/* Bytes of a catalog file. */
#define LIMIT_CATALOG_BYTES (1024u << 20)
/* Bytes of a state file: what the templates read, packed; 20,000 instances take
 * some MB. */
#define LIMIT_STATE_BYTES (512u << 20)
/* Bytes of a configuration file, and of one line in it: Debian's inih keeps
 * 200 bytes of a line and drops the rest silently, so a longer one is refused.
 */
#define LIMIT_CONFIG_BYTES (1u << 20)
#define LIMIT_CONFIG_LINE  198u
/* Bytes kept of what a child process prints (haproxy -c, commands). */
#define LIMIT_CHILD_OUTPUT (256u << 10)
/* Seconds a program of `plugin` may take before its group is killed. */
#define LIMIT_COMMAND_SECONDS 30u
/* Bytes of one reply on a HAProxy socket: `show servers state` of 100,000
 * servers is 7 MB. */
#define LIMIT_RUNTIME_REPLY (64u << 20)
/* Clients of the status endpoint at once: a few scrapers and people. */
#define LIMIT_HTTP_CONNECTIONS 32u
/* Seconds that one of them may be idle or slow. */
#define LIMIT_HTTP_SECONDS 10u
/* Bytes of one request there, headers included. */
#define LIMIT_HTTP_REQUEST 16384u

#endif
