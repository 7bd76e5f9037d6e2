/* SPDX-License-Identifier: MIT */
/*
 * One weir command over and over, each time in a process of its own in which
 * another allocation fails, whoever asks: weir, a library, the C library. This
 * program's malloc stands before every other, so it needs no help from them.
 *
 * What may come of it: the same as without a fault; an error, with a message;
 * or the end that xalloc.h gives. Everything else is printed as a finding.
 *
 * usage: oom SAMPLE SEED <CASES
 *        oom at=N[+] -- COMMAND [OPTION…]     that one, and from where
 *
 * A line of CASES is words with tabs between: a name, what the environment
 * holds (KEY=VALUE), "--", the command. Where an allocation fails is chosen by
 * who asks: every chain of callers that no case before had, and SAMPLE places
 * of the others; SAMPLE "all": all of them.
 */
#include <dlfcn.h>
#include <errno.h>
#include <execinfo.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "weir/cmd.h"

/* Seconds of the processor, and of the clock, that one run may take; a run
 * takes milliseconds. */
#define PATIENCE     10
#define CLOCK_FACTOR 12
/* What one run may print. */
#define OUTPUT_MAX (4 << 20)

/* ---- the malloc of this process and all its libraries ---- */

/* No sanitizer in here: its own start comes through these functions. */
#define PLAIN __attribute__((no_sanitize("address", "undefined")))

static struct {
	bool counts, lasting, shows, records;
	long at, seen; /* the at-th fails (0: none); lasting: all after, too */
} fault;

/* What the child tells its parent. */
#define PLACES_MAX (1L << 20)
static struct {
	long count;
	uint64_t callers[PLACES_MAX]; /* of the n-th, as a hash */
} * told;

/* Callers that tell two places apart. */
#define DEPTH 10

static PLAIN uint64_t
hash_of_callers(void)
{
	void *frames[DEPTH];
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	int n = backtrace(frames, DEPTH);

	for (int i = 2; i < n; i++)
		hash = (hash ^ (uintptr_t)frames[i]) * UINT64_C(0x100000001b3);
	return hash;
}

static PLAIN void
record(long n)
{
	if (n > PLACES_MAX)
		return;
	fault.counts = false;
	told->callers[n - 1] = hash_of_callers();
	fault.counts = true;
}

static PLAIN bool
fails(void)
{
	void *frames[64];
	long n;

	if (!fault.counts)
		return false;
	n = __atomic_add_fetch(&fault.seen, 1, __ATOMIC_RELAXED);
	if (fault.records)
		record(n);
	if (!fault.at || n < fault.at || (n > fault.at && !fault.lasting))
		return false;
	if (fault.shows && n == fault.at) {
		fault.counts = false;
		backtrace_symbols_fd(frames, backtrace(frames, 64), 2);
		fault.counts = true;
	}
	errno = ENOMEM;
	return true;
}

/* The same function of the next in line: the sanitizer's or the C library's. */
#define NEXT(name)                                         \
	static __typeof__(name) *next;                     \
	if (!next)                                         \
		*(void **)&next = dlsym(RTLD_NEXT, #name); \
	if (fails())                                       \
	return NULL

void *PLAIN
malloc(size_t size)
{
	NEXT(malloc);
	return next(size);
}

void *PLAIN
calloc(size_t count, size_t size)
{
	NEXT(calloc);
	return next(count, size);
}

void *PLAIN
realloc(void *p, size_t size)
{
	NEXT(realloc);
	return next(p, size);
}

void *PLAIN
reallocarray(void *p, size_t count, size_t size)
{
	NEXT(reallocarray);
	return next(p, count, size);
}

void *PLAIN
aligned_alloc(size_t alignment, size_t size)
{
	NEXT(aligned_alloc);
	return next(alignment, size);
}

/* glibc's name service asserts and crashes; that can't be mended here. */
#define EXEMPT(type, name)                                 \
	static __typeof__(name) *next;                     \
	bool counts = fault.counts;                        \
	type *found;                                       \
	if (!next)                                         \
		*(void **)&next = dlsym(RTLD_NEXT, #name); \
	fault.counts = false;                              \
	found = next(of);                                  \
	fault.counts = counts;                             \
	return found

struct passwd *
getpwnam(const char *of)
{
	EXEMPT(struct passwd, getpwnam);
}

struct group *
getgrnam(const char *of)
{
	EXEMPT(struct group, getgrnam);
}

/* ---- one run ---- */

struct run {
	int status; /* as of waitpid(2) */
	char *out, *err;
	size_t out_len, err_len;
};

static const struct {
	const char *name;
	int (*run)(int, char **);
} commands[] = {
    {"render", cmd_render}, {"check", cmd_check}, {"diff", cmd_diff}};

static int
command(int argc, char **argv)
{
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		if (argc && !strcmp(argv[0], commands[i].name))
			return commands[i].run(argc, argv);
	fprintf(stderr, "oom: no such command\n");
	return 125;
}

static void
tell_count(void)
{
	told->count = fault.seen < PLACES_MAX ? fault.seen : PLACES_MAX;
}

/* One line of CASES. */
struct test {
	char *name, **environment, **argv;
	int argc;
};

static void
child(const struct test *t, int out, int err)
{
	for (char **e = t->environment; e && *e; e++)
		putenv(*e);
	/* exit(3) would put the parent's place in CASES back. */
	dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	signal(SIGPIPE, SIG_IGN);
	setrlimit(RLIMIT_CORE, &(struct rlimit){0});
	setrlimit(RLIMIT_CPU, &(struct rlimit){PATIENCE, PATIENCE});
	alarm(PATIENCE * CLOCK_FACTOR);
	atexit(tell_count);
	fault.counts = true;
	exit(command(t->argc, t->argv));
}

static char *
slurp(int fd, size_t *len)
{
	char *text = calloc(1, OUTPUT_MAX + 1);
	ssize_t n = pread(fd, text, OUTPUT_MAX, 0);

	*len = n > 0 ? (size_t)n : 0;
	close(fd);
	return text;
}

/* at 0: nothing fails, and each place's callers are recorded. */
static struct run
run_at(const struct test *t, long at, bool lasting)
{
	int out = memfd_create("out", MFD_CLOEXEC);
	int err = memfd_create("err", MFD_CLOEXEC);
	struct run r = {0};
	pid_t pid;

	fflush(stdout);
	fault.at = at;
	fault.lasting = lasting;
	fault.records = at == 0;
	pid = fork();
	if (pid == 0)
		child(t, out, err);
	if (pid < 0 || waitpid(pid, &r.status, 0) < 0) {
		perror("oom");
		exit(125);
	}
	r.out = slurp(out, &r.out_len);
	r.err = slurp(err, &r.err_len);
	return r;
}

static void
run_fini(struct run *r)
{
	free(r->out);
	free(r->err);
}

/* ---- what is allowed ---- */

enum verdict { SAME, ENDED, REFUSED, FINDING };

static bool
is_same(const struct run *r, const struct run *sound)
{
	return r->status == sound->status && r->out_len == sound->out_len &&
	       !memcmp(r->out, sound->out, r->out_len);
}

/* weir's last words, or GMP's. */
static bool
has_last_words(const struct run *r)
{
	return strstr(r->err, "out of memory") ||
	       strstr(r->err, "Cannot allocate memory");
}

static enum verdict
judge(const struct run *r, const struct run *sound)
{
	int code = WEXITSTATUS(r->status);

	if (strstr(r->err, "Sanitizer"))
		return FINDING;
	if (WIFSIGNALED(r->status))
		return WTERMSIG(r->status) == SIGABRT && has_last_words(r)
			   ? ENDED
			   : FINDING;
	if (is_same(r, sound))
		return SAME;
	return (code == 1 || code == 2) && r->err_len ? REFUSED : FINDING;
}

static void
print_finding(const struct run *r, long at, bool lasting)
{
	int code = WEXITSTATUS(r->status);

	printf("finding at=%ld%s: ", at, lasting ? "+" : "");
	if (WIFSIGNALED(r->status))
		puts(strsignal(WTERMSIG(r->status)));
	else
		printf("exit %d%s\n", code, code ? "" : ", another output");
	printf("%.*s\n", r->err_len > 3000 ? 3000 : (int)r->err_len, r->err);
}

/* ---- where ---- */

/* SplitMix64: the same places for the same seed. */
static uint64_t
next_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);

	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

/* Callers that failed already: open addressing, twice as large as needed. */
#define KNOWN_MAX (1L << 22)
static uint64_t *known;

static bool
is_new(uint64_t callers)
{
	uint64_t i = callers % KNOWN_MAX;

	while (known[i] && known[i] != callers)
		i = (i + 1) % KNOWN_MAX;
	if (known[i])
		return false;
	known[i] = callers;
	return true;
}

struct choice {
	long sample; /* of the places with known callers; -1: all */
	uint64_t random;
};

/* Marks in `chosen` which of the places of the last sound run fail. */
static void
choose(struct choice *c, bool *chosen)
{
	for (long i = 0; i < told->count; i++)
		chosen[i] = is_new(told->callers[i]) || c->sample < 0;
	for (long i = 0; i < c->sample && told->count; i++)
		chosen[next_random(&c->random) % (uint64_t)told->count] = true;
}

/* ---- one case ---- */

static long
run_case(const struct test *t, struct choice *c)
{
	struct run sound = run_at(t, 0, false);
	long total = told->count, tally[FINDING + 1] = {0};
	bool *chosen = calloc((size_t)total + 1, sizeof(*chosen));

	choose(c, chosen);
	for (long i = 0; i < total; i++) {
		bool lasting = next_random(&c->random) % 4 == 0;
		struct run r;
		enum verdict v;

		if (!chosen[i])
			continue;
		r = run_at(t, i + 1, lasting);
		v = judge(&r, &sound);
		if (v == FINDING)
			print_finding(&r, i + 1, lasting);
		tally[v]++;
		run_fini(&r);
	}
	printf("case %s: %ld places, %ld same, %ld ended, %ld refused, "
	       "%ld findings\n",
	    t->name, total, tally[SAME], tally[ENDED], tally[REFUSED],
	    tally[FINDING]);
	run_fini(&sound);
	free(chosen);
	return tally[FINDING];
}

/* Splits a line; its words stay in it. */
static struct test
read_case(char *line, char **words)
{
	struct test t = {.name = strtok(line, "\t\n")};
	char **next = words;

	t.environment = next;
	while ((*next = strtok(NULL, "\t\n")) && strcmp(*next, "--"))
		next++;
	*next++ = NULL;
	t.argv = next;
	while ((*next = strtok(NULL, "\t\n")))
		next++;
	t.argc = (int)(next - t.argv);
	return t;
}

static int
run_cases(struct choice c)
{
	char *line = NULL;
	size_t room = 0;
	long findings = 0;

	known = calloc(KNOWN_MAX, sizeof(*known));
	while (getline(&line, &room, stdin) > 0) {
		char **words = calloc(strlen(line) + 2, sizeof(*words));
		struct test t = read_case(line, words);

		findings += run_case(&t, &c);
		free(words);
	}
	free(line);
	free(known);
	return findings ? 1 : 0;
}

/* In this process, for a debugger. */
static void
run_one(const char *where, struct test t)
{
	char *end;

	fault.at = strtol(where, &end, 10);
	fault.lasting = *end == '+';
	fault.shows = true;
	child(&t, STDOUT_FILENO, STDERR_FILENO);
}

int
main(int argc, char **argv)
{
	void *frame;

	(void)backtrace(&frame, 1); /* what it loads, it loads now */
	told = mmap(NULL, sizeof(*told), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (argc > 3 && !strncmp(argv[1], "at=", 3) && !strcmp(argv[2], "--"))
		run_one(argv[1] + 3,
		    (struct test){.argv = argv + 3, .argc = argc - 3});
	if (argc == 3)
		return run_cases((struct choice){
		    strcmp(argv[1], "all") ? strtol(argv[1], NULL, 10) : -1,
		    strtoull(argv[2], NULL, 10)});
	fputs("usage: oom SAMPLE SEED <CASES\n"
	      "       oom at=N[+] -- COMMAND [OPTION…]\n",
	    stderr);
	return 2;
}
