/* SPDX-License-Identifier: MIT */
/*
 * A message is made whole in memory and written with one write(2), so that
 * lines of several processes don't mix. What peers can put into a message is
 * escaped: a control character never reaches the terminal, and a new line
 * becomes a further line that is indented and can't pass for a message.
 */
#include "weir/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "weir/buf.h"
#include "weir/error.h"

/* Bytes of one message: HAProxy's own complaint about a candidate is kept up to
 * LIMIT_CHILD_OUTPUT, beyond that nobody reads. */
#define MESSAGE_LIMIT ((size_t)512 << 10)

static const struct {
	const char *name;
	int priority; /* of syslog(3) */
} levels[] = {
    [LOG_LEVEL_DEBUG] = {"debug", 7},
    [LOG_LEVEL_INFO] = {"info", 6},
    [LOG_LEVEL_WARN] = {"warn", 4},
    [LOG_LEVEL_ERROR] = {"error", 3},
};

static const char *const formats[] = {
    [LOG_FORMAT_TEXT] = "text",
    [LOG_FORMAT_JSON] = "json",
};

static enum log_level least_level = LOG_LEVEL_INFO;
static enum log_format format_in_use = LOG_FORMAT_TEXT;
static bool is_journal;

/* systemd.exec(5): JOURNAL_STREAM is "device:inode" of the journal's end, to be
 * compared, since the variable is inherited by children of the service. */
static bool
goes_to_journal(void)
{
	const char *stream = getenv("JOURNAL_STREAM");
	struct stat st;
	unsigned long long device, inode;

	return stream && sscanf(stream, "%llu:%llu", &device, &inode) == 2 &&
	       fstat(STDERR_FILENO, &st) == 0 && st.st_dev == device &&
	       st.st_ino == inode;
}

void
log_init(enum log_level level, enum log_format format)
{
	least_level = level;
	format_in_use = format;
	is_journal = goes_to_journal();
}

int
log_level_parse(const char *name, enum log_level *level)
{
	for (size_t i = 0; i < sizeof(levels) / sizeof(*levels); i++)
		if (!strcmp(name, levels[i].name)) {
			*level = (enum log_level)i;
			return 0;
		}
	return -1;
}

int
log_format_parse(const char *name, enum log_format *format)
{
	for (size_t i = 0; i < sizeof(formats) / sizeof(*formats); i++)
		if (!strcmp(name, formats[i])) {
			*format = (enum log_format)i;
			return 0;
		}
	return -1;
}

bool
log_is_on(enum log_level level)
{
	return level >= least_level;
}

static void
put_time(struct buf *b)
{
	struct timespec now;
	struct tm tm;
	char text[32];

	clock_gettime(CLOCK_REALTIME, &now);
	gmtime_r(&now.tv_sec, &tm);
	strftime(text, sizeof(text), "%Y-%m-%dT%H:%M:%S", &tm);
	buf_printf(b, "%s.%03ldZ", text, now.tv_nsec / 1000000);
}

/* RFC 8259, section 7. */
static void
put_json(struct buf *b, struct str s)
{
	const unsigned char *p = (const unsigned char *)s.ptr;
	size_t n;

	buf_char(b, '"');
	for (size_t i = 0; i < s.len; i += n) {
		n = str_utf8((struct str){s.ptr + i, s.len - i});
		if (n == 0) {
			buf_rune(b, 0xfffd);
			n = 1;
		} else if (p[i] == '"' || p[i] == '\\') {
			buf_printf(b, "\\%c", p[i]);
		} else if (p[i] == '\n') {
			buf_puts(b, "\\n");
		} else if (p[i] < 0x20 || p[i] == 0x7f) {
			buf_printf(b, "\\u%04x", p[i]);
		} else {
			buf_put(b, p + i, n);
		}
	}
	buf_char(b, '"');
}

static void
start_line(struct buf *b, enum log_level level)
{
	if (is_journal)
		buf_printf(b, "<%d>", levels[level].priority);
}

static void
put_text(struct buf *b, enum log_level level, const char *area, struct str s)
{
	start_line(b, level);
	if (!is_journal) {
		put_time(b);
		buf_printf(b, " %-5s ", levels[level].name);
	}
	buf_printf(b, "%s: ", area);
	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.ptr[i];

		if (c == '\n') {
			buf_char(b, '\n');
			start_line(b, level);
			buf_puts(b, "    ");
		} else if (c == '\t' || (c >= 0x20 && c != 0x7f)) {
			buf_char(b, (char)c);
		} else {
			buf_printf(b, "\\x%02x", c);
		}
	}
	buf_char(b, '\n');
}

static void
put_object(struct buf *b, enum log_level level, const char *area, struct str s)
{
	start_line(b, level);
	buf_puts(b, "{\"time\":\"");
	put_time(b);
	buf_printf(b, "\",\"level\":\"%s\",\"area\":", levels[level].name);
	put_json(b, str_of(area));
	buf_puts(b, ",\"message\":");
	put_json(b, s);
	buf_puts(b, "}\n");
}

/* A log that can't be written is no reason to stop. */
static void
write_out(struct str s)
{
	while (s.len > 0) {
		ssize_t n = write(STDERR_FILENO, s.ptr, s.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return;
		s.ptr += n;
		s.len -= (size_t)n;
	}
}

static void
emit(enum log_level level, const char *area, struct buf *words)
{
	struct buf b = {0};
	struct str s = buf_as_str(words);
	int saved = errno;

	if (words->failed)
		s = STR("(a message too long to print)");
	while (s.len > 0 && s.ptr[s.len - 1] == '\n')
		s.len--;
	if (format_in_use == LOG_FORMAT_JSON)
		put_object(&b, level, area, s);
	else
		put_text(&b, level, area, s);
	write_out(buf_as_str(&b));
	buf_fini(&b);
	errno = saved;
}

void
log_line(enum log_level level, const char *area, const char *format, ...)
{
	struct buf words;
	va_list args;

	if (!log_is_on(level))
		return;
	buf_init(&words, MESSAGE_LIMIT);
	va_start(args, format);
	buf_vprintf(&words, format, args);
	va_end(args);
	emit(level, area, &words);
	buf_fini(&words);
}

void
log_error(enum log_level level, const char *area, const struct error *e,
    const char *format, ...)
{
	struct buf words;
	va_list args;

	if (!log_is_on(level))
		return;
	buf_init(&words, MESSAGE_LIMIT);
	va_start(args, format);
	buf_vprintf(&words, format, args);
	va_end(args);
	if (error_is_set(e)) {
		if (words.len > 0)
			buf_puts(&words,
			    words.ptr[words.len - 1] == ':' ? " " : ": ");
		error_print(e, &words);
	}
	emit(level, area, &words);
	buf_fini(&words);
}
