// SPDX-License-Identifier: MIT

package main

import (
	"math/rand/v2"
	"strings"
)

type generator struct {
	*rand.Rand
}

func (g *generator) chance(percent int) bool { return g.IntN(100) < percent }

func pick[T any](g *generator, list []T) T { return list[g.IntN(len(list))] }

// generate makes template i of a seed, and says which function it is about.
func generate(seed, i uint64, only string) (text, function string) {
	g := &generator{rand.New(rand.NewPCG(seed, i))}
	if only == "" && g.chance(12) {
		form := pick(g, forms)
		if g.chance(5) {
			form = pick(g, slowForms)
		}
		function, _, _ = strings.Cut(form, " ")
		function, _, _ = strings.Cut(function, "}")
		return g.definitions() + "{{" + g.fill(form, 2) + "}}", function
	}
	if only == "" && g.chance(4) {
		return g.method()
	}
	f := pick(g, functions)
	for tries := 0; only != "" && !strings.HasPrefix(f.name, only) && tries < 100000; tries++ {
		f = pick(g, functions)
	}
	if g.chance(25) {
		return g.withVariables(f), f.name
	}
	return g.printed(g.call(f, 2)), f.name
}

func (g *generator) definitions() string {
	return `{{define "t"}}[{{.}}]{{end}}`
}

// fill puts values in the places of a form.
func (g *generator) fill(form string, depth int) string {
	return placeholder.ReplaceAllStringFunc(form, func(sort string) string {
		sort = strings.ToLower(sort)
		if _, ok := texts[sort]; !ok && literals[sort] == nil && sort != "any" && sort != "number" {
			return strings.ToUpper(sort)
		}
		return g.argument(sort, depth-1)
	})
}

func (g *generator) method() (text, function string) {
	sort := pick(g, []string{"time", "time", "time", "span", "month", "semverv"})
	method := pick(g, methods[sort])
	function, _, _ = strings.Cut(method, " ")
	call := "(" + g.literal(sort) + ")" + g.fill(method, 1)
	return g.printed(call), sort + function
}

// Ways to show a value.
var printers = []string{`E`, `E`, `E`, `printf "%v" (E)`, `printf "%v" (E)`, `printf "%T %v" $r $r`, `printf "%#v" (E)`, `printf "%#v" (E)`,
	`printf "%+v" (E)`, `printf "%q" (E)`, `printf "%d" (E)`, `printf "%s" (E)`, `printf "%x" (E)`, `toJSON (E)`, `toJSON (E)`, `toJSONPretty (E)`,
	`toYAML (E)`, `toYAML (E)`, `toTOML (E)`, `toTOML (sprig_dict "v" (E))`, `E | toJSON`, `spew_sdump (E)`, `spew_sprintf "%#+v" (E)`, `range $k, $v := E}}{{$k}}={{$v}},{{else}}none{{end`,
	`range E}}<{{.}}>{{else}}none{{end`, `with E}}{{.}}{{else}}none{{end`, `if E}}yes{{else}}no{{end`, `len (E)`, `sprig_typeOf (E)`,
	`print (E) "x"`, `sprig_toRawJson (E)`, `sprig_quote (E)`, `E | printf "%v"`, `index (E) 0`, `html (E)`, `printf "%t|%8.3v|%-5v|" $r $r $r`}

func (g *generator) printed(call string) string {
	printer := pick(g, printers)
	if strings.Contains(printer, "$r") {
		return "{{$r := " + call + "}}{{" + printer + "}}"
	}
	return "{{" + strings.ReplaceAll(printer, "E", call) + "}}"
}

// withVariables calls with variables, and shows them after it, for what changes
// its arguments or shares them with its result.
func (g *generator) withVariables(f *function) string {
	var text, after strings.Builder
	var operands []string
	show := pick(g, []string{`{{X}};`, `{{printf "%#v" X}};`, `{{toJSON X}};`, `{{printf "%T" X}};`})
	for i, sort := range g.sorts(f) {
		if sort == "dated" {
			sort = "time"
		}
		name := "$" + string(rune('a'+i))
		text.WriteString("{{" + name + " := " + g.argument(sort, 1) + "}}")
		after.WriteString(strings.ReplaceAll(show, "X", name))
		operands = append(operands, name)
	}
	call := strings.Join(append([]string{f.name}, operands...), " ")
	text.WriteString("{{$r := " + call + "}}")
	switch g.IntN(5) {
	case 0:
		text.WriteString("{{$s := sprig_sortAlpha $r}}")
	case 1:
		if f.result == "dict" {
			text.WriteString(`{{$s := sprig_set $r "a" "changed"}}`)
		}
	case 2:
		text.WriteString("{{$s := " + call + "}}{{$s}};")
	}
	return text.String() + strings.ReplaceAll(show, "X", "$r") + after.String()
}

// sorts is those of the arguments of one call: now and then too many or too few.
func (g *generator) sorts(f *function) (sorts []string) {
	for _, p := range f.params {
		switch {
		case strings.HasPrefix(p, "?"):
			if g.chance(60) {
				sorts = append(sorts, p[1:])
			}
		case strings.HasPrefix(p, "…"):
			for g.chance(60) && len(sorts) < 7 {
				sorts = append(sorts, strings.TrimPrefix(p, "…"))
			}
		default:
			sorts = append(sorts, p)
		}
	}
	if len(sorts) == 2 && sorts[1] == "date" && g.chance(75) {
		return []string{"dated"}
	}
	if f.name == "sprig_dict" {
		for i := 0; i < len(sorts); i += 2 {
			sorts[i] = "key"
			if i+1 < len(sorts) {
				sorts[i+1] = "any"
			}
		}
	}
	if g.chance(2) {
		sorts = append(sorts, "any")
	} else if g.chance(2) && len(sorts) > 0 {
		sorts = sorts[:len(sorts)-1]
	}
	return sorts
}

// call is without parentheses, perhaps a pipeline.
func (g *generator) call(f *function, depth int) string {
	var operands []string
	for _, sort := range g.sorts(f) {
		operands = append(operands, g.argument(sort, depth-1))
	}
	n := len(operands)
	if n > 0 && g.chance(30) {
		last := operands[n-1]
		if g.chance(50) && strings.HasPrefix(last, "(") && strings.HasSuffix(last, ")") {
			last = last[1 : len(last)-1]
		}
		return last + " | " + strings.Join(append([]string{f.name}, operands[:n-1]...), " ")
	}
	return strings.Join(append([]string{f.name}, operands...), " ")
}

// argument is one operand, mostly of the sort that is wanted.
func (g *generator) argument(sort string, depth int) string {
	if sort == "dated" {
		return g.dated()
	}
	if g.chance(5) && sort != "count" {
		sort = "any"
	}
	if depth > 0 && sort != "count" && g.chance(30) {
		return g.nested(sort, depth)
	}
	if sort == "any" && depth > 0 && g.chance(25) {
		return g.made(depth)
	}
	return g.literal(sort)
}

// nested is a call of a function whose result is of the sort.
func (g *generator) nested(sort string, depth int) string {
	results := fits[sort]
	if results == nil {
		if _, ok := texts[sort]; !ok {
			return g.literal(sort)
		}
		results = []string{"text"}
	}
	fs := producers[pick(g, results)]
	if len(fs) == 0 {
		return g.literal(sort)
	}
	return "(" + g.call(pick(g, fs), depth) + ")"
}

// made is a list or a dict of anything.
func (g *generator) made(depth int) string {
	var b strings.Builder
	if g.chance(50) {
		b.WriteString("(sprig_list")
		for range g.IntN(5) {
			b.WriteString(" " + g.argument("any", depth-1))
		}
	} else {
		b.WriteString("(sprig_dict")
		for range g.IntN(4) {
			b.WriteString(" " + g.literal("key") + " " + g.argument("any", depth-1))
		}
	}
	return b.String() + ")"
}

func (g *generator) literal(sort string) string {
	switch sort {
	case "any":
		sort = pick(g, anything)
	case "number":
		sort = pick(g, numbers)
	}
	switch {
	case sort == "dict" && g.chance(30):
		return g.tree(2)
	case sort == "float" && g.chance(40):
		return g.numeral()
	case (sort == "int" || sort == "i64") && g.chance(25):
		return "(sprig_" + map[string]string{"int": "int", "i64": "int64"}[sort] + " " + quoted(g.number()) + ")"
	case sort == "time" && g.chance(50):
		return "(sprig_toDate " + g.dated() + ")"
	}
	if compose := composed[sort]; compose != nil && g.chance(45) {
		return quoted(g.changed(compose(g), texts[sort]))
	}
	if list, ok := texts[sort]; ok {
		return quoted(g.changed(pick(g, list), list))
	}
	return pick(g, literals[sort])
}

// changed is the text, now and then changed in a place or two.
func (g *generator) changed(s string, list []string) string {
	if !g.chance(20) {
		return s
	}
	for range 1 + g.IntN(3) {
		at, end := 0, 0
		if len(s) > 0 {
			at = g.IntN(len(s) + 1)
			end = min(len(s), at+g.IntN(3))
		}
		switch other := pick(g, list); g.IntN(6) {
		case 0:
			s = s[:at] + s[end:]
		case 1:
			s = s[:at] + other + s[at:]
		case 2:
			if len(other) > 0 {
				from := g.IntN(len(other))
				s = s[:at] + other[from:from+1] + s[end:]
			}
		case 3:
			s = s[:at] + s[at:end] + s[at:]
		case 4:
			s = s[:at] + string(byte(g.IntN(256))) + s[end:]
		default:
			s = s[:at] + pick(g, texts["text"]) + s[end:]
		}
	}
	if g.chance(2) && len(s) > 0 {
		s = strings.Repeat(s, 1+g.IntN(200))
	}
	return s
}
