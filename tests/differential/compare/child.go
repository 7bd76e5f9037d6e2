// SPDX-License-Identifier: MIT

package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"time"
)

// How long one template may take on either side.
const patience = 3 * time.Second

// child is one side: a program that answers requests. It is started anew when
// one of them ends it, or takes so long that it is ended.
type child struct {
	argv []string
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Reader
}

func newChild(argv ...string) *child {
	c := &child{argv: argv}
	c.start()
	return c
}

func (c *child) start() {
	c.cmd = exec.Command(c.argv[0], c.argv[1:]...)
	c.in, _ = c.cmd.StdinPipe()
	out, _ := c.cmd.StdoutPipe()
	c.out = bufio.NewReaderSize(out, 1<<16)
	if err := c.cmd.Start(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
}

func (c *child) stop() error {
	c.in.Close()
	return c.cmd.Wait()
}

func (c *child) ask(in input) answer {
	alarm := time.AfterFunc(patience, func() { c.cmd.Process.Kill() })
	io.WriteString(c.in, in.request())
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
func (s *sides) askGo(in input) (answer, bool) {
	a := s.golang.ask(in)
	kind := a.kind()
	return a, kind == "output" || kind == "parse" || kind == "exec"
}
