/* SPDX-License-Identifier: MIT */
/* Where libraries have their memory from. */
#ifndef WEIR_CMD_LIBRARIES_H
#define WEIR_CMD_LIBRARIES_H

/* Once, before any library was used. */
void libraries_init(void);

#endif
