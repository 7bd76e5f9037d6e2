// SPDX-License-Identifier: MIT

package main

import (
	"bufio"
	"errors"
	"io"
	"os"
	"strings"
)

// recordFile writes Go's answers into a file of cases, in place of those it has.
func recordFile(name string, s settings) error {
	file, err := os.Open(name)
	if err != nil {
		return err
	}
	defer file.Close()
	both := newSides(s)
	defer both.stop()
	var out strings.Builder
	r := bufio.NewReader(file)
	for {
		in, err := readRequest(r)
		if errors.Is(err, io.EOF) {
			return os.WriteFile(name, []byte(out.String()), 0o644)
		}
		if err != nil {
			return err
		}
		if _, err = readAnswer(r); err != nil && err != io.EOF {
			return err
		}
		want, _ := both.askGo(in)
		out.WriteString(in.comment + in.request() + want.String())
	}
}
