// SPDX-License-Identifier: MIT

package main

import (
	"bufio"
	"fmt"
	"io"
	"log"
	"os"
	"regexp"
	"strings"
	"syscall"

	"github.com/hashicorp/consul-template/template"
)

const (
	outputLimit = 1 << 20
	memoryLimit = 4 << 30
)

// serve answers requests as the driver does, with consul-template: in a process
// of its own, since nothing but its end stops a template that runs on.
func serve() {
	memory := syscall.Rlimit{Cur: memoryLimit, Max: memoryLimit}
	check(syscall.Setrlimit(syscall.RLIMIT_AS, &memory))
	// spew_dump prints there, too.
	out := os.Stdout
	null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	check(err)
	os.Stdout = null
	log.SetOutput(io.Discard)
	brain := newBrain()
	in := bufio.NewReader(os.Stdin)
	for {
		text, err := readRequest(in)
		if err != nil {
			return
		}
		a := execute(text, brain)
		if len(a.body) > outputLimit {
			a = answer{"skip", ""}
		}
		out.WriteString(a.String())
	}
}

func execute(text string, brain *template.Brain) (a answer) {
	defer func() {
		// A panic that text/template does not catch ends consul-template.
		if r := recover(); r != nil {
			a = answer{"panic", fmt.Sprint(r)}
		}
	}()
	t, err := template.NewTemplate(&template.NewTemplateInput{Contents: text})
	if err != nil {
		return answer{"skip", err.Error()}
	}
	result, err := t.Execute(&template.ExecuteInput{Brain: brain})
	if err != nil {
		return failure(err.Error())
	}
	return answer{"output", string(result.Output)}
}

var place = regexp.MustCompile(`(?s)^(parse|execute): template: :(\d+):(?:(\d+):)? (.*)$`)

func failure(message string) answer {
	m := place.FindStringSubmatch(message)
	if m == nil {
		kind, rest, _ := strings.Cut(message, ": ")
		if kind == "parse" {
			return answer{"parse 0", rest}
		}
		return answer{"exec 0 -1", rest}
	}
	if m[1] == "parse" {
		return answer{"parse " + m[2], m[4]}
	}
	return answer{"exec " + m[2] + " " + m[3], m[4]}
}
