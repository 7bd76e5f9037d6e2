// SPDX-License-Identifier: MIT

package main

import (
	"errors"
	"fmt"
	"reflect"
	"text/template"
	"time"
)

// What JSON cannot give: records, pointers, typed lists and maps, whole numbers
// of each width, methods, parameters of each type. shims.c has the same.

type Inner struct {
	Zone  string
	Ports []int
}

type Node struct {
	Name   string
	Port   int
	Weight int64
	Flags  uint64
	Byte   uint8
	Load   float64
	Up     bool
	Tags   []string
	Meta   map[string]string
	Any    any
	Inner  Inner
	Nil    *Inner
	Wait   time.Duration
	Level  Level
	None   any
	secret string
}

func (n Node) Hello(to string) string            { return n.Name + " to " + to }
func (n Node) Self() any                         { return n.Inner }
func (n Node) Ptr() *Inner                       { return &Inner{"p", nil} }
func (n Node) Count(of ...int) int               { return len(of) }
func (n Node) Fail(words string) (string, error) { return "", errors.New(words) }

type Level int

func (l Level) String() string { return "level" }

type Texts []string

func newNode(name string) *Node {
	in := Inner{"z<1>", []int{80, 443}}
	return &Node{name, 8080, -7, 1 << 63, 255, 0.25, true, []string{"a", "b c"},
		map[string]string{"k": "v", "é": ""}, []any{1, nil, "x"}, in, nil,
		1500 * time.Millisecond, 3, nil, "s"}
}

// say is what a function that only takes gives: what it got.
func say(args ...any) string {
	s := ""
	for _, a := range args {
		s += fmt.Sprintf("(%T %v)", a, a)
	}
	return s
}

// some: the same of a list that Go made itself.
func some[T any](of []T) []any {
	var all []any
	for _, e := range of {
		all = append(all, e)
	}
	return all
}

var shims = template.FuncMap{
	"node":    func() *Node { return newNode("web") },
	"struct":  func() Node { return *newNode("") },
	"inner":   func() Inner { return Inner{"z", nil} },
	"nilnode": func() *Node { return nil },
	"nodes":   func() []*Node { return []*Node{newNode("n1"), newNode("n2"), nil} },
	"inners":  func() []Inner { return []Inner{{"a", []int{1}}, {"b", []int{}}} },
	"strs":    func() []string { return []string{"x", "y z", ""} },
	"texts":   func() Texts { return Texts{"x", "y"} },
	"nilstrs": func() []string { return nil },
	"ints":    func() []int { return []int{3, -1, 2} },
	"bytes":   func() []byte { return []byte("a\x01\xffé") },
	"anys":    func() []any { return []any{1, "two", nil, []string{"3"}, int64(4), true} },
	"mss":     func() map[string]string { return map[string]string{"b": "2", "a": "1"} },
	"msi": func() map[string]Inner {
		return map[string]Inner{"a": {"z", []int{1, 2}}}
	},
	"maa": func() map[any]any {
		return map[any]any{1: "one", "k": nil, true: 2.5, int64(1): uint64(1)}
	},
	"nilmap": func() map[string]string { return nil },
	"i64":    func() int64 { return -64 },
	"i32":    func() int32 { return 32 },
	"u64":    func() uint64 { return 1<<64 - 1 },
	"u":      func() uint { return 3 },
	"u8":     func() uint8 { return 200 },
	"f64":    func() float64 { return 2 },
	"cplx":   func() complex128 { return complex(1, -2) },
	"level":  func() Level { return 2 },
	"wait":   func() time.Duration { return 90 * time.Second },
	"err":    func() any { return errors.New("an error") },
	"nilany": func() any { return nil },
	"anyint": func() any { return 7 },
	"anys2":  func() any { return []any{1, 2} },
	"loop": func() <-chan int64 {
		c := make(chan int64)
		go func() {
			for i := range int64(3) {
				c <- i
			}
			close(c)
		}()
		return c
	},
	"fail":   func(s string) (string, error) { return "", errors.New(s) },
	"tbool":  func(a bool) string { return say(a) },
	"tstr":   func(a string) string { return say(a) },
	"tint":   func(a int) string { return say(a) },
	"ti64":   func(a int64) string { return say(a) },
	"tu8":    func(a uint8) string { return say(a) },
	"tu64":   func(a uint64) string { return say(a) },
	"tf64":   func(a float64) string { return say(a) },
	"tcplx":  func(a complex128) string { return say(a) },
	"tany":   func(a any) string { return say(a) },
	"tstrs":  func(a []string) string { return say(a) },
	"tanys":  func(a []any) string { return say(a) },
	"tmss":   func(a map[string]string) string { return say(a) },
	"tmsa":   func(a map[string]any) string { return say(a) },
	"tnode":  func(a *Node) string { return say(a) },
	"tinner": func(a Inner) string { return say(a) },
	"terr":   func(a error) string { return say(a) },
	"twait":  func(a time.Duration) string { return say(a) },
	"tlevel": func(a Level) string { return say(a) },
	"trefl": func(a reflect.Value) string {
		if !a.IsValid() {
			return "(invalid)"
		}
		return say(a.Interface())
	},
	"tvar":  func(a string, b ...string) string { return say(a) + say(some(b)...) },
	"tvari": func(a ...int) string { return say(some(a)...) },
	"tvara": func(a ...any) string { return say(a...) },
}

// record is what the generator knows of a Node.
func record() map[string]any {
	inner := map[string]any{"Zone": "z", "Ports": []any{80.0}}
	return map[string]any{"Name": "web", "Port": 1.0, "Weight": 1.0, "Flags": 1.0,
		"Byte": 1.0, "Load": 1.5, "Up": true, "Tags": []any{"a"},
		"Meta": map[string]any{"k": "v"}, "Any": []any{1.0}, "Inner": inner,
		"Ptr": inner, "Nil": nil, "Wait": nil, "Level": nil, "None": nil}
}

var recordKeys = []string{"Name", "Port", "Weight", "Flags", "Byte", "Load", "Up",
	"Tags", "Meta", "Any", "Inner", "Ptr", "Nil", "Wait", "Level", "None", "Zone",
	"Ports", "k"}

type shim struct {
	text  string
	kind  kind
	value any
}

// What typed expressions there are; some are wrong.
var typed = []shim{
	{"node", anything, record()}, {"struct", anything, record()},
	{"inner", anything, nil}, {"nilnode", anything, record()},
	{"nodes", list, []any{record()}}, {"inners", list, nil}, {"strs", list, []any{"x"}},
	{"texts", list, []any{"x"}}, {"nilstrs", list, nil}, {"ints", list, []any{1.0}},
	{"bytes", list, nil}, {"anys", list, nil}, {"mss", dict, map[string]any{"a": "1"}},
	{"msi", dict, nil}, {"maa", dict, nil}, {"nilmap", dict, nil}, {"i64", integer, 1.0},
	{"i32", integer, 1.0}, {"u64", integer, 1.0}, {"u", integer, 1.0},
	{"u8", integer, 1.0}, {"f64", number, 1.0}, {"cplx", number, nil},
	{"level", anything, nil}, {"wait", anything, nil}, {"err", anything, nil},
	{"nilany", anything, nil}, {"anyint", integer, nil},
	{"anys2", list, nil}, {"loop", list, nil}, {"node.Name", text, nil},
	{"struct.Port", integer, nil}, {"(node).Hello `x`", text, nil},
	{"node.Self", anything, nil}, {"(struct.Count 1 2)", integer, nil},
	{"node.Up", boolean, nil}, {"node.Inner.Zone", text, nil},
	{"node.Ptr.Zone", text, nil}, {"(node).Nil", anything, nil},
	{"(index nodes 0)", anything, record()}, {"(index inners 1)", anything, nil},
	{"(index strs 1)", text, nil}, {"(index msi `a`)", anything, nil},
	{"(index maa 1)", anything, nil}, {"(index mss `zz`)", text, nil},
	{"wait.Seconds", number, nil}, {"node.Meta.k", text, nil},
	{"node.Self.Zone", text, nil}, {"(slice ints 1)", list, nil},
}

var typedOdd = []string{"node.secret", "node.Nil.Zone", "nilnode.Name", "node.Missing",
	"node.Fail `no`", "(node.Fail `no`)", "node.Hello", "(node.Hello 1)",
	"(node.Hello `a` `b`)", "node.Name.x", "(node.Count `a`)", "mss.zz.x", "msi.zz",
	"msi.zz.Zone", "maa.k.x", "nilmap.x", "strs.x", "i64.x", "nilany.x", "err.x",
	"(fail `broken`)", "node.Meta.zz", "(index nodes 2).Name", "nilnode.Missing",
	"(node.Name `a`)", "(node.Meta `a`)", "(mss.a 1)", "node.Count 1 2", "err.Error",
	"level.String", "(nilnode.Hello `a`)", "(index nodes 9)", "(index mss 1)",
	"(index maa strs)", "(index msi `q`).Zone", "node.Wait.Seconds 1", "inner.Hello",
	"(wait.Round 1)", "(wait.Round wait)", "nilnode.Nil", "anys2.x", "loop.x", "tany"}

// takers are functions with typed parameters.
var takers = []function{
	{"tbool", text, []kind{boolean}, false, 1}, {"tstr", text, []kind{text}, false, 1},
	{"tint", text, []kind{integer}, false, 1}, {"ti64", text, []kind{integer}, false, 1},
	{"tu8", text, []kind{integer}, false, 1}, {"tu64", text, []kind{integer}, false, 1},
	{"tf64", text, []kind{number}, false, 1}, {"tcplx", text, []kind{number}, false, 1},
	{"tany", text, []kind{anything}, false, 1}, {"tstrs", text, []kind{list}, false, 1},
	{"tanys", text, []kind{list}, false, 1}, {"tmss", text, []kind{dict}, false, 1},
	{"tmsa", text, []kind{dict}, false, 1}, {"tnode", text, []kind{anything}, false, 1},
	{"tinner", text, []kind{anything}, false, 1}, {"terr", text, []kind{anything}, false, 1},
	{"twait", text, []kind{integer}, false, 1}, {"tlevel", text, []kind{integer}, false, 1},
	{"trefl", text, []kind{anything}, false, 1}, {"tvar", text, []kind{text}, true, 1},
	{"tvari", text, []kind{integer}, true, 1}, {"tvara", text, []kind{anything}, true, 1},
	{"fail", text, []kind{text}, false, 1},
}

func (g *generator) typedOperand(want kind) string {
	if chance(g.Rand, g.odd+2) {
		return pick(g.Rand, typedOdd)
	}
	for range 8 {
		s := pick(g.Rand, typed)
		if want == anything || s.kind == want || chance(g.Rand, g.odd+1) {
			return s.text
		}
	}
	return pick(g.Rand, typed).text
}
