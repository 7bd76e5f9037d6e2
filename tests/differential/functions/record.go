// SPDX-License-Identifier: MIT

package main

import (
	"bufio"
	"cmp"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// recordFile writes consul-template's answers into a file of cases, in place of
// those it has. Comments stay.
func recordFile(name string, both *sides) {
	file, err := os.Open(name)
	check(err)
	defer file.Close()
	var out, comment strings.Builder
	r := bufio.NewReader(file)
	for {
		line, err := r.Peek(1)
		if errors.Is(err, io.EOF) {
			break
		}
		check(err)
		if line[0] == '#' || line[0] == '\n' {
			text, _ := r.ReadString('\n')
			comment.WriteString(text)
			continue
		}
		text, err := readRequest(r)
		check(err)
		if next, _ := r.Peek(6); answered.Match(next) {
			_, err = readAnswer(r)
			check(err)
		}
		want, _ := both.askGo(text)
		out.WriteString(comment.String() + request(text) + want.String())
		comment.Reset()
	}
	check(os.WriteFile(name, []byte(out.String()), 0o644))
}

var answered = regexp.MustCompile(`^(output|parse |exec )`)

// What has no place among recorded cases: effects, other programs, the clock,
// the environment, the machine's interfaces.
var passing = regexp.MustCompile(`plugin|[eE]nv|writeToFile|timestamp|sprig_ago|sockaddr|Local|` +
	`sprig_durationRound|encryptAES|bcrypt|htpasswd|sprig_gen|shuffle|randInt|derivePassword`)

// collection keeps the shortest template of each function for each message, and
// for each way in which its result was shown.
type collection map[string]string

func (c collection) add(function, text string, a answer) {
	if passing.MatchString(text) || pointers.MatchString(text) || len(a.body) > 400 ||
		strings.ContainsRune(a.body, 0) {
		return
	}
	key := a.kind() + " " + function + " " + a.skeleton()
	if a.kind() == "output" {
		key += strings.Join(names.FindAllString(text, 2), " ")
	}
	if old, ok := c[key]; !ok || len(text) < len(old) {
		c[key] = text
	}
}

// write makes two files of cases, with at most so many of one function in each.
func (c collection) write(folder string, most int, both *sides) {
	files := map[bool]*strings.Builder{true: {}, false: {}}
	count := map[string]int{}
	keys := slices.SortedFunc(maps.Keys(c), func(a, b string) int {
		return cmp.Or(len(c[a])-len(c[b]), strings.Compare(a, b))
	})
	written := map[string]bool{}
	for _, key := range keys {
		text := c[key]
		want, ok := both.askGo(text)
		is := want.kind() == "output"
		function := strings.Join(strings.SplitN(key, " ", 3)[:2], " ")
		if ok && !written[text] && count[function] < most && want == both.weir.ask(text) {
			files[is].WriteString(request(text) + want.String())
			count[function]++
			written[text] = true
		}
	}
	for is, name := range map[bool]string{true: "functions-outputs.txt", false: "functions-errors.txt"} {
		check(os.WriteFile(filepath.Join(folder, name), []byte(files[is].String()), 0o644))
	}
}
