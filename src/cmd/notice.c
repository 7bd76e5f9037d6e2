/* SPDX-License-Identifier: MIT */
#include "notice.h"

#include <libgen.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "weir/strmap.h"
#include "weir/xalloc.h"

/* Milliseconds from an event to the look: an editor's save is several events.
 */
#define LOOK_MS 20
/* Milliseconds between looks at what cannot be watched. */
#define POLL_MS 2000

struct file {
	struct timespec changed, modified;
	ino_t inode;
	off_t size;
	bool exists, keep;
};

struct directory {
	uv_fs_event_t event;
	struct notice *notice;
	bool open, keep;
};

struct notice {
	uv_timer_t look, poll;
	notice_cb *on_change;
	void *arg;
	struct strmap files;       /* path → struct file */
	struct strmap directories; /* path → struct directory */
	int handles;
};

static bool
examine(const char *path, struct file *f)
{
	struct file old = *f;
	struct stat st;

	f->exists = stat(path, &st) == 0;
	if (f->exists) {
		f->changed = st.st_ctim;
		f->modified = st.st_mtim;
		f->inode = st.st_ino;
		f->size = st.st_size;
	}
	return f->exists != old.exists ||
	       (f->exists &&
		   (f->inode != old.inode || f->size != old.size ||
		       memcmp(
			   &f->modified, &old.modified, sizeof(f->modified)) ||
		       memcmp(&f->changed, &old.changed, sizeof(f->changed))));
}

static void
on_look(uv_timer_t *t)
{
	struct notice *n = t->data;
	struct strmap_entry *e;
	char **changed = xcalloc(n->files.count + 1, sizeof(*changed));
	size_t count = 0;

	for (size_t i = 0; (e = strmap_next(&n->files, &i));)
		if (examine(e->key.ptr, e->value))
			changed[count++] = xstrdup(e->key.ptr);
	for (size_t i = 0; i < count; i++) {
		n->on_change(n->arg, changed[i]);
		free(changed[i]);
	}
	free(changed);
}

static void
on_event(uv_fs_event_t *ev, const char *name, int events, int status)
{
	struct directory *d = ev->data;

	(void)name;
	(void)events;
	(void)status;
	if (!uv_is_active((uv_handle_t *)&d->notice->look))
		uv_timer_start(&d->notice->look, on_look, LOOK_MS, 0);
}

static void
release(struct notice *n)
{
	struct strmap_entry *e;

	if (--n->handles)
		return;
	for (size_t i = 0; (e = strmap_next(&n->files, &i));)
		free(e->value);
	strmap_fini(&n->files);
	strmap_fini(&n->directories);
	free(n);
}

static void
on_directory_closed(uv_handle_t *h)
{
	struct directory *d = h->data;
	struct notice *n = d->notice;

	free(d);
	release(n);
}

static void
on_timer_closed(uv_handle_t *h)
{
	release(h->data);
}

struct notice *
notice_new(uv_loop_t *loop, notice_cb *on_change, void *arg)
{
	struct notice *n = xcalloc(1, sizeof(*n));

	n->on_change = on_change;
	n->arg = arg;
	uv_timer_init(loop, &n->look);
	uv_timer_init(loop, &n->poll);
	n->look.data = n->poll.data = n;
	n->handles = 2;
	return n;
}

static void
open_directory(struct notice *n, const char *path)
{
	struct directory *d = strmap_get(&n->directories, str_of(path));

	if (!d) {
		d = xcalloc(1, sizeof(*d));
		d->notice = n;
		d->event.data = d;
		uv_fs_event_init(n->look.loop, &d->event);
		n->handles++;
		strmap_put(&n->directories, str_of(path), d);
	}
	if (!d->open)
		d->open = uv_fs_event_start(&d->event, on_event, path, 0) == 0;
	if (!d->open && !uv_is_active((uv_handle_t *)&n->poll))
		uv_timer_start(&n->poll, on_look, POLL_MS, POLL_MS);
	d->keep = true;
}

static void
want_file(struct notice *n, const char *path)
{
	struct file *f = strmap_get(&n->files, str_of(path));
	char *copy = xstrdup(path);

	if (!f) {
		f = xcalloc(1, sizeof(*f));
		examine(path, f);
		strmap_put(&n->files, str_of(path), f);
	}
	f->keep = true;
	open_directory(n, dirname(copy));
	free(copy);
}

static void
close_directory(struct directory *d)
{
	uv_close((uv_handle_t *)&d->event, on_directory_closed);
}

/* Lets go of what was not wanted again. */
static void
sweep(struct notice *n)
{
	struct strmap_entry *e;

	for (size_t i = 0; (e = strmap_next(&n->files, &i));) {
		struct file *f = e->value;

		if (f->keep) {
			f->keep = false;
			continue;
		}
		strmap_take(&n->files, e->key);
		free(f);
	}
	for (size_t i = 0; (e = strmap_next(&n->directories, &i));) {
		struct directory *d = e->value;

		if (d->keep) {
			d->keep = false;
			continue;
		}
		strmap_take(&n->directories, e->key);
		close_directory(d);
	}
}

void
notice_want(struct notice *n, const char *const *paths, size_t count)
{
	for (size_t i = 0; i < count; i++)
		want_file(n, paths[i]);
	sweep(n);
}

void
notice_close(struct notice **np)
{
	struct notice *n = *np;
	struct strmap_entry *e;

	*np = NULL;
	if (!n)
		return;
	for (size_t i = 0; (e = strmap_next(&n->directories, &i));)
		close_directory(e->value);
	uv_close((uv_handle_t *)&n->look, on_timer_closed);
	uv_close((uv_handle_t *)&n->poll, on_timer_closed);
}
