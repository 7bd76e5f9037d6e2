// SPDX-License-Identifier: MIT

package main

import (
	"bufio"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// request is a template as the driver reads it.
func request(text string) string {
	return fmt.Sprintf("template %d\n%s\nrun\n", len(text), text)
}

// readRequest reads one.
func readRequest(r *bufio.Reader) (text string, err error) {
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return "", err
		}
		line = strings.TrimSuffix(line, "\n")
		if line == "run" {
			return text, nil
		}
		if count, ok := strings.CutPrefix(line, "template "); ok {
			if text, err = readBytes(r, count); err != nil {
				return "", err
			}
		}
	}
}

func readBytes(r *bufio.Reader, count string) (string, error) {
	n, err := strconv.Atoi(count)
	if err != nil {
		return "", err
	}
	bytes := make([]byte, n+1)
	_, err = io.ReadFull(r, bytes)
	return string(bytes[:n]), err
}

// answer is what came of it: "output", "parse LINE", "exec LINE COLUMN", or
// what should never come, "crash", "hang".
type answer struct {
	head, body string
}

func (a answer) kind() string {
	kind, _, _ := strings.Cut(a.head, " ")
	return kind
}

func (a answer) String() string {
	return fmt.Sprintf("%s %d\n%s\n", a.head, len(a.body), a.body)
}

var (
	records  = regexp.MustCompile(`service|tree|ls |node`)
	room     = regexp.MustCompile(` ?cap=\d+`)
	pointing = regexp.MustCompile(`%[^a-z]*[pw]`)
	start    = regexp.MustCompile(`0[xX][0-9a-fA-F]+`)
	address  = regexp.MustCompile(`(0[xX])?[0-9a-fA-F]{9,18}`)
	// A time's fields, the last of them the address of its zone.
	zone = regexp.MustCompile(`(\{[0-9a-fA-FxXob]+ [+-]?[0-9a-fA-FxXob]+ )[+-]?[0-9a-fA-FxXob]+\}`)
)

// steady is an answer without what is another each time: addresses, where the
// template makes something that prints as one.
func steady(text string, a answer) answer {
	if pointers.MatchString(text) {
		if pointing.MatchString(text) || strings.Contains(text, "loop") {
			a.body = start.ReplaceAllString(a.body, "@")
		}
		if records.MatchString(text) {
			// How Consul's lists grew is not kept.
			a.body = room.ReplaceAllString(a.body, "")
		}
		a.body = zone.ReplaceAllString(a.body, "$1@}")
		a.body = address.ReplaceAllString(a.body, "@")
	}
	if strings.Contains(text, "spew") && strings.Contains(strings.ToLower(a.body), "map[") {
		// spew knows no order of a map's keys.
		a.body = strings.ReplaceAll(a.body, ",\n", "\n")
		bytes := []byte(a.body)
		slices.Sort(bytes)
		a.body = string(bytes)
	}
	return a
}

func same(text string, want, got answer) bool {
	want, got = steady(text, want), steady(text, got)
	if start, _, cut := strings.Cut(want.body, "\x00"); cut && want.kind() != "output" {
		// A message of weir's ends at a byte 0.
		return want.head == got.head && strings.HasPrefix(got.body, start)
	}
	return want == got
}

var (
	context  = regexp.MustCompile(`(?s)executing ".*?" at <.*?>: `)
	quotes   = regexp.MustCompile("\"(?:[^\"\\\\]|\\\\.)*\"|`[^`]*`|<[^>]*>")
	numerals = regexp.MustCompile(`[0-9]+`)
	values   = regexp.MustCompile(`map\[.*\]`)
)

// skeleton is a message without what the template put into it.
func (a answer) skeleton() string {
	if a.kind() == "output" {
		return ""
	}
	s := context.ReplaceAllString(a.body, "")
	s = quotes.ReplaceAllString(s, "Q")
	s = values.ReplaceAllString(s, "map[…]")
	s = numerals.ReplaceAllString(s, "N")
	if len(s) > 90 {
		s = s[:90]
	}
	return s
}

// signature names the sort of a difference.
func signature(want, got answer) string {
	a, b := want.skeleton(), got.skeleton()
	s := want.kind() + ": " + a + " | " + got.kind() + ": " + b
	if a == b && want.kind() == got.kind() && want.kind() != "output" {
		if want.body == got.body {
			s += " (place)"
		} else {
			s += " (words)"
		}
	}
	return strings.ReplaceAll(s, "\n", `\n`)
}
