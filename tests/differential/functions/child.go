// SPDX-License-Identifier: MIT

package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// How long one template may take on either side.
const patience = 3 * time.Second

// After so many templates a side is started anew: what loop starts in Go never
// ends.
const lifetime = 5000

// child is one side: a program that answers requests, in a folder of its own.
type child struct {
	argv    []string
	folder  string
	answers string
	cmd     *exec.Cmd
	in      io.WriteCloser
	out     *bufio.Reader
	asked   int
}

func newChild(argv ...string) *child {
	folder, err := os.MkdirTemp("", "functions-")
	check(err)
	c := &child{argv: argv, folder: folder, answers: filepath.Join(folder, "..", filepath.Base(folder)+".tsv")}
	check(os.WriteFile(c.answers, []byte(answers), 0o600))
	c.start()
	return c
}

func (c *child) start() {
	c.cmd = exec.Command(c.argv[0], c.argv[1:]...)
	c.cmd.Dir = c.folder
	c.cmd.Env = append(environment, "ANSWERS="+c.answers)
	c.in, _ = c.cmd.StdinPipe()
	out, _ := c.cmd.StdoutPipe()
	c.out = bufio.NewReaderSize(out, 1<<16)
	c.asked = 0
	check(c.cmd.Start())
}

func (c *child) stop() error {
	c.in.Close()
	return c.cmd.Wait()
}

func (c *child) close() {
	c.stop()
	os.RemoveAll(c.folder)
	os.Remove(c.answers)
}

func (c *child) ask(text string) answer {
	if c.asked++; c.asked > lifetime {
		c.stop()
		c.start()
	}
	if strings.Contains(text, "writeToFile") {
		check(emptyFolder(c.folder))
	}
	alarm := time.AfterFunc(patience, func() { c.cmd.Process.Kill() })
	io.WriteString(c.in, request(text))
	a, err := readAnswer(c.out)
	late := !alarm.Stop()
	if err == nil && !late {
		return a
	}
	err = c.stop()
	c.start()
	if late {
		return answer{"hang", ""}
	}
	return answer{"crash", fmt.Sprint(err)}
}

func readAnswer(r *bufio.Reader) (answer, error) {
	line, err := r.ReadString('\n')
	if err != nil {
		return answer{}, err
	}
	line = strings.TrimSuffix(line, "\n")
	at := strings.LastIndexByte(line, ' ')
	body, err := readBytes(r, line[at+1:])
	return answer{line[:max(at, 0)], body}, err
}

// sides are the two that are compared.
type sides struct {
	golang, weir *child
}

// askGo is false for what is no case: it takes Go too long or too much memory,
// or prints more than one wants to look at.
func (s *sides) askGo(text string) (answer, bool) {
	a := s.golang.ask(text)
	kind := a.kind()
	return a, kind == "output" || kind == "parse" || kind == "exec"
}

// differ asks both, and again when they differ: what Go itself answers
// differently each time, or what changes with the clock, is no difference.
func (s *sides) differ(text string) (want, got answer, differs bool) {
	tries := 4
	if strings.Contains(text, "spew") {
		tries = 40 // two keys stand mostly in one order
	}
	for range tries {
		w, ok := s.askGo(text)
		g := s.weir.ask(text)
		if !ok || same(text, w, g) || isKnown(text, w, g) ||
			want.head != "" && !same(text, want, w) {
			return w, g, false
		}
		want, got = w, g
	}
	return want, got, true
}
