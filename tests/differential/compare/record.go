// SPDX-License-Identifier: MIT

package main

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
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

// collection keeps the shortest case of each kind: of errors by their words, of
// outputs by what the template is made of.
type collection map[string]input

var (
	words     = regexp.MustCompile(`[a-z]{2,}`)
	languages = regexp.MustCompile(`^(if|else|end|range|with|define|block|template|` +
		`break|continue|and|or|not|len|index|slice|print|printf|println|html|js|` +
		`urlquery|eq|ne|lt|le|gt|ge|nil|true|t[a-z0-9]+)$`)
)

func (c collection) add(in input, a answer) {
	if strings.ContainsRune(in.text+in.data+a.body, 0) || pointers.MatchString(in.text) &&
		address.MatchString(a.body) {
		return
	}
	if a.kind() == "parse" {
		in.data = ""
	}
	key := a.kind() + " " + a.skeleton()
	if a.kind() == "output" {
		var used []string
		for _, w := range words.FindAllString(in.text, -1) {
			if languages.MatchString(w) {
				used = append(used, w)
			}
		}
		slices.Sort(used)
		key += strings.Join(slices.Compact(used), " ")
	}
	if old, ok := c[key]; !ok || len(in.text) < len(old.text) {
		c[key] = in
	}
}

// write makes two files of cases, with at most so many in each.
func (c collection) write(folder string, most int, both *sides) {
	files := map[bool]*strings.Builder{true: {}, false: {}}
	count := map[bool]int{}
	keys := slices.SortedFunc(maps.Keys(c), func(a, b string) int {
		return cmp.Or(len(c[a].text)-len(c[b].text), strings.Compare(a, b))
	})
	for _, key := range keys {
		in := c[key]
		want, ok := both.askGo(in)
		is := want.kind() == "output"
		if ok && count[is] < most && same(in, want, both.weir.ask(in)) {
			files[is].WriteString(in.request() + want.String())
			count[is]++
		}
	}
	for is, name := range map[bool]string{true: "outputs.txt", false: "errors.txt"} {
		err := os.WriteFile(filepath.Join(folder, name), []byte(files[is].String()), 0o644)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
	}
}
