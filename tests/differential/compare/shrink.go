// SPDX-License-Identifier: MIT

package main

import (
	"encoding/json"
	"strings"
	"time"
)

// How long one template is made smaller.
const shrinkTime = 10 * time.Second

// shrinker takes away from an input what can go without the difference going.
type shrinker struct {
	both *sides
	sort string
	best input
	end  time.Time
}

func shrink(in input, both *sides) input {
	want, _ := both.askGo(in)
	s := &shrinker{both, signature(want, both.weir.ask(in)), in,
		time.Now().Add(shrinkTime)}
	for before := -1; before != s.size(); {
		before = s.size()
		s.settings()
		s.pieces(actions)
		s.pairs()
		s.pieces(tokens)
		s.pieces(func(t string) []string { return strings.Split(t, "") })
		s.data()
	}
	return s.best
}

func (s *shrinker) size() int {
	return len(s.best.text) + len(s.best.data)
}

// try keeps the candidate if it still shows the difference.
func (s *shrinker) try(in input) bool {
	if time.Now().After(s.end) {
		return false
	}
	want, ok := s.both.askGo(in)
	if !ok {
		return false
	}
	got := s.both.weir.ask(in)
	if same(in, want, got) || isKnown(in, want, got) || signature(want, got) != s.sort {
		return false
	}
	s.best = in
	return true
}

func (s *shrinker) tryText(text string) bool {
	in := s.best
	in.text = text
	return s.try(in)
}

func (s *shrinker) settings() {
	in := s.best
	in.missingError = false
	if s.best.missingError {
		s.try(in)
	}
	if in = s.best; in.left != "" || in.right != "" {
		if in.left != "" {
			in.text = strings.ReplaceAll(in.text, in.left, "{{")
		}
		if in.right != "" {
			in.text = strings.ReplaceAll(in.text, in.right, "}}")
		}
		in.left, in.right = "", ""
		s.try(in)
	}
}

// actions parts a template into its actions and the text between them.
func actions(text string) (parts []string) {
	for text != "" {
		n := strings.Index(text, "{{")
		if n == 0 {
			if n = strings.Index(text, "}}"); n >= 0 {
				n += 2
			}
		}
		if n < 0 {
			n = len(text)
		}
		parts = append(parts, text[:n])
		text = text[n:]
	}
	return parts
}

func without(parts []string, from, to int) string {
	return strings.Join(parts[:from], "") + strings.Join(parts[to:], "")
}

// pieces drops runs of parts, the long ones first.
func (s *shrinker) pieces(split func(string) []string) {
	for n := len(split(s.best.text)) / 2; n >= 1; n /= 2 {
		for i := 0; ; {
			parts := split(s.best.text)
			if i+n > len(parts) {
				break
			}
			if !s.tryText(without(parts, i, i+n)) {
				i++
			}
		}
	}
}

// pairs drops two parts that need each other, such as {{if}} and {{end}}.
func (s *shrinker) pairs() {
	for i := 0; i < len(actions(s.best.text)); i++ {
		for j := i + 1; j < len(actions(s.best.text)); j++ {
			parts := actions(s.best.text)
			parts[i], parts[j] = "", ""
			if s.tryText(strings.Join(parts, "")) {
				i = max(i-1, 0)
				break
			}
		}
	}
}

func (s *shrinker) tryData(v any) bool {
	in := s.best
	in.data = encode(v)
	return in.data != s.best.data && s.try(in)
}

// data drops keys and elements, one at a time, and then all that is left.
func (s *shrinker) data() {
	if in := s.best; in.data != "" {
		in.data = ""
		if s.try(in) {
			return
		}
	}
	for again := true; again; {
		again = false
		var v any
		json.Unmarshal([]byte(s.best.data), &v)
		smaller(v, func(w any) { v = w }, func() bool {
			again = again || s.tryData(v)
			return again
		})
	}
}

// smaller calls with each value that lacks one part of v, until that is done.
func smaller(v any, set func(any), done func() bool) bool {
	switch v := v.(type) {
	case map[string]any:
		for k, e := range v {
			delete(v, k)
			if done() {
				return true
			}
			v[k] = e
			if smaller(e, func(w any) { v[k] = w }, done) {
				return true
			}
		}
	case []any:
		for i, e := range v {
			set(append(append([]any{}, v[:i]...), v[i+1:]...))
			if done() {
				return true
			}
			set(v)
			if smaller(e, func(w any) { v[i] = w }, done) {
				return true
			}
		}
	}
	return false
}
