// SPDX-License-Identifier: MIT

package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strings"
	"text/template"
	"text/template/parse"
	"time"
)

const (
	outputLimit = 1 << 20
	patience    = 10 * time.Second
	// A template that ranges over numbers may name none larger.
	rangeLimit = 200
)

var errTooMuch = errors.New("too much output")

// limited keeps what is written, up to the limit.
type limited struct {
	strings.Builder
}

func (l *limited) Write(p []byte) (int, error) {
	if l.Len()+len(p) > outputLimit {
		return 0, errTooMuch
	}
	return l.Builder.Write(p)
}

// cut: a message of weir's ends where a byte 0 stands.
func cut(a answer) answer {
	if a.kind() != "output" {
		a.body, _, _ = strings.Cut(a.body, "\x00")
	}
	return a
}

// askGo says what Go's text/template makes of it; false if that takes too long
// or prints too much to be of use.
func askGo(in input) (answer, bool) {
	type result struct {
		answer
		ok bool
	}
	done := make(chan result, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				done <- result{answer{"panic", fmt.Sprint(p)}, true}
			}
		}()
		a, ok := execute(in)
		done <- result{a, ok}
	}()
	select {
	case r := <-done:
		return cut(r.answer), r.ok
	case <-time.After(patience):
		return answer{"hang", ""}, false
	}
}

func execute(in input) (answer, bool) {
	var data any
	if in.data != "" {
		if err := json.Unmarshal([]byte(in.data), &data); err != nil {
			return answer{"json", err.Error()}, false
		}
	}
	t := template.New("").Delims(in.left, in.right)
	// As consul-template sets it.
	t.Option("missingkey=zero")
	if in.missingError {
		t.Option("missingkey=error")
	}
	t, err := t.Parse(in.text)
	if err != nil {
		return parseError(err), true
	}
	if tooLong(t) {
		return answer{}, false
	}
	var out limited
	err = t.Execute(&out, data)
	if errors.Is(err, errTooMuch) {
		return answer{}, false
	}
	if err != nil {
		return execError(err), true
	}
	return answer{"output", out.String()}, true
}

var (
	parsePlace = regexp.MustCompile(`(?s)^template: :(\d+): (.*)$`)
	execPlace  = regexp.MustCompile(`(?s)^template: :(\d+):(\d+): (.*)$`)
)

func parseError(err error) answer {
	if m := parsePlace.FindStringSubmatch(err.Error()); m != nil {
		return answer{"parse " + m[1], m[2]}
	}
	return answer{"parse 0", err.Error()}
}

func execError(err error) answer {
	if m := execPlace.FindStringSubmatch(err.Error()); m != nil {
		return answer{"exec " + m[1] + " " + m[2], m[3]}
	}
	return answer{"exec 0 -1", err.Error()}
}

// tooLong: would it perhaps range over a large number?
func tooLong(t *template.Template) bool {
	ranges, large := false, false
	var walk func(n parse.Node)
	list := func(l *parse.ListNode) {
		if l == nil {
			return
		}
		for _, n := range l.Nodes {
			walk(n)
		}
	}
	branch := func(b *parse.BranchNode) {
		walk(b.Pipe)
		list(b.List)
		list(b.ElseList)
	}
	walk = func(n parse.Node) {
		switch n := n.(type) {
		case *parse.ListNode:
			list(n)
		case *parse.ActionNode:
			walk(n.Pipe)
		case *parse.IfNode:
			branch(&n.BranchNode)
		case *parse.WithNode:
			branch(&n.BranchNode)
		case *parse.RangeNode:
			ranges = true
			branch(&n.BranchNode)
		case *parse.TemplateNode:
			if n.Pipe != nil {
				walk(n.Pipe)
			}
		case *parse.PipeNode:
			for _, c := range n.Cmds {
				for _, a := range c.Args {
					walk(a)
				}
			}
		case *parse.ChainNode:
			walk(n.Node)
		case *parse.NumberNode:
			if n.IsInt && n.Int64 > rangeLimit {
				large = true
			}
		}
	}
	for _, t := range t.Templates() {
		if t.Tree != nil && t.Root != nil {
			list(t.Root)
		}
	}
	return ranges && large
}
