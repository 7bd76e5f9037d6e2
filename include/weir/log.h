/* SPDX-License-Identifier: MIT */
/* stage: base
 *
 * One line for each decision, to standard error, as text or as JSON. Who
 * decides logs; everybody below fills a struct error. Under systemd
 * (JOURNAL_STREAM) lines carry a syslog priority prefix and no time.
 */
#ifndef WEIR_LOG_H
#define WEIR_LOG_H

#include <stdbool.h>

struct error;

enum log_level {
	LOG_LEVEL_DEBUG,
	LOG_LEVEL_INFO,
	LOG_LEVEL_WARN,
	LOG_LEVEL_ERROR
};
enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };

/* Process-wide. Text: "2026-01-02T15:04:05.123Z info  template: words". JSON:
 * {"time":…,"level":…,"area":…,"message":…}. Defaults: info, text. */
void log_init(enum log_level, enum log_format);
/* -1 if the name is none of debug info warn error (text json). */
int log_level_parse(const char *name, enum log_level *);
int log_format_parse(const char *name, enum log_format *);
bool log_is_on(enum log_level);

/* area: consul, template, apply, haproxy, config, run … */
void log_line(enum log_level, const char *area, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* "words: ", then the error as error_print gives it. */
void log_error(enum log_level, const char *area, const struct error *,
    const char *format, ...) __attribute__((format(printf, 4, 5)));

#define log_debug(...)                                          \
	do {                                                    \
		if (log_is_on(LOG_LEVEL_DEBUG))                 \
			log_line(LOG_LEVEL_DEBUG, __VA_ARGS__); \
	} while (0)
#define log_info(...) log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_warn(...) log_line(LOG_LEVEL_WARN, __VA_ARGS__)

#endif
