// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"fmt"
	"math/rand"
	"strings"
)

type generator struct {
	*rand.Rand
	anchors []string // that an alias may name
}

func newGenerator(seed, i int64) *generator {
	return &generator{Rand: rand.New(rand.NewSource(seed*1_000_000_007 + i))}
}

func (g *generator) pick(list []string) string {
	return list[g.Intn(len(list))]
}

func (g *generator) often(n int) bool {
	return g.Intn(n) != 0
}

// Everything that means something to a scanner, and what stands beside it.
var pieces = strings.Split("- |? |: |:|-|?|, |,|[|]|{|}|#| #|&a |*a|*a |!|!!str |"+
	"!!int |!a!b |!<tag:yaml.org,2002:str> |!%41|\"|'|''|\\\"|\\n|\\x41|\\/|\\\n|%|"+
	"%YAML 1.1\n|%TAG !a! tag:x,2000:\n|---|---\n|--- |...|...\n|@|`|=|<<|~|"+
	"a|b|key|1|12:30|true|2001-01-01|null|x y|http://x/y?z=1|a:b|a?b|::|-1|"+
	"\xef\xbb\xbf|é|\u2028|\u0085|\u00a0|😀|\t|\r\n|\r|\n|\n  |\n    |\n\n| |  |"+
	">|>-\n  |>\n|\xff\xfe|\x01|\xc3|\xed\xa0\x80|_|1_0|.5|0x1f|.inf|+|\n- |\n-|\na: |\n? |\n: ", "|")

var bars = []string{"|", "|-\n  ", "|+\n  ", "|2\n  ", "|\n"}

var plains = strings.Split("a b key x1 true no ~ null 12 -3 1.5 0x1f 1:30 a:b a?b ?a :a "+
	"-a a-b a#b http://x/y?z=1 10.0.0.1:80 2001-01-01 <<  ${x} é a,b x=y x@y a%b", " ")

func (g *generator) soup() []byte {
	var b bytes.Buffer
	for n := g.Intn(12) + 1; n > 0; n-- {
		switch g.Intn(12) {
		case 0:
			b.WriteString(g.pick(bars))
		default:
			b.WriteString(g.pick(pieces))
		}
	}
	return b.Bytes()
}

func (g *generator) quoted() string {
	text := g.pick(plains) + g.pick([]string{"", " ", "\n", " \n  ", "\n\n ", ": ", "\\n", "''", "#"}) + g.pick(plains)
	if g.often(2) {
		return "'" + text + "'"
	}
	return "\"" + text + g.pick([]string{"", "\\t", "\\\n  ", "\\u00e9", "\\x41", "\\N", "\\_\\L\\P\\e", "\\U0001f600"}) + "\""
}

func (g *generator) properties() string {
	if g.Intn(6) != 0 {
		return ""
	}
	switch g.Intn(4) {
	case 0:
		return g.pick([]string{"!!int ", "!!float ", "!!binary ", "!!x,y ", "!!null ", "!!timestamp "})
	case 1:
		return g.pick([]string{"!!str ", "!x ", "! ", "!<x> ", "!!set ", "!!merge ", "!%41 "})
	}
	name := g.pick([]string{"a", "b", "c-1", "_"})
	g.anchors = append(g.anchors, name)
	return "&" + name + g.pick([]string{" ", " ", " !!str ", "  "})
}

func (g *generator) scalar() string {
	switch g.Intn(10) {
	case 0, 1:
		return g.quoted()
	case 2:
		if len(g.anchors) > 0 && g.Intn(3) == 0 {
			return "*" + g.pick(g.anchors) + " "
		}
		if g.Intn(40) == 0 {
			return "*a"
		}
	case 3:
		return g.pick(plains) + " " + g.pick(plains)
	}
	return g.pick(plains)
}

// What ends a plain scalar in [] and {}.
var indicators = strings.NewReplacer("{", "", "}", "", "[", "", "]", "", ",", "", "?", "")

func (g *generator) flow(depth int) string {
	if depth == 0 || g.Intn(3) == 0 {
		text := g.scalar()
		if g.Intn(20) != 0 {
			text = strings.Trim(indicators.Replace(text), ":\n")
		}
		return g.properties() + text
	}
	space := func() string {
		return g.pick([]string{"", "", " ", "  ", "\n", "\n  ", " # x\n  ", "\t"})
	}
	var b strings.Builder
	open, end := "[", "]"
	if g.often(2) {
		open, end = "{", "}"
	}
	b.WriteString(g.properties() + open)
	for n := g.Intn(4); n > 0; n-- {
		b.WriteString(space())
		if g.Intn(60) == 0 {
			b.WriteString(g.pick([]string{"? ", "?", "-", "- ", ": ", ":"}))
		}
		b.WriteString(g.flow(depth - 1))
		if open == "{" && g.often(6) || g.Intn(5) == 0 {
			b.WriteString(g.pick([]string{": ", ": ", ": ", ":", " : ", ":\n "}) + g.flow(depth-1))
		}
		b.WriteString(space())
		if n > 1 && g.often(40) || g.Intn(4) == 0 {
			b.WriteByte(',')
		}
	}
	b.WriteString(space() + end)
	return b.String()
}

func (g *generator) literal(indent string) string {
	var b strings.Builder
	b.WriteString(g.pick([]string{"|", ">", "|-", ">-", "|+", ">+", "|2", ">1-", "| # x"}))
	b.WriteByte('\n')
	for n := g.Intn(5); n > 0; n-- {
		if g.Intn(3) != 0 {
			b.WriteString(indent + "  x\n")
			continue
		}
		b.WriteString(g.pick([]string{indent + "  ", indent + "  ", indent + "   ", indent + "    ", "", indent + "  \t"}))
		b.WriteString(g.pick([]string{"", "text", "a: b", "# x", " more", "x\ttab"}))
		b.WriteByte('\n')
	}
	return b.String()
}

// A node after a key or a dash, with its line's end.
func (g *generator) node(depth int, indent string) string {
	switch n := g.Intn(8); {
	case n == 0:
		return " " + g.properties() + g.literal(indent)
	case n == 1:
		return " " + g.flow(3) + "\n"
	case n == 2 && depth > 0, n == 3 && depth > 0:
		return " " + g.properties() + g.pick([]string{"", "# x"}) + "\n" + g.block(depth-1, indent+g.pick([]string{"  ", "  ", "  ", "  ", " ", "    ", ""}))
	case n == 4:
		return " " + g.pick(plains) + "\n" + indent + "  " + g.pick(plains) + "\n"
	}
	space := " "
	if g.Intn(20) == 0 {
		space = g.pick([]string{"  ", "\t", " \t"})
	}
	return space + g.properties() + g.scalar() + g.pick([]string{"\n", "\n", " # x\n", "\n\n", " \n", "\r\n"})
}

func (g *generator) block(depth int, indent string) string {
	var b strings.Builder
	list := g.often(2)
	for n := g.Intn(4) + 1; n > 0; n-- {
		b.WriteString(indent)
		switch {
		case g.Intn(15) == 0:
			b.WriteString("? " + g.flow(2) + "\n" + indent + ":" + g.node(depth, indent))
		case list && g.Intn(4) == 0 && depth > 0:
			b.WriteString("- " + strings.TrimLeft(g.block(depth-1, indent+"  "), " "))
		case list:
			b.WriteString("-" + g.node(depth, indent))
		case g.Intn(6) == 0:
			b.WriteString(strings.ReplaceAll(g.flow(2), "\n", " ") + ":" + g.node(depth, indent))
		default:
			b.WriteString(g.properties() + g.pick(plains) + fmt.Sprint(n) + ":" + g.node(depth, indent))
		}
	}
	return b.String()
}

// More than yaml.v2 looks at in one go; now and then a key at the end of what
// may be one, or as deep as anything may be.
func (g *generator) long() string {
	var b strings.Builder
	switch g.Intn(30) {
	case 0:
		b.WriteString(strings.Repeat(g.pick([]string{"[", "{a: ", "[? "}), 9990+g.Intn(20)))
		return b.String()
	case 1:
		b.WriteString(strings.Repeat(g.pick([]string{"- ", "? "}), 9990+g.Intn(20)))
		return b.String()
	case 2, 3, 4:
		b.WriteString(g.pick([]string{"", "\"", "'", "[", "&a "}) + strings.Repeat(g.pick([]string{"x", "é"}), 1015+g.Intn(15)))
		b.WriteString(g.pick([]string{": y\n", "\": y\n", "': y\n", "]: y\n", ", b]: y\n"}))
	}
	for n := g.Intn(3000); b.Len() < n; {
		fmt.Fprintf(&b, "k%d:%s", b.Len(), g.node(2, ""))
	}
	return b.String()
}

func (g *generator) stream() string {
	var b strings.Builder
	if g.Intn(10) == 0 {
		b.WriteString(g.pick([]string{"\xef\xbb\xbf", "%YAML 1.1\n---\n", "%TAG !x! tag:x:\n---\n", "# x\n", "\n", "--- ", "---\n", "%YAML 1.2\n--- "}))
	}
	switch g.Intn(9) {
	case 0, 1:
		b.WriteString(g.flow(4))
	case 2:
		b.WriteString(g.long())
	default:
		b.WriteString(g.block(3, ""))
	}
	if g.Intn(20) == 0 {
		b.WriteString(g.pick([]string{"...\n", "---\n", "--- a\n", "...\n---", "# x", "\xef\xbb\xbf---\n", "...\n}"}))
	}
	return b.String()
}

// One place of the text is changed.
func (g *generator) damage(text []byte) []byte {
	at := g.Intn(len(text) + 1)
	end := at + g.Intn(4)
	if end > len(text) {
		end = len(text)
	}
	piece := g.pick(pieces)
	switch g.Intn(6) {
	case 0:
		piece = ""
	case 1:
		end = at
	case 2: // a part of the text again
		from := g.Intn(len(text) + 1)
		to := from + g.Intn(30)
		if to > len(text) {
			to = len(text)
		}
		piece = string(text[from:to])
	case 3:
		if g.Intn(10) == 0 {
			return text[:at]
		}
	}
	return []byte(string(text[:at]) + piece + string(text[end:]))
}

// UTF-16, either way round, sometimes not whole.
func (g *generator) wide(text []byte) []byte {
	big := g.often(2)
	var b []byte
	put := func(u uint16) {
		if big {
			b = append(b, byte(u>>8), byte(u))
		} else {
			b = append(b, byte(u), byte(u>>8))
		}
	}
	put(0xFEFF)
	for _, r := range string(text) {
		if r >= 0x10000 {
			put(uint16(0xD800 + (r-0x10000)>>10))
			put(uint16(0xDC00 + (r-0x10000)&0x3FF))
		} else {
			put(uint16(r))
		}
	}
	if g.Intn(10) == 0 {
		b = b[:g.Intn(len(b)+1)]
	}
	return b
}

func (g *generator) document() []byte {
	var text []byte
	if g.Intn(6) == 0 {
		text = g.soup()
	} else {
		text = []byte(g.stream())
		for n := g.Intn(5); n > 2; n-- {
			text = g.damage(text)
		}
	}
	if g.Intn(200) == 0 {
		text = g.wide(text)
	}
	return text
}

func (g *generator) mutate(corpus [][]byte) []byte {
	if len(corpus) == 0 {
		return g.document()
	}
	text := corpus[g.Intn(len(corpus))]
	if len(text) > 3000 && g.often(4) {
		at := g.Intn(len(text) - 2000)
		text = text[at : at+g.Intn(2000)]
		if i := bytes.IndexByte(text, '\n'); i >= 0 {
			text = text[i+1:]
		}
	}
	for n := g.Intn(4); n > 0; n-- {
		text = g.damage(text)
	}
	return text
}
