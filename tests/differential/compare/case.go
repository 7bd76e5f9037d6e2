// SPDX-License-Identifier: MIT

package main

import (
	"bufio"
	"fmt"
	"io"
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
	comment      string // of a recorded case
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

// readRequest reads one, with its comments.
func readRequest(r *bufio.Reader) (in input, err error) {
	for {
		line, err := r.ReadString('\n')
		if err != nil {
			return in, err
		}
		line = strings.TrimSuffix(line, "\n")
		if strings.HasPrefix(line, "#") {
			in.comment += line + "\n"
			continue
		}
		switch word, count, _ := strings.Cut(line, " "); word {
		case "":
		case "template":
			in.text, err = readBytes(r, count)
		case "data":
			in.data, err = readBytes(r, count)
		case "left":
			in.left, err = readBytes(r, count)
		case "right":
			in.right, err = readBytes(r, count)
		case "missingkey-error":
			in.missingError = true
		case "run":
			return in, nil
		default:
			err = fmt.Errorf("no such line in a request: %q", line)
		}
		if err != nil {
			return in, err
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

// What prints an address, which is another each time.
var (
	pointers = regexp.MustCompile(`node|loop`)
	address  = regexp.MustCompile(`(0[xX])?[0-9a-fA-F]{9,18}`)
)

func same(in input, a, b answer) bool {
	if pointers.MatchString(in.text) {
		a.body = address.ReplaceAllString(a.body, "@")
		b.body = address.ReplaceAllString(b.body, "@")
	}
	if start, _, cut := strings.Cut(a.body, "\x00"); cut && a.kind() != "output" {
		// A message of weir's ends, or lacks the rest of a value.
		return a.head == b.head && strings.HasPrefix(b.body, start)
	}
	return a == b
}

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
