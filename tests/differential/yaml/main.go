// SPDX-License-Identifier: MIT

// Reads random YAML documents with yaml.v2 and with weir, and shows where they
// differ, by kind: the value, what is written of it again, the message, or
// whether it is an error at all.
package main

import (
	"bufio"
	"encoding/binary"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sort"
	"strings"

	"gopkg.in/yaml.v2"
)

// An answer: V, the value, a byte 0, what was written of it; or E, the message.
func reference(text []byte) (answer string) {
	var v interface{}
	defer func() {
		if r := recover(); r != nil {
			answer = fmt.Sprintf("E%v", r)
		}
	}()
	if err := yaml.Unmarshal(text, &v); err != nil {
		return "E" + strings.TrimPrefix(err.Error(), "yaml: ")
	}
	written, err := yaml.Marshal(v)
	if err != nil {
		written = nil
	}
	return fmt.Sprintf("V%#v\x00%s", v, written)
}

type weir struct {
	in  io.Writer
	out *bufio.Reader
}

func start(program string) *weir {
	c := exec.Command(program)
	in, err := c.StdinPipe()
	check(err)
	out, err := c.StdoutPipe()
	check(err)
	c.Stderr = os.Stderr
	check(c.Start())
	return &weir{in, bufio.NewReader(out)}
}

func (w *weir) ask(text []byte) string {
	head := make([]byte, 4)
	binary.LittleEndian.PutUint32(head, uint32(len(text)))
	_, err := w.in.Write(append(head, text...))
	check(err)
	_, err = io.ReadFull(w.out, head)
	check(err)
	answer := make([]byte, binary.LittleEndian.Uint32(head))
	_, err = io.ReadFull(w.out, answer)
	check(err)
	return string(answer)
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "yaml:", err)
		os.Exit(2)
	}
}

// What kind of difference it is; "" if there is none. Weir's messages end at a
// byte 0.
func classify(want, got string) string {
	if want == got {
		return ""
	}
	if want[0] == 'E' && got[0] == 'E' {
		if want, _, _ := strings.Cut(want, "\x00"); want == got {
			return ""
		}
		if message(want) == message(got) {
			return "line of the message"
		}
		return "message: " + message(want) + " / " + message(got)
	}
	if want[0] == 'E' {
		return "refused only by yaml.v2"
	}
	if got[0] == 'E' {
		return "refused only by weir: " + got[1:]
	}
	if v, _, _ := strings.Cut(want, "\x00"); strings.HasPrefix(got, v+"\x00") {
		return "written"
	}
	return "value"
}

// What a message says, without its line.
func message(answer string) string {
	if _, rest, ok := strings.Cut(answer, ": "); ok &&
		strings.HasPrefix(answer, "Eline ") {
		return rest
	}
	return answer[1:]
}

var messages bool

// Names with how often each was seen, the most frequent ones first.
func byCount(totals map[string]int) (names []string) {
	for name := range totals {
		names = append(names, name)
	}
	sort.Slice(names, func(i, j int) bool {
		a, b := names[i], names[j]
		return totals[a] > totals[b] || totals[a] == totals[b] && a < b
	})
	return names
}

// The shortest text that still differs in the same way, by leaving out parts.
func shrink(w *weir, text []byte, kind string) []byte {
	if len(text) > 4000 {
		return text
	}
	for size := len(text) / 2; size > 0; size /= 2 {
		for at := 0; at+size <= len(text); {
			shorter := append(append([]byte{}, text[:at]...), text[at+size:]...)
			if classify(reference(shorter), w.ask(shorter)) == kind {
				text = shorter
			} else {
				at += size
			}
		}
	}
	return text
}

func files(folders []string) (texts [][]byte) {
	for _, folder := range folders {
		filepath.Walk(folder, func(path string, info os.FileInfo, err error) error {
			if err != nil || info.IsDir() || info.Size() > 20000 {
				return nil
			}
			if e := filepath.Ext(path); e == ".yaml" || e == ".yml" || e == ".json" {
				if text, err := os.ReadFile(path); err == nil {
					texts = append(texts, text)
				}
			}
			return nil
		})
	}
	return texts
}

func main() {
	driver := flag.String("driver", "", "weir's side")
	count := flag.Int("count", 20000, "documents of each sort")
	seed := flag.Int64("seed", 1, "of the generator")
	show := flag.Int("show", 3, "examples of each kind of difference")
	rows := flag.Bool("rows", false, "print rows for tests/unit/yaml_rows.h")
	flag.BoolVar(&messages, "messages", false, "count yaml.v2's messages")
	flag.Parse()
	w := start(*driver)
	corpus := files(flag.Args())
	for _, s := range []string{"generated", "mutated"} {
		compare(w, s, *count, *seed, *show, *rows, corpus)
	}
}

func compare(w *weir, sort string, count int, seed int64, show int, rows bool, corpus [][]byte) {
	kinds := map[string][][]byte{}
	totals, seen := map[string]int{}, map[string]int{}
	errors, differ := 0, 0
	for i := 0; i < count; i++ {
		g := newGenerator(seed, int64(i))
		var text []byte
		if sort == "generated" {
			text = g.document()
		} else {
			text = g.mutate(corpus)
		}
		want := reference(text)
		if want[0] == 'E' {
			errors++
			seen[message(want)]++
		}
		kind := classify(want, w.ask(text))
		if kind == "" {
			continue
		}
		differ++
		totals[kind]++
		if len(kinds[kind]) < show {
			kinds[kind] = append(kinds[kind], shrink(w, text, kind))
		}
	}
	fmt.Printf("%s: %d compared, %d of them errors, %d differ\n", sort,
		count, errors, differ)
	if messages {
		for _, m := range byCount(seen) {
			fmt.Printf("  %d %q\n", seen[m], m)
		}
	}
	for _, k := range byCount(totals) {
		fmt.Printf("  %d %s\n", totals[k], k)
		for _, text := range kinds[k] {
			if rows {
				fmt.Println(row(text))
			} else {
				fmt.Printf("    %q\n      yaml.v2 %q\n      weir    %q\n", text,
					reference(text), w.ask(text))
			}
		}
	}
}

// A line of tests/unit/yaml_rows.h.
func row(text []byte) string {
	answer := reference(text)
	if answer[0] == 'E' {
		answer = "Eyaml: " + answer[1:]
	} else {
		_, answer, _ = strings.Cut(answer, "\x00")
	}
	return fmt.Sprintf("ROW(%s, %s)", quote(string(text)), quote(answer))
}

func quote(s string) string {
	var b strings.Builder
	b.WriteByte('"')
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\n':
			b.WriteString("\\n")
		case c == '\r':
			b.WriteString("\\r")
		case c == '\t':
			b.WriteString("\\t")
		case c == '"' || c == '\\' || c == '?':
			b.WriteByte('\\')
			b.WriteByte(c)
		case c < ' ' || c > '~':
			fmt.Fprintf(&b, "\\%03o", c)
		default:
			b.WriteByte(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}
