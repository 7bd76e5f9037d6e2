// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"strings"
)

// ---- paths to real values ----

type place struct {
	path  string
	value any
}

// places: everything that fields alone reach from v.
func places(prefix string, v any, depth int) []place {
	m, ok := v.(map[string]any)
	if !ok || depth == 0 {
		return nil
	}
	var all []place
	names := keys
	if _, ok := m["Zone"]; ok || m["Name"] != nil || m["k"] != nil {
		names = recordKeys
	}
	for _, k := range names {
		if e, ok := m[k]; ok {
			p := prefix + "." + k
			all = append(all, place{p, e})
			all = append(all, places(p, e, depth-1)...)
		}
	}
	return all
}

func fits(v any, want kind) bool {
	switch v.(type) {
	case string:
		return want == text
	case float64:
		return want == number
	case bool:
		return want == boolean
	case []any:
		return want == list
	case map[string]any:
		return want == dict
	}
	return false
}

// path finds a field or variable of that kind that is there.
func (g *generator) path(want kind) (string, any, bool) {
	var all []place
	all = append(all, place{".", g.dot})
	all = append(all, places("", g.dot, 3)...)
	if chance(g.Rand, 30) || len(all) < 2 {
		all = append(all, place{"$", g.root})
		all = append(all, places("$", g.root, 3)...)
	}
	for _, v := range g.vars {
		all = append(all, place{v.name, v.value})
		all = append(all, places(v.name, v.value, 2)...)
	}
	if want != anything {
		var right []place
		for _, p := range all {
			if fits(p.value, want) {
				right = append(right, p)
			}
		}
		all = right
	}
	if len(all) == 0 {
		return "", nil, false
	}
	p := pick(g.Rand, all)
	return p.path, p.value, true
}

// value: something that is found in v.
func (g *generator) value(v any, depth int) any {
	all := append(places("", v, depth), place{"", v})
	return pick(g.Rand, all).value
}

// ---- literals ----

var (
	smallNumbers = []string{"0", "1", "1", "2", "-1", "+2", "3", "0x1F", "0b101",
		"0o17", "1.5", ".5", "1e1", "'\\n'", "'a'", "2.0", "0x1p-2", "1i", "1+2i",
		"-2.75", "1e21", "1e-7", "-0.0"}
	goodNumbers = []string{"0", "1", "2", "-1", "+2", "3", "10", "0x1F", "0XfF",
		"0x1p-2", "0b101", "0B1", "0o17", "0O7", "017", "1_0", "0x_1", "1e3",
		"1E+2", "1.5", ".5", "1.", "-2.75", "1e-7", "1e21", "123456.789", "'a'",
		"'\\n'", "'\\x41'", "'\\u00e9'", "'\\''", "'é'", "'\\U0001F600'", "'日'",
		"'\\377'", "1i", "1.5i", "1+2i", "-1-0.5i", "0x8p1", "-0x1p4", "1e2i",
		"9223372036854775807", "-9223372036854775808", "100", "0.1", "1_000.5",
		"2.0", "-0", "-0.0", "2147483648", "1e100", "0+0i", "3+0i", "0i"}
	badNumbers = []string{"9223372036854775808", "18446744073709551615",
		"18446744073709551616", "1e400", "08", "0x", "1__0", "'ab'", "-'a'", "1_",
		"0b2", "0o8", "1e", "0x1p", "1a", "1.2.3", "--1", "+", "'", "''", "'\\q'",
		"1+2", "1+2i3", "0_x1", "1ee3", "0x1.8", "+'a'", "1.5e400", "1e-400",
		"0x1p99999", "1i+2", "'\\xff'", "'\\ud800'", "-9223372036854775809"}
	goodStrings = []string{`""`, `"a"`, `"web"`, `"name"`, `"port"`, `"a b"`,
		`"\n"`, `"\t\"q\"\\"`, `"\x41"`, `"\u00e9"`, `"\U0001F600"`, `"\101"`,
		`"\xff"`, `"é日本"`, "`raw`", "``", "`a\nb`", "`\\n`", "`\"`", `"%"`,
		`"}}"`, `"{{"`, `"<&>'"`, `"/*"`, "`a\r\nb`", `"\a\b\f\v\r"`, `"a.b"`,
		`"x-y"`, `"tags"`, `"10.0.0.1"`, `"'"`, "\"\u2028\u00a0\"", "\"\x7f\""}
	badStrings = []string{`"\q"`, `"a`, "\"a\nb\"", "`a", `"\x4"`, `"\ud800"`,
		`"\"`, `"\400"`, `"\U00110000"`, `'a"`, "\"\xff\"", `"\'"`}
)

func (g *generator) numeral() string {
	if chance(g.Rand, g.odd) {
		return pick(g.Rand, badNumbers)
	}
	if !g.large || chance(g.Rand, 30) {
		n := fmt.Sprint(g.IntN(60) - 10)
		if chance(g.Rand, 50) {
			n = pick(g.Rand, smallNumbers)
		}
		return n
	}
	return pick(g.Rand, goodNumbers)
}

func (g *generator) literalText() string {
	if chance(g.Rand, g.odd) {
		return pick(g.Rand, badStrings)
	}
	return pick(g.Rand, goodStrings)
}

func (g *generator) quoted(s string) string {
	if chance(g.Rand, 20) {
		return "`" + s + "`"
	}
	return fmt.Sprintf("%q", s)
}

// ---- expressions ----

// pipeline: one command or several, the last of which gives what is wanted.
func (g *generator) pipeline(want kind, depth int) string {
	n := 1
	for n < 4 && chance(g.Rand, 22) {
		n++
	}
	if n == 1 {
		return g.command(want, depth)
	}
	parts := []string{g.operandOrCall(anything, depth)}
	for i := 1; i < n; i++ {
		need := anything
		if i == n-1 {
			need = want
		}
		parts = append(parts, g.function(need, depth, true))
	}
	bar := pick(g.Rand, []string{" | ", " | ", "|", " |", "| ", "\n| "})
	return strings.Join(parts, bar)
}

func (g *generator) command(want kind, depth int) string {
	if chance(g.Rand, 40) && depth > 0 {
		return g.function(want, depth, false)
	}
	return g.operandOrCall(want, depth)
}

func (g *generator) operandOrCall(want kind, depth int) string {
	if depth > 0 && chance(g.Rand, 30) {
		return g.function(want, depth, false)
	}
	return g.operand(want, depth)
}

// operand: what may stand as an argument.
func (g *generator) operand(want kind, depth int) string {
	if chance(g.Rand, g.odd) {
		return g.wrong(depth)
	}
	if g.typed && chance(g.Rand, 35) {
		return g.typedOperand(want)
	}
	if want == anything {
		want = kind(1 + g.IntN(6))
	}
	if chance(g.Rand, 50) {
		if path, _, ok := g.path(want); ok {
			return path
		}
	}
	if depth > 0 && chance(g.Rand, 30) {
		return g.parenthesised(want, depth-1)
	}
	switch want {
	case text:
		return g.literalText()
	case number, integer:
		return g.numeral()
	case boolean:
		return pick(g.Rand, []string{"true", "false"})
	default:
		if path, _, ok := g.path(want); ok {
			return path
		}
		path, _, _ := g.path(anything)
		return path
	}
}

func (g *generator) parenthesised(want kind, depth int) string {
	inside := g.pipeline(want, depth)
	if chance(g.Rand, 4) {
		inside = g.newName() + " := " + inside
	}
	s := "(" + g.maybe() + inside + g.maybe() + ")"
	if chance(g.Rand, 12) {
		s += "." + pick(g.Rand, keys)
	}
	return s
}

// wrong: what makes errors.
func (g *generator) wrong(depth int) string {
	switch g.IntN(14) {
	case 0:
		return "nil"
	case 1:
		return "$undefined"
	case 2:
		return ".missing"
	case 3:
		return ".missing.deeper"
	case 4:
		return "." + pick(g.Rand, keys) + "." + pick(g.Rand, keys)
	case 5:
		return "nofunc"
	case 6:
		return pick(g.Rand, badNumbers)
	case 7:
		return pick(g.Rand, badStrings)
	case 8:
		return pick(g.Rand, []string{"..", ".a.", "$.", "$x.", "()", "(", ")", "|",
			",", ":=", "=", "@", "~", "#", "a b", "é", "\x00", "\xff", ".1", ".a-b",
			"nil.x", "true.x", "1.x", "\"a\".x", "(1).x", "$x$y", ".a(1)", "_",
			"\u00a0", "end", "else", "if", "define", "{{", "break", "\u2028"})
	case 9:
		return pick(g.Rand, functions).name
	case 10:
		return "." + pick(g.Rand, keys) + " " + g.operand(anything, 0)
	case 11:
		return "$." + pick(g.Rand, keys)
	case 12:
		return "(" + pick(g.Rand, functions).name + ")"
	default:
		return g.parenthesised(anything, depth)
	}
}

// ---- functions ----

type function struct {
	name   string
	gives  kind
	args   []kind
	repeat bool // of the last
	weight int
}

var functions = []function{
	{"and", anything, []kind{anything}, true, 2},
	{"or", anything, []kind{anything}, true, 2},
	{"and", boolean, []kind{boolean}, true, 2},
	{"or", boolean, []kind{boolean}, true, 2},
	{"not", boolean, []kind{boolean}, false, 2},
	{"not", boolean, []kind{anything}, false, 1},
	{"len", integer, []kind{text}, false, 2},
	{"len", integer, []kind{list}, false, 2},
	{"len", integer, []kind{dict}, false, 1},
	{"index", anything, []kind{list, integer}, false, 2},
	{"index", anything, []kind{dict, text}, false, 3},
	{"index", integer, []kind{text, integer}, false, 1},
	{"index", anything, []kind{anything}, true, 1},
	{"index", anything, []kind{dict, text, text}, false, 1},
	{"slice", list, []kind{list, integer}, true, 2},
	{"slice", text, []kind{text, integer}, true, 2},
	{"print", text, []kind{anything}, true, 3},
	{"println", text, []kind{anything}, true, 2},
	{"html", text, []kind{anything}, true, 2},
	{"js", text, []kind{anything}, true, 2},
	{"urlquery", text, []kind{anything}, true, 2},
	{"eq", boolean, []kind{text, text}, true, 2},
	{"eq", boolean, []kind{integer, integer}, true, 2},
	{"eq", boolean, []kind{number, number}, true, 1},
	{"eq", boolean, []kind{anything, anything}, true, 1},
	{"ne", boolean, []kind{text, text}, false, 1},
	{"ne", boolean, []kind{anything, anything}, false, 1},
	{"lt", boolean, []kind{number, number}, false, 1},
	{"lt", boolean, []kind{text, text}, false, 1},
	{"le", boolean, []kind{integer, integer}, false, 1},
	{"gt", boolean, []kind{number, number}, false, 1},
	{"ge", boolean, []kind{integer, integer}, false, 1},
	{"gt", boolean, []kind{anything, anything}, false, 1},
	{"call", anything, []kind{anything}, true, 0},
}

func (g *generator) choose(want kind) function {
	for range 20 {
		f := pick(g.Rand, functions)
		if g.IntN(3) < f.weight && (want == anything || f.gives == want ||
			f.gives == anything && chance(g.Rand, 30)) {
			return f
		}
		if f.weight == 0 && chance(g.Rand, g.odd) {
			return f
		}
	}
	return functions[g.IntN(2)]
}

// argument: small whole numbers where they are places in a list, now and then
// anything where the parameter has a type.
func (g *generator) argument(f function, want kind, depth int) string {
	if want == integer && (f.name == "slice" || f.name == "index") && chance(g.Rand, 60) {
		return fmt.Sprint(g.IntN(5))
	}
	if f.name[0] == 't' && chance(g.Rand, 15) {
		return pick(g.Rand, []string{"nil", "true", "1", "-1", "300", "1.5", "2.0", "'a'",
			"1i", "2+0i", "\"s\"", ".", "$", "(1)", "(nil)", "1e20", "-1e-3", "0x10", "maa.k",
			"node.Ptr", "(node)", "nilnode", "0.0", "9223372036854775808", "nilany"})
	}
	return g.operand(want, depth)
}

// function: a call; piped, it lacks its last argument.
func (g *generator) function(want kind, depth int, piped bool) string {
	if (want == text || want == anything) && chance(g.Rand, 25) {
		return g.printf(depth, piped)
	}
	f := g.choose(want)
	if g.typed && (want == text || want == anything) && chance(g.Rand, 30) {
		f = pick(g.Rand, takers)
	}
	args := f.args
	if f.repeat {
		for len(args) < 5 && chance(g.Rand, 40) {
			args = append(args[:len(args):len(args)], args[len(args)-1])
		}
	}
	if chance(g.Rand, g.odd) {
		args = args[:g.IntN(len(args)+1)]
	}
	if piped && len(args) > 0 {
		args = args[:len(args)-1]
	}
	s := f.name
	for _, want := range args {
		s += g.blank() + g.argument(f, want, depth-1)
	}
	return s
}
