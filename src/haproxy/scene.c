/* SPDX-License-Identifier: MIT */
/*
 * What two looks at HAProxy's processes say of the reload between them. A new
 * worker is one whose pid was not there before; counts of failures are
 * compared, since they go on from earlier ones.
 */
#include "scene.h"

#include <stdlib.h>

pid_t
scene_info_pid(struct str text)
{
	ptrdiff_t at = str_find(text, STR("\nPid: "));
	char digits[16] = "";
	size_t n;

	if (at < 0)
		return 0;
	text.ptr += at + 6;
	text.len -= (size_t)at + 6;
	n = text.len < sizeof(digits) - 1 ? text.len : sizeof(digits) - 1;
	memcpy(digits, text.ptr, n);
	return (pid_t)atoi(digits);
}

int
scene_read(struct scene *s, const struct haproxy_reply *reply, bool is_master)
{
	memset(s, 0, sizeof(*s));
	if (reply->status < 0)
		return -1;
	if (is_master)
		s->known =
		    !haproxy_processes_parse(reply->text, &s->processes, NULL);
	else
		s->known = (s->worker = scene_info_pid(reply->text)) > 0;
	return s->known ? 0 : -1;
}

void
scene_fini(struct scene *s)
{
	haproxy_processes_fini(&s->processes);
}

static bool
has_worker(const struct haproxy_processes *p, pid_t pid)
{
	for (size_t i = 0; i < p->count; i++)
		if (p->workers[i].pid == pid)
			return true;
	return false;
}

pid_t
scene_fresh_worker(const struct scene *before, const struct scene *after)
{
	const struct haproxy_processes *p = &after->processes;

	if (after->worker)
		return after->worker != before->worker ? after->worker : 0;
	for (size_t i = 0; i < p->count; i++)
		if (!p->workers[i].old && p->workers[i].reloads == 0 &&
		    !has_worker(&before->processes, p->workers[i].pid))
			return p->workers[i].pid;
	return 0;
}

bool
scene_has_failed(const struct scene *before, const struct scene *after)
{
	const struct haproxy_processes *old = &before->processes;
	const struct haproxy_processes *p = &after->processes;

	if (!before->known || !p->master || p->master != old->master)
		return false;
	return p->failed >= 0 ? p->failed > old->failed
			      : p->reloads > old->reloads;
}

int
scene_old_workers(const struct scene *s)
{
	int n = 0;

	if (!s->processes.master)
		return -1;
	for (size_t i = 0; i < s->processes.count; i++)
		n += s->processes.workers[i].old;
	return n;
}
