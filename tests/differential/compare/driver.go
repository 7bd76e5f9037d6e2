// SPDX-License-Identifier: MIT

package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"time"
)

// driver is weir's side: a program that answers requests, started anew when one
// of them ends it.
type driver struct {
	path  string
	child *exec.Cmd
	in    io.WriteCloser
	out   *bufio.Reader
}

func newDriver(path string) *driver {
	d := &driver{path: path}
	d.start()
	return d
}

func (d *driver) start() {
	d.child = exec.Command(d.path)
	d.child.Stderr = os.Stderr
	d.in, _ = d.child.StdinPipe()
	out, _ := d.child.StdoutPipe()
	d.out = bufio.NewReaderSize(out, 1<<16)
	if err := d.child.Start(); err != nil {
		fmt.Fprintln(os.Stderr, "no driver:", err)
		os.Exit(2)
	}
}

func (d *driver) stop() error {
	d.in.Close()
	return d.child.Wait()
}

func (d *driver) ask(in input) answer {
	late := false
	alarm := time.AfterFunc(2*patience, func() {
		late = true
		d.child.Process.Kill()
	})
	defer alarm.Stop()
	io.WriteString(d.in, in.request())
	a, err := d.read()
	if err == nil {
		return a
	}
	err = d.stop()
	d.start()
	if late {
		return answer{"hang", ""}
	}
	return answer{"crash", fmt.Sprint(err)}
}

func (d *driver) read() (answer, error) {
	line, err := d.out.ReadString('\n')
	if err != nil {
		return answer{}, err
	}
	line = strings.TrimSuffix(line, "\n")
	at := strings.LastIndexByte(line, ' ')
	n, err := strconv.Atoi(line[at+1:])
	if err != nil {
		return answer{}, err
	}
	body := make([]byte, n+1)
	_, err = io.ReadFull(d.out, body)
	return answer{line[:at], string(body[:n])}, err
}
