/* SPDX-License-Identifier: MIT */
/*
 * The families of this stage. Looked through in this order, so the first to
 * have a name wins.
 */
#include "families.h"

const struct func_family *const template_families[] = {
    &family_encoding,
    &family_engine,
    &family_env,
    &family_file,
    &family_haproxy,
    &family_list,
    &family_map,
    &family_math,
    &family_plugin,
    &family_regex,
    &family_scratch,
    &family_slots,
    &family_sockaddr,
    &family_sprig_crypto,
    &family_sprig_dates,
    &family_sprig_dicts,
    &family_sprig_encoding,
    &family_sprig_lists,
    &family_sprig_math,
    &family_sprig_paths,
    &family_sprig_regex,
    &family_sprig_semver,
    &family_sprig_strings,
    &family_sprig_types,
    &family_sprig_urls,
    &family_strings,
    &family_time,
    NULL,
};
