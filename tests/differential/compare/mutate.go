// SPDX-License-Identifier: MIT

package main

import (
	"math/rand/v2"
	"regexp"
	"strings"
)

// token parts a template roughly as the language does; every byte is in one.
var token = regexp.MustCompile("(?s)\\{\\{-?|-?\\}\\}|\"(?:[^\"\\\\]|\\\\.)*\"|`[^`]*`|" +
	`/\*|\*/|:=|\$?[\pL\d_]+|\.[\pL\d_]*|[ \t\r\n]+|.`)

func tokens(s string) []string {
	return token.FindAllString(s, -1)
}

var insertions = []string{"{{", "}}", "-}}", "{{-", "{{end}}", "{{else}}", "(", ")",
	"|", ".", "$", "\"", "`", "'", " ", "\n", "end", "else", "if", "range", "with",
	"define", "block", "template", "break", "continue", "nil", "true", "1", ":=",
	"=", ",", "\x00", "\xff", "é", "-", "+", "0", "/*", "*/", "{{break}}",
	"{{/**/}}", "$x", ".a", "_", "i", "e", "x", "%", "\\", "print", "len ."}

// mutate damages a template in one to three places.
func mutate(r *rand.Rand, s string, corpus []string) string {
	for range 1 + r.IntN(3) {
		if chance(r, 70) {
			s = mutateTokens(r, s, corpus)
		} else {
			s = mutateBytes(r, s)
		}
	}
	return s
}

func mutateTokens(r *rand.Rand, s string, corpus []string) string {
	t := tokens(s)
	if len(t) == 0 {
		return pick(r, insertions)
	}
	i, j := r.IntN(len(t)), r.IntN(len(t))
	switch r.IntN(7) {
	case 0:
		t[i] = ""
	case 1:
		t[i] += t[i]
	case 2:
		t[i], t[j] = t[j], t[i]
	case 3:
		t[i] = pick(r, insertions)
	case 4:
		t[i] += pick(r, insertions)
	case 5:
		t = t[:i]
	default:
		if len(corpus) > 0 && chance(r, 30) {
			other := tokens(pick(r, corpus))
			if len(other) > 0 {
				k := r.IntN(len(other))
				end := min(k+1+r.IntN(8), len(other))
				t[i] += strings.Join(other[k:end], "")
			}
		} else {
			t[i] = t[j]
		}
	}
	return strings.Join(t, "")
}

func mutateBytes(r *rand.Rand, s string) string {
	if s == "" {
		return s
	}
	i := r.IntN(len(s))
	switch r.IntN(4) {
	case 0:
		return s[:i] + s[i+1:]
	case 1:
		return s[:i] + s[i:i+1] + s[i:]
	case 2:
		return s[:i] + string(rune(r.IntN(128))) + s[i+1:]
	default:
		return s[:i] + string([]byte{byte(r.IntN(256))}) + s[i:]
	}
}
