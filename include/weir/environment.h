/* SPDX-License-Identifier: MIT */
/* stage: base
 *
 * The environment that other programs are given.
 */
#ifndef WEIR_ENVIRONMENT_H
#define WEIR_ENVIRONMENT_H

/* Our own without what is weir's alone: Consul's variables, tokens above all,
 * and what systemd told us. NULL-terminated; the strings are borrowed from
 * environ, the caller frees the array. */
char **environment_for_others(void);

#endif
