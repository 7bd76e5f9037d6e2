// SPDX-License-Identifier: MIT

package main

import (
	"encoding/base64"
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"unicode"
)

// The functions of sprig that the templates of the family `real` call, as far
// as those templates go.

func text(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case []byte:
		return string(v)
	}
	return fmt.Sprint(v)
}

func texts(v any) []string {
	if list, ok := v.([]string); ok {
		return list
	}
	var list []string
	of := reflect.ValueOf(v)
	for i := range of.Len() {
		list = append(list, text(of.Index(i).Interface()))
	}
	return list
}

func whole(v any) int64 {
	switch of := reflect.ValueOf(v); {
	case of.CanInt():
		return of.Int()
	case of.CanFloat():
		return int64(of.Float())
	case of.Kind() == reflect.Bool && of.Bool():
		return 1
	case of.Kind() == reflect.String:
		n, _ := strconv.ParseInt(of.String(), 0, 64)
		return n
	}
	return 0
}

func float(v any) float64 {
	of := reflect.ValueOf(v)
	if of.Kind() == reflect.String {
		f, _ := strconv.ParseFloat(of.String(), 64)
		return f
	}
	return real64(of)
}

func empty(v any) bool {
	if v == nil {
		return true
	}
	of := reflect.ValueOf(v)
	if of.Kind() == reflect.Slice || of.Kind() == reflect.Map {
		return of.Len() == 0
	}
	return of.Kind() != reflect.Struct && of.IsZero()
}

func items(v any) []any {
	if list, ok := v.([]any); ok {
		return list
	}
	of := reflect.ValueOf(v)
	list := make([]any, of.Len())
	for i := range list {
		list[i] = of.Index(i).Interface()
	}
	return list
}

func uniq(v any) []any {
	list := []any{}
	for _, e := range items(v) {
		if !slices.ContainsFunc(list, func(o any) bool { return reflect.DeepEqual(o, e) }) {
			list = append(list, e)
		}
	}
	return list
}

func dict(pairs ...any) map[string]any {
	m := map[string]any{}
	for i := 0; i < len(pairs); i += 2 {
		m[text(pairs[i])] = ""
		if i+1 < len(pairs) {
			m[text(pairs[i])] = pairs[i+1]
		}
	}
	return m
}

func cut(n int, s string) string {
	if n >= 0 && len(s) > n {
		return s[:n]
	}
	if n < 0 && len(s)+n > 0 {
		return s[len(s)+n:]
	}
	return s
}

func quoteAll(with string) func(...any) string {
	return func(list ...any) string {
		var out []string
		for _, v := range list {
			if v == nil {
				continue
			}
			if with == `"` {
				out = append(out, fmt.Sprintf("%q", text(v)))
			} else {
				out = append(out, with+text(v)+with)
			}
		}
		return strings.Join(out, " ")
	}
}

func backwards(v any) []any {
	list := slices.Clone(items(v))
	slices.Reverse(list)
	return list
}

func sorted(v any) []string {
	list := slices.Clone(texts(v))
	sort.Strings(list)
	return list
}

func fold(of func(a, b int64) int64) func(any, ...any) int64 {
	return func(a any, rest ...any) int64 {
		n := whole(a)
		for _, b := range rest {
			n = of(n, whole(b))
		}
		return n
	}
}

func sprigs() map[string]any {
	first := func(v any) any { return items(v)[0] }
	return map[string]any{
		"sprig_list": func(v ...any) []any { return v }, "sprig_dict": dict,
		"sprig_tuple": func(v ...any) []any { return v },
		"sprig_default": func(other any, given ...any) any {
			if len(given) == 0 || empty(given[0]) {
				return other
			}
			return given[0]
		},
		"sprig_empty": empty,
		"sprig_join":  func(with string, v any) string { return strings.Join(texts(v), with) },
		"sprig_trunc": cut, "sprig_uniq": uniq,
		"sprig_int":       func(v any) int { return int(whole(v)) },
		"sprig_int64":     whole,
		"sprig_float64":   float,
		"sprig_atoi":      func(s string) int { n, _ := strconv.Atoi(s); return n },
		"sprig_sortAlpha": sorted,
		"sprig_reverse":   backwards,
		"sprig_quote":     quoteAll(`"`), "sprig_squote": quoteAll("'"),
		"sprig_hasKey": func(m map[string]any, k string) bool { _, ok := m[k]; return ok },
		"sprig_append": func(v any, e any) []any { return append(slices.Clone(items(v)), e) },
		"sprig_add":    fold(func(a, b int64) int64 { return a + b }),
		"sprig_sub":    fold(func(a, b int64) int64 { return a - b }),
		"sprig_mul":    fold(func(a, b int64) int64 { return a * b }),
		"sprig_div":    fold(func(a, b int64) int64 { return a / b }),
		"sprig_mod":    fold(func(a, b int64) int64 { return a % b }),
		"sprig_max":    fold(func(a, b int64) int64 { return max(a, b) }),
		"sprig_min":    fold(func(a, b int64) int64 { return min(a, b) }),
		"sprig_add1":   func(a any) int64 { return whole(a) + 1 },
		"sprig_title":  strings.Title,
		"sprig_has": func(e, v any) bool {
			return slices.ContainsFunc(items(v), func(o any) bool { return reflect.DeepEqual(o, e) })
		},
		"sprig_ternary": func(a, b any, yes bool) any {
			if yes {
				return a
			}
			return b
		},
		"sprig_plural": func(one, many string, n int) string {
			if n == 1 {
				return one
			}
			return many
		},
		"sprig_indent": func(n int, s string) string {
			pad := strings.Repeat(" ", n)
			return pad + strings.ReplaceAll(s, "\n", "\n"+pad)
		},
		"sprig_nindent": func(n int, s string) string {
			pad := strings.Repeat(" ", n)
			return "\n" + pad + strings.ReplaceAll(s, "\n", "\n"+pad)
		},
		"sprig_substr": func(from, to int, s string) string {
			return s[max(from, 0):min(to, len(s))]
		},
		"sprig_first":     first,
		"sprig_last":      func(v any) any { l := items(v); return l[len(l)-1] },
		"sprig_rest":      func(v any) []any { return items(v)[1:] },
		"sprig_splitList": func(by, s string) []string { return strings.Split(s, by) },
		"sprig_get": func(m map[string]any, k string) any {
			if v, ok := m[k]; ok {
				return v
			}
			return ""
		},
		"sprig_set": func(m map[string]any, k string, v any) map[string]any { m[k] = v; return m },
		"sprig_unset": func(m map[string]any, k string) map[string]any {
			delete(m, k)
			return m
		},
		"sprig_toStrings": texts,
		"sprig_trimAll":   func(set, s string) string { return strings.Trim(s, set) },
		"sprig_contains":  func(part, s string) bool { return strings.Contains(s, part) },
		"sprig_hasPrefix": func(p, s string) bool { return strings.HasPrefix(s, p) },
		"sprig_hasSuffix": func(p, s string) bool { return strings.HasSuffix(s, p) },
		"sprig_replace":   func(from, to, s string) string { return strings.ReplaceAll(s, from, to) },
		"sprig_nospace": func(s string) string {
			return strings.Join(strings.FieldsFunc(s, unicode.IsSpace), "")
		},
		"sprig_regexQuoteMeta": regexp.QuoteMeta,
		"sprig_regexFind":      func(re, s string) string { return regexp.MustCompile(re).FindString(s) },
		"sprig_toJson":         toJSON(true, ""), "sprig_toRawJson": toJSON(false, ""),
		"sprig_toPrettyJson": toJSON(true, "  "),
		"sprig_kindOf":       func(v any) string { return reflect.ValueOf(v).Kind().String() },
		"sprig_kindIs":       func(k string, v any) bool { return reflect.ValueOf(v).Kind().String() == k },
		"sprig_typeOf":       func(v any) string { return fmt.Sprintf("%T", v) },
		"sprig_abbrev": func(n int, s string) string {
			if len(s) > n {
				return s[:n-3] + "..."
			}
			return s
		},
		"sprig_repeat": func(n int, s string) string { return strings.Repeat(s, n) },
		"sprig_b64enc": func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
		"sprig_b64dec": func(s string) string { t, _ := base64Decode(s); return t },
		"sprig_any":    func(v ...any) bool { return slices.ContainsFunc(v, func(e any) bool { return !empty(e) }) },
		"sprig_all":    func(v ...any) bool { return !slices.ContainsFunc(v, empty) },
		"sprig_coalesce": func(v ...any) any {
			for _, e := range v {
				if !empty(e) {
					return e
				}
			}
			return nil
		},
	}
}
