/* SPDX-License-Identifier: MIT */
/*
 * Does a reply say that its command took? Goes by the command and the exact
 * words of the reply; what is not known here is a failure. The severity in
 * front of it proves nothing: a changed address and an invalid one are both
 * [4], an unknown command is [6]. All of it as 2.2, 2.6, 3.0 and 3.2 said it.
 */
#include "weir/runtime.h"

#include <ctype.h>

/* The reply without its severity and final new lines is the command's. */
typedef bool accept_fn(struct str reply);

static bool
is_empty(struct str reply)
{
	return reply.len == 0;
}

static bool
is_port_update(struct str reply)
{
	return !reply.len || /* 2.2 */
	       str_is(reply, "health check port updated.");
}

static struct str
take_clause(struct str *s)
{
	ptrdiff_t at = str_find(*s, STR(", "));
	struct str clause = {s->ptr, at < 0 ? s->len : (size_t)at};
	size_t gone = at < 0 ? s->len : clause.len + 2;

	s->ptr += gone;
	s->len -= gone;
	return clause;
}

static bool
is_address_clause(struct str clause)
{
	return str_has_prefix(clause, STR("IP changed from '")) ||
	       str_has_prefix(clause, STR("port changed from '")) ||
	       str_is(clause, "no need to change the addr") ||
	       str_is(clause, "no need to change the port") ||
	       str_is(clause, "nothing changed");
}

/* "IP changed from '…' to '…', port changed from '…' to '…' by 'stats socket
 * command'"; each clause must be good, since "…, problem converting port" goes
 * on after a good one. */
static bool
is_address_update(struct str reply)
{
	static const char by[] = " by 'stats socket command'";

	if (!reply.len || memchr(reply.ptr, '\n', reply.len))
		return false;
	if (str_has_suffix(reply, str_of(by)))
		reply.len -= strlen(by);
	while (reply.len)
		if (!is_address_clause(take_clause(&reply)))
			return false;
	return true;
}

static bool
is_registered(struct str reply)
{
	return str_is(reply, "New server registered.");
}

static bool
is_deleted(struct str reply)
{
	return str_is(reply, "Server deleted.");
}

static bool
is_done(struct str reply)
{
	return str_is(reply, "Done.");
}

static bool
is_new_version(struct str reply)
{
	return haproxy_map_version(reply) > 0;
}

static bool
is_transaction(struct str reply)
{
	return (str_has_prefix(
		    reply, STR("Transaction created for certificate ")) ||
		   str_has_prefix(
		       reply, STR("Transaction updated for certificate "))) &&
	       str_has_suffix(reply, STR("!")) &&
	       !memchr(reply.ptr, '\n', reply.len);
}

static bool
is_aborted(struct str reply)
{
	return str_has_prefix(
	    reply, STR("Transaction aborted for certificate '"));
}

/* "Committing FILE..", a dot for every ten places it is used in. */
static bool
is_committed(struct str reply)
{
	return str_has_prefix(reply, STR("Committing ")) &&
	       str_has_suffix(reply, STR("\nSuccess!"));
}

static bool
is_new_store(struct str reply)
{
	return str_has_prefix(reply, STR("New empty certificate store '"));
}

static bool
is_store_gone(struct str reply)
{
	return str_has_prefix(reply, STR("Certificate '")) &&
	       str_has_suffix(reply, STR("' deleted!"));
}

static bool
is_inserted(struct str reply)
{
	return str_has_prefix(reply, STR("Inserting certificate '")) &&
	       str_has_suffix(reply, STR("\nSuccess!"));
}

static bool
is_entry_gone(struct str reply)
{
	return str_has_prefix(reply, STR("Entry '")) &&
	       str_find(reply, STR("' deleted in crtlist '")) > 0;
}

/* "*" stands for any word. The first row whose words the command begins with
 * counts. */
static const struct {
	const char *words;
	accept_fn *accept;
} rules[] = {{"set server * addr", is_address_update},
    {"set server * check-port", is_port_update},
    {"set server * check-addr", is_empty}, {"set server * weight", is_empty},
    {"set server * state", is_empty}, {"set server * agent-addr", is_empty},
    {"set server * agent-port", is_empty},
    {"set server * agent-send", is_empty}, {"set server * health", is_empty},
    {"set server * agent", is_empty}, {"set maxconn server", is_empty},
    {"enable health", is_empty}, {"enable agent", is_empty},
    {"disable health", is_empty}, {"disable agent", is_empty},
    {"shutdown sessions server", is_empty}, {"add server", is_registered},
    {"del server", is_deleted}, {"wait", is_done}, {"add map", is_empty},
    {"add acl", is_empty}, {"set map", is_empty}, {"del map", is_empty},
    {"del acl", is_empty}, {"clear map", is_empty}, {"clear acl", is_empty},
    {"commit map", is_empty}, {"commit acl", is_empty},
    {"prepare map", is_new_version}, {"prepare acl", is_new_version},
    {"set ssl cert", is_transaction}, {"abort ssl cert", is_aborted},
    {"commit ssl cert", is_committed}, {"new ssl cert", is_new_store},
    {"del ssl cert", is_store_gone}, {"add ssl crt-list", is_inserted},
    {"del ssl crt-list", is_entry_gone}};

static struct str
take_word(struct str *s)
{
	struct str word = *s;
	const char *blank = memchr(s->ptr, ' ', s->len);

	if (blank)
		word.len = (size_t)(blank - s->ptr);
	s->ptr += word.len + (blank ? 1 : 0);
	s->len -= word.len + (blank ? 1 : 0);
	return word;
}

static bool
begins_with(struct str command, const char *pattern)
{
	struct str words = str_of(pattern);

	while (words.len) {
		struct str want = take_word(&words);
		struct str have = take_word(&command);

		if (!have.len || (!str_is(want, "*") && !str_equal(want, have)))
			return false;
	}
	return true;
}

static accept_fn *
find_rule(struct str command)
{
	for (size_t i = 0; i < sizeof(rules) / sizeof(*rules); i++)
		if (begins_with(command, rules[i].words))
			return rules[i].accept;
	return NULL;
}

/* What `set severity-output number` puts in front; trailing new lines go. */
static struct str
trim_reply(struct str s)
{
	s = str_trim_start(str_trim_end(s, "\n"), "\n");
	if (s.len >= 5 && s.ptr[0] == '[' && isdigit((unsigned char)s.ptr[1]) &&
	    s.ptr[2] == ']' && s.ptr[3] == ':' && s.ptr[4] == ' ') {
		s.ptr += 5;
		s.len -= 5;
	}
	return s;
}

uint32_t
haproxy_map_version(struct str reply)
{
	static const char text[] = "New version created: ";
	uint64_t n = 0;
	struct str s = trim_reply(reply);

	if (!str_has_prefix(s, str_of(text)))
		return 0;
	s.ptr += strlen(text);
	s.len -= strlen(text);
	for (size_t i = 0; i < s.len; i++) {
		if (!isdigit((unsigned char)s.ptr[i]) || n > UINT32_MAX)
			return 0;
		n = n * 10 + (uint64_t)(s.ptr[i] - '0');
	}
	return n <= UINT32_MAX ? (uint32_t)n : 0;
}

struct str
haproxy_command_name(struct str command)
{
	command = str_take_line(&command);
	if (str_has_suffix(command, STR(" <<")))
		command.len -= 3;
	return command;
}

/* Lines of a reply in one; a list of known commands is cut. */
static void
say_refused(struct str command, struct str reply, struct error *e)
{
	enum { KEEP = 300 };
	struct str name = haproxy_command_name(command);
	struct buf words = {0};

	for (size_t i = 0; i < reply.len && i < KEEP; i++)
		buf_char(&words, reply.ptr[i] == '\n' ? ' ' : reply.ptr[i]);
	if (reply.len > KEEP)
		buf_puts(&words, " ...");
	if (!reply.len)
		buf_puts(&words, "no reply");
	error_set(
	    e, ERROR_REFUSED, "%.*s: %s", (int)name.len, name.ptr, words.ptr);
	buf_fini(&words);
}

int
haproxy_step_judge(
    const struct haproxy_step *step, struct str reply, struct error *e)
{
	struct str said = trim_reply(reply);
	struct str command = step->command;
	accept_fn *accept = find_rule(haproxy_command_name(command));

	if (!accept)
		return error_set(e, ERROR_REFUSED,
		    "%.*s: a command whose replies are not known",
		    (int)haproxy_command_name(command).len, command.ptr);
	if (accept(said))
		return 0;
	say_refused(command, said, e);
	return -1;
}
