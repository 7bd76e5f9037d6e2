/* SPDX-License-Identifier: MIT */
/* Time.Format of Go. */
#include <stdio.h>
#include <stdlib.h>

#include "moment.h"
#include "moment_layout.h"

/* At least width digits. */
static void
put_int(struct buf *out, int64_t n, int width)
{
	if (n < 0)
		buf_char(out, '-');
	buf_printf(out, "%0*lld", width, llabs((long long)n));
}

static void
put_zone(struct buf *out, const struct layout_chunk *c, int64_t offset)
{
	int64_t minutes = llabs(offset) / 60;

	if (offset == 0 && c->zulu) {
		buf_char(out, 'Z');
		return;
	}
	/* Go takes the sign of the minutes */
	buf_char(out, offset / 60 < 0 ? '-' : '+');
	buf_printf(out, "%02d", (int)(minutes / 60));
	if (c->parts > 1)
		buf_printf(
		    out, c->colons ? ":%02d" : "%02d", (int)(minutes % 60));
	if (c->parts > 2)
		buf_printf(out, c->colons ? ":%02d" : "%02d",
		    (int)(llabs(offset) % 60));
}

static void
put_zone_name(struct buf *out, const struct moment_fields *f)
{
	const struct layout_chunk numeric = {.parts = 2};

	if (f->zone[0])
		buf_puts(out, f->zone);
	else
		put_zone(out, &numeric, f->offset);
}

static void
put_fraction(struct buf *out, const struct layout_chunk *c, int64_t nanos)
{
	char digits[16];
	int n = c->digits < 9 ? c->digits : 9;

	snprintf(digits, sizeof(digits), "%09lld", (long long)nanos);
	if (c->item == LAYOUT_FRACTION9) {
		while (n && digits[n - 1] == '0')
			n--;
		if (!n)
			return;
	}
	buf_char(out, c->point);
	buf_put(out, digits, (size_t)n);
	if (c->item == LAYOUT_FRACTION0 && c->digits > n)
		buf_repeat(out, '0', (size_t)(c->digits - n));
}

static int
hour12(const struct moment_fields *f)
{
	return f->hour % 12 ? f->hour % 12 : 12;
}

static void
put_date_item(
    struct buf *out, enum layout_item item, const struct moment_fields *f)
{
	switch (item) {
	case LAYOUT_YEAR:
		put_int(out, llabs((long long)f->year) % 100, 2);
		break;
	case LAYOUT_LONG_YEAR:
		put_int(out, f->year, 4);
		break;
	case LAYOUT_MONTH:
		buf_put(out, layout_months[f->month - 1], 3);
		break;
	case LAYOUT_LONG_MONTH:
		buf_puts(out, layout_months[f->month - 1]);
		break;
	case LAYOUT_NUM_MONTH:
	case LAYOUT_ZERO_MONTH:
		put_int(out, f->month, item == LAYOUT_ZERO_MONTH ? 2 : 1);
		break;
	case LAYOUT_WEEKDAY:
		buf_put(out, layout_weekdays[f->weekday], 3);
		break;
	case LAYOUT_LONG_WEEKDAY:
		buf_puts(out, layout_weekdays[f->weekday]);
		break;
	case LAYOUT_DAY:
	case LAYOUT_ZERO_DAY:
		put_int(out, f->day, item == LAYOUT_ZERO_DAY ? 2 : 1);
		break;
	case LAYOUT_UNDER_DAY:
		buf_printf(out, "%2d", f->day);
		break;
	case LAYOUT_UNDER_YEAR_DAY:
		buf_printf(out, "%3d", f->year_day);
		break;
	case LAYOUT_ZERO_YEAR_DAY:
		put_int(out, f->year_day, 3);
		break;
	default:
		break;
	}
}

static void
put_clock_item(
    struct buf *out, enum layout_item item, const struct moment_fields *f)
{
	switch (item) {
	case LAYOUT_HOUR:
		put_int(out, f->hour, 2);
		break;
	case LAYOUT_HOUR12:
	case LAYOUT_ZERO_HOUR12:
		put_int(out, hour12(f), item == LAYOUT_ZERO_HOUR12 ? 2 : 1);
		break;
	case LAYOUT_MINUTE:
	case LAYOUT_ZERO_MINUTE:
		put_int(out, f->minute, item == LAYOUT_ZERO_MINUTE ? 2 : 1);
		break;
	case LAYOUT_SECOND:
	case LAYOUT_ZERO_SECOND:
		put_int(out, f->second, item == LAYOUT_ZERO_SECOND ? 2 : 1);
		break;
	case LAYOUT_UPPER_PM:
		buf_puts(out, f->hour >= 12 ? "PM" : "AM");
		break;
	case LAYOUT_LOWER_PM:
		buf_puts(out, f->hour >= 12 ? "pm" : "am");
		break;
	case LAYOUT_ZONE_NAME:
		put_zone_name(out, f);
		break;
	default:
		break;
	}
}

void
moment_format(const struct moment *m, struct str layout, struct buf *out)
{
	struct moment_fields f;
	struct layout_chunk c;

	moment_fields(m, &f);
	while (layout.len) {
		layout_next(&layout, &c);
		buf_str(out, c.before);
		if (c.item == LAYOUT_ZONE)
			put_zone(out, &c, f.offset);
		else if (c.item == LAYOUT_FRACTION0 ||
			 c.item == LAYOUT_FRACTION9)
			put_fraction(out, &c, m->nanos);
		put_date_item(out, c.item, &f);
		put_clock_item(out, c.item, &f);
	}
}
