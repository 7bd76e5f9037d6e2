/* SPDX-License-Identifier: MIT */
/* The page at /: the status for a person with a browser. */
#ifndef WEIR_REPORT_PAGE_H
#define WEIR_REPORT_PAGE_H

#include "weir/report.h"

void page_print(const struct report_options *, struct buf *);

#endif
