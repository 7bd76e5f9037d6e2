// SPDX-License-Identifier: MIT

package main

import "strings"

// The functions, with sorts of arguments (values.go) that fit and the sort of
// their result. `…` stands before what may come again or not at all, `?` before
// what may be left out.
const table = `
base64Decode b64 > text
base64Encode text > text
base64URLDecode b64 > text
base64URLEncode text > text
contains any list > bool
contains cut text > bool
containsAll list list > bool
containsAny list list > bool
containsNone list list > bool
containsNotAll list list > bool
env name > text
mustEnv name > text
envOrDefault name text > text
explodeMap pathdict > dict
explode keys > dict
byKey keys > groups
byTag instances > groups
byPort instances > groups
byMeta meta instances > groups
mergeMap dict dict > dict
mergeMapWithOverride dict dict > dict
in list any > bool
in text cut > bool
indent size lines > text
loop count ?count > chan
join sep strs > text
trim cut text > text
trimPrefix cut text > text
trimSuffix cut text > text
trimSpace lines > text
parseBool boolword > bool
parseFloat digits > float
parseInt digits > i64
parseJSON json > any
parseUint digits > u64
parseYAML yaml > any
regexReplaceAll regex repl text > text
regexMatch regex text > bool
replaceAll cut cut text > text
sha256Hex text > text
md5sum text > text
hmacSHA256Hex text text > text
timestamp ?stamp > text
toLower text > text
toJSON any > text
toJSONPretty any > text
toUnescapedJSON any > text
toUnescapedJSONPretty any > text
toTitle lines > text
toTOML dict > text
toUpper text > text
toYAML any > text
split sep text > strs
splitToMap sep sep pairs > smap
sockaddr sockaddr > text
add number number > any
subtract number number > any
multiply number number > any
divide number number > any
modulo number number > any
minimum number number > any
maximum number number > any
spew_sdump any …any > text
spew_sprintf format any …any > text
sprig_hello > text
sprig_ago time > text
sprig_duration digits > text
sprig_duration i64 > text
sprig_durationRound duration > text
sprig_durationRound i64 > text
sprig_must_date_modify duration time > time
sprig_mustDateModify duration time > time
sprig_mustToDate layout date > time
sprig_toDate layout date > time
sprig_unixEpoch time > text
sprig_abbrev size text > text
sprig_abbrevboth size size text > text
sprig_trunc size text > text
sprig_trim lines > text
sprig_upper text > text
sprig_lower text > text
sprig_title lines > text
sprig_untitle lines > text
sprig_substr size size text > text
sprig_repeat count text > text
sprig_trimall cut text > text
sprig_trimAll cut text > text
sprig_trimSuffix cut text > text
sprig_trimPrefix cut text > text
sprig_nospace lines > text
sprig_initials lines > text
sprig_swapcase lines > text
sprig_shuffle letter > text
sprig_snakecase lines > text
sprig_camelcase lines > text
sprig_kebabcase lines > text
sprig_wrap size lines > text
sprig_wrapWith size sep lines > text
sprig_contains cut text > bool
sprig_hasPrefix cut text > bool
sprig_hasSuffix cut text > bool
sprig_quote …any > text
sprig_squote …any > text
sprig_cat …any > text
sprig_indent count lines > text
sprig_nindent count lines > text
sprig_replace cut cut text > text
sprig_plural text text int > text
sprig_sha1sum text > text
sprig_sha256sum text > text
sprig_sha512sum text > text
sprig_adler32sum text > text
sprig_toString any > text
sprig_atoi digits > int
sprig_int64 number > i64
sprig_int number > int
sprig_float64 number > float
sprig_seq ?count ?count ?count > text
sprig_toDecimal digits > i64
sprig_split sep text > smap
sprig_splitList sep text > strs
sprig_splitn sep size text > smap
sprig_toStrings list > strs
sprig_until count > ints
sprig_untilStep count count count > ints
sprig_add1 number > i64
sprig_add …number > i64
sprig_sub number number > i64
sprig_div number number > i64
sprig_mod number number > i64
sprig_mul number …number > i64
sprig_add1f number > float
sprig_addf …number > float
sprig_subf number …number > float
sprig_divf number …number > float
sprig_mulf number …number > float
sprig_biggest number …number > i64
sprig_max number …number > i64
sprig_min number …number > i64
sprig_maxf number …number > float
sprig_minf number …number > float
sprig_ceil number > float
sprig_floor number > float
sprig_round number size ?float > float
sprig_join sep list > text
sprig_sortAlpha list > strs
sprig_default any ?any > any
sprig_empty any > bool
sprig_coalesce …any > any
sprig_all …any > bool
sprig_any …any > bool
sprig_compact list > list
sprig_mustCompact list > list
sprig_fromJson json > any
sprig_mustFromJson json > any
sprig_toJson any > text
sprig_mustToJson any > text
sprig_toPrettyJson any > text
sprig_mustToPrettyJson any > text
sprig_toRawJson any > text
sprig_mustToRawJson any > text
sprig_ternary any any bool > any
sprig_deepCopy any > any
sprig_mustDeepCopy any > any
sprig_typeOf any > text
sprig_typeIs type any > bool
sprig_typeIsLike type any > bool
sprig_kindOf any > text
sprig_kindIs kind any > bool
sprig_deepEqual any any > bool
sprig_base path > text
sprig_dir path > text
sprig_clean path > text
sprig_ext path > text
sprig_isAbs path > bool
sprig_osBase path > text
sprig_osClean path > text
sprig_osDir path > text
sprig_osExt path > text
sprig_osIsAbs path > bool
sprig_b64enc text > text
sprig_b64dec b64 > text
sprig_b32enc text > text
sprig_b32dec b32 > text
sprig_tuple …any > list
sprig_list …any > list
sprig_dict …word any > dict
sprig_get dict key > any
sprig_set dict key any > dict
sprig_unset dict key > dict
sprig_hasKey dict key > bool
sprig_pluck key …dict > list
sprig_pick dict …key > dict
sprig_omit dict …key > dict
sprig_merge dict …dict > any
sprig_mergeOverwrite dict …dict > any
sprig_mustMerge dict …dict > any
sprig_mustMergeOverwrite dict …dict > any
sprig_append list any > list
sprig_mustAppend list any > list
sprig_push list any > list
sprig_mustPush list any > list
sprig_prepend list any > list
sprig_mustPrepend list any > list
sprig_first list > any
sprig_mustFirst list > any
sprig_rest list > list
sprig_mustRest list > list
sprig_last list > any
sprig_mustLast list > any
sprig_initial list > list
sprig_mustInitial list > list
sprig_reverse list > list
sprig_mustReverse list > list
sprig_uniq list > list
sprig_mustUniq list > list
sprig_without list …any > list
sprig_mustWithout list …any > list
sprig_has any list > bool
sprig_mustHas any list > bool
sprig_slice list ?size ?size > list
sprig_mustSlice list ?size ?size > list
sprig_concat …list > list
sprig_dig key ?key ?key any dict > any
sprig_chunk size list > list
sprig_mustChunk size list > list
sprig_genPrivateKey word > text
sprig_buildCustomCert b64 b64 > any
sprig_decryptAES text b64 > text
sprig_semver semver > semverv
sprig_semverCompare constraint semver > bool
sprig_fail text > text
sprig_regexMatch regex text > bool
sprig_mustRegexMatch regex text > bool
sprig_regexFindAll regex text size > strs
sprig_mustRegexFindAll regex text size > strs
sprig_regexFind regex text > text
sprig_mustRegexFind regex text > text
sprig_regexReplaceAll regex text repl > text
sprig_mustRegexReplaceAll regex text repl > text
sprig_regexReplaceAllLiteral regex text repl > text
sprig_mustRegexReplaceAllLiteral regex text repl > text
sprig_regexSplit regex text size > strs
sprig_mustRegexSplit regex text size > strs
sprig_regexQuoteMeta regex > text
sprig_urlParse url > dict
sprig_urlJoin urldict > text
`

type function struct {
	name   string
	params []string
	result string
}

var (
	functions []*function
	producers = map[string][]*function{} // by result
)

func init() {
	for line := range strings.Lines(table) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		n := len(words)
		f := &function{name: words[0], params: words[1 : n-2], result: words[n-1]}
		functions = append(functions, f)
		producers[f.result] = append(producers[f.result], f)
	}
}
