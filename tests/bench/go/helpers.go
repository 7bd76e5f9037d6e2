// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"reflect"
	"regexp"
	"sort"
	"strconv"
	"strings"
	"unicode"
)

// The helpers that the templates of the family `real` call, in Go, for the
// bench: as much of each as those templates ask for.

// arithmetic gives int64 or float64, whatever numbers come.
func arithmetic(ints func(a, b int64) int64, floats func(a, b float64) float64) any {
	return func(b, a any) (any, error) {
		av, bv := reflect.ValueOf(a), reflect.ValueOf(b)
		if av.CanInt() && bv.CanInt() {
			return ints(av.Int(), bv.Int()), nil
		}
		if floats == nil || !number(av) || !number(bv) {
			return nil, fmt.Errorf("no numbers: %v, %v", a, b)
		}
		return floats(real64(av), real64(bv)), nil
	}
}

func number(v reflect.Value) bool { return v.CanInt() || v.CanFloat() }

func real64(v reflect.Value) float64 {
	if v.CanInt() {
		return float64(v.Int())
	}
	return v.Float()
}

func contains(want, in any) bool {
	v := reflect.ValueOf(in)
	switch v.Kind() {
	case reflect.String:
		w, ok := want.(string)
		return ok && strings.Contains(v.String(), w)
	case reflect.Slice, reflect.Array:
		w := reflect.ValueOf(want)
		for i := range v.Len() {
			e := v.Index(i)
			if e.Kind() == reflect.Interface {
				e = e.Elem()
			}
			if e.CanInt() && w.CanInt() && e.Int() == w.Int() ||
				e.Kind() == w.Kind() && e.Comparable() && e.Equal(w) {
				return true
			}
		}
	}
	return false
}

func split(separator, s string) []string {
	if s = strings.TrimSpace(s); s == "" {
		return []string{}
	}
	return strings.Split(s, separator)
}

func loop(bounds ...any) (<-chan int64, error) {
	var n [2]int64
	for i, b := range bounds {
		if s, ok := b.(string); ok {
			parsed, err := strconv.ParseInt(s, 10, 64)
			if err != nil {
				return nil, err
			}
			b = parsed
		}
		n[i] = reflect.ValueOf(b).Int()
	}
	if len(bounds) == 1 {
		n[0], n[1] = 0, n[0]
	}
	c := make(chan int64)
	go func() {
		for i := n[0]; i < n[1]; i++ {
			c <- i
		}
		close(c)
	}()
	return c, nil
}

func indent(width int, s string) string {
	var b bytes.Buffer
	begins := true
	for _, c := range []byte(s) {
		if begins && c != '\n' {
			b.WriteString(strings.Repeat(" ", width))
		}
		b.WriteByte(c)
		begins = c == '\n'
	}
	return b.String()
}

func explode(pairs []*keyPair) (map[string]any, error) {
	all := map[string]any{}
	for _, p := range pairs {
		at := all
		parts := strings.Split(p.Key, "/")
		for _, part := range parts[:len(parts)-1] {
			if at[part] == nil {
				at[part] = map[string]any{}
			}
			next, ok := at[part].(map[string]any)
			if !ok {
				return nil, fmt.Errorf("not a map: %q", part)
			}
			at = next
		}
		at[parts[len(parts)-1]] = p.Value
	}
	return all, nil
}

func byKey(pairs []*keyPair) map[string]map[string]*keyPair {
	all := map[string]map[string]*keyPair{}
	for _, p := range pairs {
		top, rest, ok := strings.Cut(p.Key, "/")
		if !ok {
			continue
		}
		if all[top] == nil {
			all[top] = map[string]*keyPair{}
		}
		copied := *p
		copied.Key = rest
		all[top][rest] = &copied
	}
	return all
}

func byTag(in any) (map[string][]any, error) {
	all := map[string][]any{}
	switch list := in.(type) {
	case []*healthService:
		for _, s := range list {
			for _, t := range s.Tags {
				all[t] = append(all[t], s)
			}
		}
	case []*snippet:
		for _, s := range list {
			for _, t := range s.Tags {
				all[t] = append(all[t], s)
			}
		}
	default:
		return nil, fmt.Errorf("byTag: %T", in)
	}
	return all, nil
}

func byPort(list []*healthService) map[int][]*healthService {
	all := map[int][]*healthService{}
	for _, s := range list {
		all[s.Port] = append(all[s.Port], s)
	}
	return all
}

func parseJSON(s string) (any, error) {
	var v any
	if s == "" {
		return map[string]any{}, nil
	}
	err := json.Unmarshal([]byte(s), &v)
	return v, err
}

// toJSON in its four forms.
func toJSON(escaped bool, step string) func(any) (string, error) {
	return func(v any) (string, error) {
		var b bytes.Buffer
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(escaped)
		e.SetIndent("", step)
		err := e.Encode(v)
		return strings.TrimRight(b.String(), "\r\n"), err
	}
}

func toTitle(s string) string {
	before := ' '
	return strings.Map(func(r rune) rune {
		begins := !unicode.IsLetter(before) && !unicode.IsDigit(before) &&
			before != '_' && before != '\''
		before = r
		if begins {
			return unicode.ToTitle(r)
		}
		return r
	}, s)
}

func regexReplaceAll(pattern, to, s string) (string, error) {
	re, err := regexp.Compile(pattern)
	if err != nil {
		return "", err
	}
	return re.ReplaceAllString(s, to), nil
}

func regexMatch(pattern, s string) (bool, error) {
	re, err := regexp.Compile(pattern)
	return err == nil && re.MatchString(s), err
}

func base64Decode(s string) (string, error) {
	b, err := base64.StdEncoding.DecodeString(s)
	return string(b), err
}

// scratchpad is fresh in each execution.
type scratchpad struct{ values map[string]any }

func (s *scratchpad) Key(k string) bool { _, ok := s.values[k]; return ok }
func (s *scratchpad) Get(k string) any  { return s.values[k] }
func (s *scratchpad) Set(k string, v any) string {
	s.values[k] = v
	return ""
}
func (s *scratchpad) SetX(k string, v any) string {
	if !s.Key(k) {
		s.values[k] = v
	}
	return ""
}
func (s *scratchpad) part(k string) map[string]any {
	if s.values[k] == nil {
		s.values[k] = map[string]any{}
	}
	return s.values[k].(map[string]any)
}
func (s *scratchpad) MapSet(k, mk string, v any) string {
	s.part(k)[mk] = v
	return ""
}
func (s *scratchpad) MapSetX(k, mk string, v any) string {
	if _, ok := s.part(k)[mk]; !ok {
		s.part(k)[mk] = v
	}
	return ""
}
func (s *scratchpad) MapValues(k string) []any {
	if s.values[k] == nil {
		return nil
	}
	part := s.part(k)
	var list []any
	for _, mk := range sortedKeys(part) {
		list = append(list, part[mk])
	}
	return list
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	sort.Strings(keys)
	return keys
}

// lenient: "" is zero.
func lenient[T any](parse func(string) (T, error)) func(string) (T, error) {
	return func(s string) (T, error) {
		if s == "" {
			var zero T
			return zero, nil
		}
		return parse(s)
	}
}

func helpers(env map[string]string, pad *scratchpad) map[string]any {
	getenv := func(name string) string {
		if v, ok := env[name]; ok {
			return v
		}
		return os.Getenv(name)
	}
	return map[string]any{
		"add":      arithmetic(func(a, b int64) int64 { return a + b }, func(a, b float64) float64 { return a + b }),
		"subtract": arithmetic(func(a, b int64) int64 { return a - b }, func(a, b float64) float64 { return a - b }),
		"multiply": arithmetic(func(a, b int64) int64 { return a * b }, func(a, b float64) float64 { return a * b }),
		"divide":   arithmetic(func(a, b int64) int64 { return a / b }, func(a, b float64) float64 { return a / b }),
		"modulo":   arithmetic(func(a, b int64) int64 { return a % b }, nil),
		"minimum":  arithmetic(func(a, b int64) int64 { return min(a, b) }, math.Min),
		"maximum":  arithmetic(func(a, b int64) int64 { return max(a, b) }, math.Max),
		"contains": contains, "in": func(in, want any) bool { return contains(want, in) },
		"regexMatch": regexMatch, "regexReplaceAll": regexReplaceAll,
		"replaceAll": func(from, to, s string) string { return strings.ReplaceAll(s, from, to) },
		"split":      split, "join": func(with string, list []string) string { return strings.Join(list, with) },
		"toUpper": strings.ToUpper, "toLower": strings.ToLower, "toTitle": toTitle,
		"trim":       func(set, s string) string { return strings.Trim(s, set) },
		"trimPrefix": func(p, s string) string { return strings.TrimPrefix(s, p) },
		"trimSuffix": func(p, s string) string { return strings.TrimSuffix(s, p) },
		"trimSpace":  strings.TrimSpace, "indent": indent, "loop": loop,
		"parseJSON": parseJSON, "toJSON": toJSON(true, ""),
		"toJSONPretty": toJSON(true, "  "), "toUnescapedJSON": toJSON(false, ""),
		"toUnescapedJSONPretty": toJSON(false, "  "),
		"parseBool":             lenient(strconv.ParseBool),
		"parseInt":              lenient(func(s string) (int64, error) { return strconv.ParseInt(s, 10, 64) }),
		"parseFloat":            lenient(func(s string) (float64, error) { return strconv.ParseFloat(s, 64) }),
		"explode":               explode, "byKey": byKey, "byTag": byTag, "byPort": byPort,
		"env": getenv, "mustEnv": getenv,
		"envOrDefault": func(name, other string) string {
			if v := getenv(name); v != "" {
				return v
			}
			return other
		},
		"file": func(path string) (string, error) {
			text, err := os.ReadFile("tests/template/" + path)
			return string(text), err
		},
		"sha256Hex": func(s string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(s))) },
		"md5sum":    func(s string) string { return fmt.Sprintf("%x", md5.Sum([]byte(s))) },
		"hmacSHA256Hex": func(s, key string) string {
			h := hmac.New(sha256.New, []byte(key))
			h.Write([]byte(s))
			return fmt.Sprintf("%x", h.Sum(nil))
		},
		"base64Decode":    base64Decode,
		"base64Encode":    func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) },
		"base64URLEncode": func(s string) string { return base64.URLEncoding.EncodeToString([]byte(s)) },
		"scratch":         func() *scratchpad { return pad },
	}
}
