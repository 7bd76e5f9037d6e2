// SPDX-License-Identifier: MIT

package main

import (
	"regexp"
	"strings"
	"time"
)

// How long one template is made smaller.
const shrinkTime = 4 * time.Second

// token parts a template roughly as the language does; every byte is in one.
var token = regexp.MustCompile("(?s)\\{\\{-?|-?\\}\\}|\"(?:[^\"\\\\]|\\\\.)*\"|`[^`]*`|" +
	`:=|\$?[\pL\d_]+|\.[\pL\d_]*|[ \t\r\n]+|\\x[0-9a-f]{2}|\\u[0-9a-f]{4}|\\.|.`)

var inner = regexp.MustCompile(`(?s)\\x[0-9a-f]{2}|\\u[0-9a-f]{4}|\\.|.`)

// groups parts a template into its parentheses, whole, and what is between.
func groups(s string) (parts []string) {
	depth, from := 0, 0
	for _, at := range token.FindAllStringIndex(s, -1) {
		switch s[at[0]:at[1]] {
		case "(":
			depth++
		case ")":
			depth = max(depth-1, 0)
		}
		if depth == 0 {
			parts = append(parts, s[from:at[1]])
			from = at[1]
		}
	}
	return append(parts, s[from:])
}

type shrinker struct {
	both *sides
	sort string
	best string
	end  time.Time
}

func shrink(text, sort string, both *sides) string {
	s := &shrinker{both, sort, text, time.Now().Add(shrinkTime)}
	for before := -1; before != len(s.best); {
		before = len(s.best)
		s.pieces(groups)
		s.opened()
		s.pieces(func(t string) []string { return token.FindAllString(t, -1) })
		s.pieces(func(t string) []string { return inner.FindAllString(t, -1) })
	}
	return s.best
}

// try keeps the candidate if it still shows the difference.
func (s *shrinker) try(text string) bool {
	if time.Now().After(s.end) || len(text) >= len(s.best) {
		return false
	}
	want, got, differs := s.both.differ(text)
	if !differs || signature(want, got) != s.sort {
		return false
	}
	s.best = text
	return true
}

// pieces drops runs of parts, the long ones first.
func (s *shrinker) pieces(split func(string) []string) {
	for n := len(split(s.best)) / 2; n >= 1; n /= 2 {
		for i := 0; ; {
			parts := split(s.best)
			if i+n > len(parts) {
				break
			}
			if !s.try(strings.Join(parts[:i], "") + strings.Join(parts[i+n:], "")) {
				i++
			}
		}
	}
}

// opened puts in place of a call in parentheses one of its arguments, or
// something small.
func (s *shrinker) opened() {
	for i := 0; i < len(s.best); i++ {
		if s.best[i] != '(' {
			continue
		}
		whole := groups(s.best[i:])[0]
		if !strings.HasSuffix(whole, ")") {
			continue
		}
		rest := s.best[i+len(whole):]
		for _, part := range append(groups(whole[1:len(whole)-1]), `""`, "1") {
			if strings.TrimSpace(part) != "" && s.try(s.best[:i]+part+rest) {
				break
			}
		}
	}
}
