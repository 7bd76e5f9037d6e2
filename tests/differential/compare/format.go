// SPDX-License-Identifier: MIT

package main

import (
	"fmt"
	"strconv"
	"strings"
)

// Formats of printf. %p of what has an address is left out: it can't repeat.

const verbs = "vvvvvTtbcdddoOqqxxXUeEfFggGsssssw!zéyvvsdq"

func (g *generator) format() (string, int) {
	var b strings.Builder
	need := 0
	for n := 1 + g.IntN(3); n > 0; n-- {
		b.WriteString(pick(g.Rand, []string{"", "", " ", "é=", "a:", "%%", "\n", "日"}))
		need += g.directive(&b)
	}
	if chance(g.Rand, g.odd) {
		b.WriteString(pick(g.Rand, []string{"%", "%-", "%5", "%.", "%[", "%[1",
			"%[x]d", "%[0]d", "%[9]d", "%.[2]", "% ", "%\xff", "%[1]", "%!"}))
	}
	return b.String(), need
}

func (g *generator) directive(b *strings.Builder) int {
	need := 1
	b.WriteByte('%')
	for chance(g.Rand, 25) {
		b.WriteByte("+-# 0"[g.IntN(5)])
	}
	if chance(g.Rand, 4) {
		fmt.Fprintf(b, "[%d]", g.IntN(4))
	}
	switch {
	case chance(g.Rand, 4):
		b.WriteByte('*')
		need++
	case chance(g.Rand, 20):
		b.WriteString(strconv.Itoa(g.IntN(25)))
	}
	switch {
	case chance(g.Rand, 3):
		b.WriteString(".*")
		need++
	case chance(g.Rand, 15):
		b.WriteString("." + strconv.Itoa(g.IntN(12)))
	case chance(g.Rand, 3):
		b.WriteByte('.')
	}
	if chance(g.Rand, 2) {
		fmt.Fprintf(b, "[%d]", 1+g.IntN(3))
	}
	b.WriteString(string([]rune(verbs)[g.IntN(len([]rune(verbs)))]))
	return need
}

func (g *generator) printf(depth int, piped bool) string {
	format, need := g.format()
	s := "printf" + g.blank() + strconv.Quote(format)
	if chance(g.Rand, 10) {
		need += g.IntN(3) - 1
	}
	if piped {
		need--
	}
	for ; need > 0; need-- {
		s += g.blank() + g.operand(anything, depth-1)
	}
	return s
}
