/* SPDX-License-Identifier: MIT */
/* Memory of the process' own (RssAnon of proc(5)), without the pages of shared
 * libraries; -1 if that can't be known. */
#ifndef WEIR_REPORT_MEMORY_H
#define WEIR_REPORT_MEMORY_H

#include <stdint.h>

int64_t report_memory(void);

#endif
