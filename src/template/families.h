/* SPDX-License-Identifier: MIT */
/* The tables of functions, one for each func_*.c. */
#ifndef WEIR_TEMPLATE_FAMILIES_H
#define WEIR_TEMPLATE_FAMILIES_H

#include "weir/template.h"

extern const struct func_family family_encoding;
extern const struct func_family family_engine;
extern const struct func_family family_env;
extern const struct func_family family_file;
extern const struct func_family family_haproxy;
extern const struct func_family family_list;
extern const struct func_family family_map;
extern const struct func_family family_math;
extern const struct func_family family_plugin;
extern const struct func_family family_regex;
extern const struct func_family family_scratch;
extern const struct func_family family_slots;
extern const struct func_family family_sockaddr;
extern const struct func_family family_sprig_crypto;
extern const struct func_family family_sprig_dates;
extern const struct func_family family_sprig_dicts;
extern const struct func_family family_sprig_encoding;
extern const struct func_family family_sprig_lists;
extern const struct func_family family_sprig_math;
extern const struct func_family family_sprig_paths;
extern const struct func_family family_sprig_regex;
extern const struct func_family family_sprig_semver;
extern const struct func_family family_sprig_strings;
extern const struct func_family family_sprig_types;
extern const struct func_family family_sprig_urls;
extern const struct func_family family_strings;
extern const struct func_family family_time;

#endif
