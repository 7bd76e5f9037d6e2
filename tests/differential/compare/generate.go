// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
)

// What an expression gives, as far as the generator cares. A generator that
// does not care at all writes nothing but errors.
type kind int

const (
	anything kind = iota
	text
	number // of JSON: float64
	integer
	boolean
	list
	dict
)

type variable struct {
	name  string
	value any // a representative; nil if unknown
}

// generator writes one template. It carries real values along, so that fields
// which it names are mostly there.
type generator struct {
	*rand.Rand
	out         strings.Builder
	left, right string
	root, dot   any
	vars        []variable
	names       []string // of templates
	loops       int
	blocks      int
	budget      int
	odd         int  // percent of things done wrong
	typed       bool // with the functions of shims.go
	large       bool // large numbers, and so no range
}

// generate gives input i of a seed.
func generate(seed, i uint64, corpus []string) input {
	r := rand.New(rand.NewPCG(seed, i))
	data := randomData(r)
	in := input{data: encode(data), missingError: chance(r, 10)}
	g := &generator{Rand: r, left: "{{", right: "}}", root: data, dot: data,
		budget: 4 + r.IntN(40), odd: pick(r, []int{0, 0, 0, 0, 1, 1, 3, 8})}
	g.large = chance(r, 25)
	g.typed = chance(r, 40)
	if chance(r, 8) {
		in.left, in.right = g.delimiters()
	}
	if len(corpus) > 0 && chance(r, 10) {
		in.text = pick(r, corpus)
		in.left, in.right = "", ""
		if chance(r, 70) {
			in.text = mutate(r, in.text, corpus)
		}
		return in
	}
	g.file()
	in.text = g.out.String()
	if chance(r, 20) {
		in.text = mutate(r, in.text, corpus)
	}
	return in
}

func (g *generator) delimiters() (string, string) {
	pairs := [][2]string{{"[[", "]]"}, {"<%", "%>"}, {"<<<", ">>>"}, {"«", "»"},
		{"{{", "]]"}, {"@", "@"}, {"", "]]"}, {"[[", ""}}
	if g.odd > 0 {
		pairs = [][2]string{{"((", "))"}, {"{", "}"}, {"$", "$"}, {"|", "|"},
			{"{{", "--}}"}, {"--", "--"}, {"/*", "*/"}, {"\"", "\""}, {".", "."}}
	}
	p := pick(g.Rand, pairs)
	g.left, g.right = p[0], p[1]
	if g.left == "" {
		g.left = "{{"
	}
	if g.right == "" {
		g.right = "}}"
	}
	return p[0], p[1]
}

// readCorpus: the templates of a folder, whatever functions they call.
func readCorpus(folder string) (corpus []string) {
	if folder == "" {
		return nil
	}
	filepath.WalkDir(folder, func(path string, _ os.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".tmpl") {
			if text, err := os.ReadFile(path); err == nil && len(text) < 4096 {
				corpus = append(corpus, string(text))
			}
		}
		return nil
	})
	return corpus
}

// ---- text and blanks ----

var plain = []string{"\n", "\n\n", " ", "text", "server ", "  indented\n", "é",
	"\t", "x", "}}", "} ", "{ ", "\r\n", "# c\n", "\"", "'", "`", "日本", "%d",
	"\\", "$", ".", "\u00a0", "/*", "*/", "a b\n", "-", " - ", "\x00\x01"}

func (g *generator) text() {
	for range g.IntN(3) {
		g.out.WriteString(pick(g.Rand, plain))
	}
	if chance(g.Rand, g.odd/3) {
		g.out.WriteString(pick(g.Rand, []string{"\xff", "\xc3", "\xed\xa0\x80", "{{", "{"}))
	}
}

func (g *generator) blank() string {
	if chance(g.Rand, 85) {
		return " "
	}
	return pick(g.Rand, []string{"  ", "\t", "\n", "\r\n", " \n\t ", "\r"})
}

func (g *generator) maybe() string {
	if chance(g.Rand, 85) {
		return ""
	}
	return g.blank()
}

// action writes delimiters around it, now and then with trim markers.
func (g *generator) action(inside string) {
	g.out.WriteString(g.left)
	if chance(g.Rand, 15) {
		g.out.WriteString("-" + g.blank())
	} else {
		g.out.WriteString(g.maybe())
	}
	g.out.WriteString(inside)
	if chance(g.Rand, 15) {
		g.out.WriteString(g.blank() + "-")
	} else {
		g.out.WriteString(g.maybe())
	}
	g.out.WriteString(g.right)
}

// ---- structure ----

func (g *generator) file() {
	g.names = []string{"one", "two", "T 3"}[:g.IntN(4)]
	if chance(g.Rand, 2) {
		g.names = append(g.names, "")
	}
	early := g.IntN(len(g.names) + 1)
	g.defines(g.names[:early])
	g.body(3)
	g.defines(g.names[early:])
	g.text()
}

func (g *generator) defines(names []string) {
	for _, name := range names {
		g.text()
		if !chance(g.Rand, g.odd) {
			g.define(name)
		}
		if chance(g.Rand, g.odd/3) {
			g.define(name)
		}
	}
}

func (g *generator) define(name string) {
	outer, dot := g.vars, g.dot
	g.vars, g.dot = nil, g.value(g.root, 2)
	g.action("define" + g.blank() + g.quoted(name))
	g.body(2)
	g.end()
	g.vars, g.dot = outer, dot
}

func (g *generator) end() {
	if !chance(g.Rand, g.odd/3) {
		g.action("end")
	}
}

// body: some items; variables declared in it end with it.
func (g *generator) body(depth int) {
	outer := len(g.vars)
	for n := 1 + g.IntN(4); n > 0 && g.budget > 0; n-- {
		g.text()
		g.item(depth)
	}
	g.text()
	g.vars = g.vars[:outer]
}

func (g *generator) item(depth int) {
	g.budget--
	n := g.IntN(100)
	if depth == 0 {
		n = g.IntN(62)
	}
	switch {
	case n < 40:
		g.action(g.pipeline(anything, 2))
	case n < 52:
		g.declare()
	case n < 56:
		g.comment()
	case n < 60:
		g.call()
	case n < 62:
		if g.loops > 0 || chance(g.Rand, g.odd) {
			g.action(pick(g.Rand, []string{"break", "continue"}))
		}
	case n < 78:
		g.branch("if", depth-1)
	case n < 86:
		g.branch("with", depth-1)
	case n < 97 && !g.large:
		g.forEach(depth - 1)
	case n < 99:
		g.block(depth - 1)
	case chance(g.Rand, g.odd):
		g.define("inner")
	}
}

func (g *generator) comment() {
	texts := []string{"", " c ", "x", " two\nlines ", "*", "/", " }} ", "\"", "é"}
	c := "/*" + pick(g.Rand, texts) + "*/"
	open, close := "", ""
	if chance(g.Rand, 30) {
		open = "-" + g.blank()
	}
	if chance(g.Rand, 30) {
		close = g.blank() + "-"
	}
	if chance(g.Rand, g.odd/3) {
		close = " "
	}
	g.out.WriteString(g.left + open + c + close + g.right)
}

func (g *generator) declare() {
	if len(g.vars) > 0 && chance(g.Rand, 35) {
		v := pick(g.Rand, g.vars)
		g.action(v.name + g.blank() + "=" + g.blank() + g.pipeline(anything, 2))
		return
	}
	name := g.newName()
	what, value := g.known(anything, 2)
	op := pick(g.Rand, []string{" := ", " := ", " := ", ":=", " :=\n"})
	g.action(name + op + what)
	g.vars = append(g.vars, variable{name, value})
}

func (g *generator) newName() string {
	return pick(g.Rand, []string{"$x", "$y", "$z", "$é", "$x1", "$_", "$1", "$nil"})
}

// known: an expression and what it stands for, if that is to be known.
func (g *generator) known(want kind, depth int) (string, any) {
	if g.typed && chance(g.Rand, 40) {
		for range 10 {
			if s := pick(g.Rand, typed); want == anything || s.kind == want {
				return s.text, s.value
			}
		}
	}
	if chance(g.Rand, 60) {
		if path, value, ok := g.path(want); ok {
			return path, value
		}
	}
	return g.pipeline(want, depth), nil
}

func (g *generator) call() {
	name := "missing"
	if len(g.names) > 0 && !chance(g.Rand, g.odd) {
		name = pick(g.Rand, g.names)
	} else if !chance(g.Rand, g.odd+5) {
		return
	}
	s := "template" + g.blank() + g.quoted(name)
	if chance(g.Rand, 70) {
		s += g.blank() + g.pipeline(anything, 2)
	}
	g.action(s)
}

func (g *generator) block(depth int) {
	name := fmt.Sprintf("b%d", g.blocks)
	g.blocks++
	if chance(g.Rand, g.odd) {
		name = "one"
	}
	dot := g.dot
	what, value := g.known(anything, 1)
	g.dot = value
	vars := g.vars
	g.vars = nil
	g.action("block" + g.blank() + g.quoted(name) + g.blank() + what)
	g.body(depth)
	g.end()
	g.dot, g.vars = dot, vars
}

func (g *generator) branch(word string, depth int) {
	outer, dot := len(g.vars), g.dot
	g.condition(word, word)
	g.body(depth)
	for chance(g.Rand, 20) {
		g.vars = g.vars[:outer]
		g.dot = dot
		kind := word
		if chance(g.Rand, g.odd) {
			kind = pick(g.Rand, []string{"if", "with"})
		}
		g.condition("else"+g.blank()+kind, kind)
		g.body(depth)
	}
	g.dot = dot
	if chance(g.Rand, 35) {
		g.action("else")
		g.body(depth)
	}
	g.end()
	g.vars = g.vars[:outer]
}

func (g *generator) condition(open, word string) {
	want := boolean
	if word == "with" || chance(g.Rand, 40) {
		want = anything
	}
	what, value := g.known(want, 2)
	name := ""
	if chance(g.Rand, 20) {
		name = g.newName()
		what = name + " := " + what
	}
	g.action(open + g.blank() + what)
	if name != "" {
		g.vars = append(g.vars, variable{name, value})
	}
	if word == "with" {
		g.dot = value
	}
}

func (g *generator) forEach(depth int) {
	outer, dot := len(g.vars), g.dot
	what, value := g.iterable()
	element := first(value)
	head := what
	switch g.IntN(8) {
	case 0, 1:
		i, e := g.newName(), g.newName()
		head = i + "," + g.maybe() + e + " := " + what
		g.vars = append(g.vars, variable{i, nil}, variable{e, element})
	case 2:
		e := g.newName()
		head = e + " := " + what
		g.vars = append(g.vars, variable{e, element})
	case 3:
		if outer > 1 {
			head = pick(g.Rand, g.vars).name + ", " + pick(g.Rand, g.vars).name +
				" = " + what
		} else if outer > 0 {
			head = pick(g.Rand, g.vars).name + " = " + what
		}
	case 4:
		if outer > 0 && chance(g.Rand, 30) {
			head = "$new, " + pick(g.Rand, g.vars).name
			g.vars = append(g.vars, variable{"$new", nil})
		}
	}
	g.action("range" + g.blank() + head)
	g.dot = element
	g.loops++
	g.body(depth)
	if chance(g.Rand, 15) {
		g.action(pick(g.Rand, []string{"break", "continue"}))
	}
	g.loops--
	g.dot = dot
	if chance(g.Rand, 25) {
		g.action("else")
		g.body(depth)
	}
	g.end()
	g.vars = g.vars[:outer]
}

func (g *generator) iterable() (string, any) {
	switch g.IntN(8) {
	case 0:
		return pick(g.Rand, []string{"3", "(len \"abc\")", "2", "'\\x03'", "1", "0"}), nil
	case 1:
		return g.known(dict, 1)
	case 2:
		return g.known(anything, 2)
	default:
		return g.known(list, 1)
	}
}

func first(v any) any {
	switch v := v.(type) {
	case []any:
		if len(v) > 0 {
			return v[0]
		}
	case map[string]any:
		for _, k := range keys {
			if e, ok := v[k]; ok {
				return e
			}
		}
	}
	return nil
}
