/* SPDX-License-Identifier: MIT */
/*
 * A stack for execution. A template may call itself 100,000 times, which no
 * default C stack holds; so execution switches to a mapping of its own, of
 * which the kernel gives only the pages that are touched. It is kept for the
 * next render; one thread renders.
 */
#include <sys/mman.h>
#include <ucontext.h>

#include "exec.h"
#include "weir/xalloc.h"

#if defined(__SANITIZE_ADDRESS__)
#define WITH_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define WITH_ASAN 1
#endif
#endif
#ifdef WITH_ASAN
#include <sanitizer/common_interface_defs.h>
#endif

/* Address space, not memory: 100,000 calls of a template take 60 MB, with a
 * range, an if and a with around each 150 MB. */
#define STACK_BYTES ((size_t)512 << 20)
/* Kept for what a function needs that is called at the end of it. */
#define STACK_RESERVE ((size_t)1 << 20)
/* More than this is given back after a render that came near it; and, as
 * functions may go deeper unseen, after each of so many renders. */
#define STACK_KEEP ((size_t)256 << 10)
#define STACK_NEAR (STACK_KEEP / 2)
#define RENDERS    256

static char *kept; /* NULL: in use, or not yet there */
static bool is_deep;
static unsigned renders; /* since it was given back */

struct journey {
	void (*fn)(void *);
	void *arg;
	ucontext_t back, there;
	char *stack;
#ifdef WITH_ASAN
	const void *from;
	size_t from_size;
#endif
};

static char *
take_stack(void)
{
	char *stack = kept;

	kept = NULL;
	if (stack)
		return stack;
	stack = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_STACK, -1, 0);
	if (stack == MAP_FAILED)
		return NULL;
	mprotect(stack, 4096, PROT_NONE);
	return stack;
}

static void
put_stack(char *stack)
{
	if (kept) {
		munmap(stack, STACK_BYTES);
		return;
	}
	if (is_deep || ++renders >= RENDERS) {
		madvise(stack + 4096, STACK_BYTES - STACK_KEEP - 4096,
		    MADV_DONTNEED);
		is_deep = false;
		renders = 0;
	}
	kept = stack;
}

/* makecontext passes ints only, so a pointer comes in two halves. */
static void
arrive(unsigned high, unsigned low)
{
	struct journey *j =
	    (struct journey *)((uintptr_t)high << 32 | (uintptr_t)low);

#ifdef WITH_ASAN
	__sanitizer_finish_switch_fiber(NULL, &j->from, &j->from_size);
#endif
	j->fn(j->arg);
#ifdef WITH_ASAN
	__sanitizer_start_switch_fiber(NULL, j->from, j->from_size);
#endif
}

static void
travel(struct journey *j)
{
	uintptr_t self = (uintptr_t)j;
#ifdef WITH_ASAN
	void *fake;
#endif

	getcontext(&j->there);
	j->there.uc_stack.ss_sp = j->stack;
	j->there.uc_stack.ss_size = STACK_BYTES;
	j->there.uc_link = &j->back;
	makecontext(&j->there, (void (*)(void))arrive, 2,
	    (unsigned)(self >> 32), (unsigned)self);
#ifdef WITH_ASAN
	__sanitizer_start_switch_fiber(&fake, j->stack, STACK_BYTES);
#endif
	swapcontext(&j->back, &j->there);
#ifdef WITH_ASAN
	__sanitizer_finish_switch_fiber(fake, NULL, NULL);
#endif
}

void
stack_deeper(struct stack_bounds *b)
{
	b->mark = b->end;
	is_deep = true;
}

void
stack_run(void (*fn)(void *), void *arg, struct stack_bounds *b)
{
	struct journey j = {.fn = fn, .arg = arg, .stack = take_stack()};

	if (!j.stack) { /* no address space: what the C stack has must do */
		b->end = (char *)__builtin_frame_address(0) - (4u << 20);
		b->mark = b->end;
		fn(arg);
		return;
	}
	b->mark = j.stack + STACK_BYTES - STACK_NEAR;
	b->end = j.stack + STACK_RESERVE;
	travel(&j);
	put_stack(j.stack);
}
