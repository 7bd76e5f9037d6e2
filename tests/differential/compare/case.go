// SPDX-License-Identifier: MIT

package main

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
)

// input is what both engines are given.
type input struct {
	text         string
	data         string // JSON
	left, right  string // "": the usual
	missingError bool
}

// request is the input as the driver reads it.
func (in input) request() string {
	var b strings.Builder

	section := func(word, bytes string) {
		fmt.Fprintf(&b, "%s %d\n%s\n", word, len(bytes), bytes)
	}
	section("template", in.text)
	if in.data != "" {
		section("data", in.data)
	}
	if in.left != "" {
		section("left", in.left)
	}
	if in.right != "" {
		section("right", in.right)
	}
	if in.missingError {
		b.WriteString("missingkey-error\n")
	}
	b.WriteString("run\n")
	return b.String()
}

// splitCase parts the comments in front from the rest.
func splitCase(text string) (head, rest string, err error) {
	for strings.HasPrefix(text, "#") {
		line, after, ok := strings.Cut(text, "\n")
		if !ok {
			return "", "", errors.New("no request")
		}
		head, text = head+line+"\n", after
	}
	return head, text, nil
}

func parseRequest(text string) (in input, err error) {
	for {
		line, rest, ok := strings.Cut(text, "\n")
		if !ok {
			return in, errors.New("a request without run")
		}
		word, count, _ := strings.Cut(line, " ")
		n, _ := strconv.Atoi(count)
		if n > len(rest) {
			return in, errors.New("a section is cut short")
		}
		bytes := rest[:n]
		if count != "" {
			rest = strings.TrimPrefix(rest[n:], "\n")
		}
		text = rest
		switch word {
		case "template":
			in.text = bytes
		case "data":
			in.data = bytes
		case "left":
			in.left = bytes
		case "right":
			in.right = bytes
		case "missingkey-error":
			in.missingError = true
		case "run":
			return in, nil
		default:
			return in, fmt.Errorf("no such line in a request: %q", line)
		}
	}
}

// answer is what came of it: "output", "parse LINE", "exec LINE COLUMN", or what
// should never come, "panic", "crash", "hang".
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
	context  = regexp.MustCompile(`(?s)executing ".*" at <.*?>: `)
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
	place := ""
	if a == b && want.kind() == got.kind() && want.kind() != "output" {
		if want.body == got.body {
			place = " (place)"
		} else {
			place = " (words)"
		}
	}
	return strings.ReplaceAll(fmt.Sprintf("%s: %s | %s: %s%s", want.kind(), a,
		got.kind(), b, place), "\n", `\n`)
}
