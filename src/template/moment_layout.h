/* SPDX-License-Identifier: MIT */
/* Go's time layouts: the reference time Mon Jan 2 15:04:05 2006 -0700 written
 * the way that times are to be written. */
#ifndef WEIR_TEMPLATE_MOMENT_LAYOUT_H
#define WEIR_TEMPLATE_MOMENT_LAYOUT_H

#include "weir/str.h"

enum layout_item {
	LAYOUT_NONE,
	LAYOUT_LONG_MONTH,
	LAYOUT_MONTH,
	LAYOUT_NUM_MONTH,
	LAYOUT_ZERO_MONTH,
	LAYOUT_LONG_WEEKDAY,
	LAYOUT_WEEKDAY,
	LAYOUT_DAY,
	LAYOUT_UNDER_DAY,
	LAYOUT_ZERO_DAY,
	LAYOUT_UNDER_YEAR_DAY,
	LAYOUT_ZERO_YEAR_DAY,
	LAYOUT_HOUR,
	LAYOUT_HOUR12,
	LAYOUT_ZERO_HOUR12,
	LAYOUT_MINUTE,
	LAYOUT_ZERO_MINUTE,
	LAYOUT_SECOND,
	LAYOUT_ZERO_SECOND,
	LAYOUT_LONG_YEAR,
	LAYOUT_YEAR,
	LAYOUT_UPPER_PM,
	LAYOUT_LOWER_PM,
	LAYOUT_ZONE_NAME,
	LAYOUT_ZONE,      /* a numeric zone: see struct layout_chunk */
	LAYOUT_FRACTION0, /* .000: that many digits */
	LAYOUT_FRACTION9  /* .999: without zeros at the end */
};

struct layout_chunk {
	struct str before; /* text that stands for itself */
	struct str text;   /* the item as it is written in the layout */
	enum layout_item item;
	/* ZONE */
	bool zulu; /* Z for UTC */
	bool colons;
	int parts; /* 1 hours, 2 minutes too, 3 seconds too */
	/* FRACTION */
	int digits;
	char point;
};

/* Takes the text up to and with the next item off the layout. */
void layout_next(struct str *layout, struct layout_chunk *);

extern const char *const layout_months[12];  /* in full */
extern const char *const layout_weekdays[7]; /* from Sunday */

#endif
