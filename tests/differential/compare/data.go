// SPDX-License-Identifier: MIT

package main

import (
	"encoding/json"
	"math"
	"math/rand/v2"
)

// Random JSON. Keys come from a small set, so that templates find them.

var (
	keys = []string{"name", "port", "on", "tags", "nums", "meta", "items", "a",
		"b", "c", "A_1", "Port", "none", "é", "_x", "end", "nil", "len"}
	oddKeys = []string{"x-y", "", "a b", "a.b", "1", "日 本", "\"", "%s", "<k>"}
	texts   = []string{"", "a", "web", "web-1", "10.0.0.1", "héllo", "日本語",
		"a\nb", "\t tab", "<a href=\"x\">&'</a>", "100%", "%d %s", "a,b,c",
		"true", "0", "42", "😀", "\u0085\u2028\ufeff", "\\x\"'`", "\u007f\u0001", "nul\u0000",
		"=+-~_.!*()", "/path/to?q=1&r=2#f", "Ünïcödé", "\ufffd", "e\u0301"}
	numbers = []float64{0, 1, 2, 3, -1, 10, 80, 8080, 0.5, -1.5, 3.14159, 1e6,
		123456789, 1e20, 1e21, 1.5e22, 1e-4, 1e-5, 1.25e-7, 1e100, 1e300, 5e-324,
		math.MaxFloat64, 9007199254740993, 0.1, 1.0 / 3, 2147483648,
		-9223372036854775808, 100000, 1234567.891, math.Copysign(0, -1)}
)

func pick[T any](r *rand.Rand, of []T) T {
	return of[r.IntN(len(of))]
}

func chance(r *rand.Rand, percent int) bool {
	return r.IntN(100) < percent
}

func randomData(r *rand.Rand) any {
	if chance(r, 6) {
		return randomValue(r, 3)
	}
	return randomMap(r, 3, 3+r.IntN(6))
}

func randomValue(r *rand.Rand, depth int) any {
	n := r.IntN(12)
	if depth == 0 {
		n = r.IntN(8)
	}
	switch n {
	case 0, 1, 2:
		return pick(r, texts)
	case 3, 4, 5:
		return randomNumber(r)
	case 6:
		return chance(r, 60)
	case 7:
		return nil
	case 8, 9:
		return randomList(r, depth-1)
	default:
		return randomMap(r, depth-1, r.IntN(5))
	}
}

func randomNumber(r *rand.Rand) float64 {
	switch r.IntN(4) {
	case 0:
		return float64(r.IntN(100))
	case 1:
		return math.Round(r.NormFloat64()*1e6) / 1e3
	default:
		return pick(r, numbers)
	}
}

// Most lists are of one kind, as they are in life.
func randomList(r *rand.Rand, depth int) any {
	list := make([]any, r.IntN(5))
	kind := r.IntN(5)
	for i := range list {
		switch kind {
		case 0:
			list[i] = pick(r, texts)
		case 1:
			list[i] = randomNumber(r)
		case 2:
			list[i] = randomMap(r, depth, 1+r.IntN(4))
		default:
			list[i] = randomValue(r, depth)
		}
	}
	return list
}

func randomMap(r *rand.Rand, depth, size int) any {
	m := map[string]any{}
	for range size {
		key := pick(r, keys)
		if chance(r, 8) {
			key = pick(r, oddKeys)
		}
		m[key] = randomValue(r, depth)
	}
	return m
}

func encode(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(err)
	}
	return string(text)
}
