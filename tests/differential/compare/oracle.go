// SPDX-License-Identifier: MIT

package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"strings"
	"syscall"
	"text/template"
	"text/template/parse"
)

const (
	outputLimit = 1 << 20
	memoryLimit = 3 << 30
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

// serve answers requests as the driver does, with Go's text/template: in a
// process of its own, since nothing but its end stops a template that runs on.
func serve() {
	memory := syscall.Rlimit{Cur: memoryLimit, Max: memoryLimit}
	if err := syscall.Setrlimit(syscall.RLIMIT_AS, &memory); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	in := bufio.NewReader(os.Stdin)
	for {
		r, err := readRequest(in)
		if err != nil {
			return
		}
		a, ok := execute(r)
		if !ok {
			a = answer{"skip", ""}
		}
		os.Stdout.WriteString(a.String())
	}
}

func execute(in input) (answer, bool) {
	var data any
	if in.data != "" {
		if err := json.Unmarshal([]byte(in.data), &data); err != nil {
			return answer{"json", err.Error()}, false
		}
	}
	t := template.New("").Delims(in.left, in.right).Funcs(shims)
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
