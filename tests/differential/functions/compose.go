// SPDX-License-Identifier: MIT

package main

import (
	"encoding/base32"
	"encoding/base64"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// Texts that are put together, by sort: they reach what a list of examples does
// not think of.
var composed map[string]func(*generator) string

func init() {
	composed = map[string]func(*generator) string{
		"text": (*generator).letters, "lines": (*generator).words, "digits": (*generator).number,
		"duration": (*generator).duration, "layout": (*generator).layout, "date": (*generator).date,
		"semver": (*generator).version, "constraint": (*generator).constraint, "url": (*generator).url,
		"regex": func(g *generator) string { return g.regex(3) }, "repl": (*generator).replacement,
		"format": (*generator).format, "path": (*generator).path,
		"json": func(g *generator) string { return g.json(3) }, "yaml": func(g *generator) string { return g.json(2) },
		"b64": (*generator).base64, "b32": (*generator).base32, "pairs": (*generator).pairs,
	}
}

// some puts up to n pieces together.
func (g *generator) some(n int, pieces ...string) string {
	var b strings.Builder
	for range g.IntN(n + 1) {
		b.WriteString(pick(g, pieces))
	}
	return b.String()
}

func (g *generator) letters() string {
	if g.chance(60) {
		return g.some(8, "a", "b", "c", "o", "A", "B", " ", "1", "2", ",", "-", "_", ".", "x", "=")
	}
	return g.some(6, "a", "Z", "é", "ß", "Σ", "ς", "σ", "İ", "ı", "ǆ", "日", "\U0001F600", "\u0301", "\xff", "\xc3", " ", "\t",
		"\n", "\r", "\u00a0", "\u2003", "ŉ", "ﬀ", "ᾳ", "K", "\u2028", "0", "٣", "\x00", "\x7f", "\u200d", "&", "<", "\"", "'", "\\")
}

func (g *generator) words() string {
	return g.some(7, "one", "Two", "three-four", "FIVE", "six7", "8nine", "a", "é", "x_y", "HTTPServer", "fooBar", " ", " ", "  ",
		" ", "\n", "\n\n", "\t", "-", "_", ".", "averylongwordthatdoesnotfit", "ǆ", "ΑΣ", "\u00a0", "'s", "\xff", "İ", "ß", "\r\n")
}

func (g *generator) number() string {
	switch g.IntN(6) {
	case 0:
		return strconv.FormatInt(int64(g.Uint64())>>g.IntN(64), 10)
	case 1:
		return strconv.FormatUint(g.Uint64()>>g.IntN(64), []int{2, 8, 10, 16, 36}[g.IntN(5)])
	case 2:
		return strconv.FormatFloat(g.float(), pick(g, []byte("gefx")), -1, 64)
	case 3:
		return fmt.Sprintf("%d.%0*d", g.IntN(1000), 1+g.IntN(18), g.IntN(10000))
	case 4:
		return g.some(2, "+", "-", "0", "0x", "0b", "0o") + g.some(6, "0", "1", "7", "9", "_", ".", "e", "a", "F", "p", "+", "-")
	default:
		return strconv.Itoa(g.IntN(200) - 50)
	}
}

func (g *generator) float() float64 {
	switch g.IntN(4) {
	case 0:
		return math.Float64frombits(g.Uint64())
	case 1:
		return float64(g.IntN(2000000)-1000000) / math.Pow(10, float64(g.IntN(8)))
	case 2:
		return float64(g.IntN(100)) / 8
	default:
		return math.Pow(10, float64(g.IntN(44)-22)) * float64(1+g.IntN(9))
	}
}

func (g *generator) duration() string {
	return g.some(1, "-", "+") + g.some(3, "1h", "2.5m", "0.1s", "90m", "3600s", "999ms", "1us", "7ns", ".5h", "100000h", "1.000000001s",
		"0.999999999999999999999s", "12h", "1µs", "25h", "36m", "9223372036s", "1", ".", "h", "0s", "00012m")
}

var layoutParts = []string{"2006", "2006", "06", "01", "1", "Jan", "January", "02", "02", "2", "_2", "002", "__2", "15", "03", "3", "04",
	"4", "05", "5", ".000", ".000000", ".999", ",000", ",999999999", "PM", "pm", "MST", "Z07:00", "Z0700", "Z07", "-0700", "-07:00", "-07",
	"-07:00:00", "Z070000", "Mon", "Monday", "T", "x", "20", "_2006", "1_2", "Jan_2", "é"}

func (g *generator) layout() string {
	if g.chance(30) {
		return pick(g, texts["layout"])
	}
	var b strings.Builder
	for range 1 + g.IntN(6) {
		b.WriteString(pick(g, layoutParts) + g.some(1, "-", " ", "/", ":", ".", "", "", ","))
	}
	return b.String()
}

func (g *generator) moment() time.Time {
	seconds := int64(g.IntN(4e9)) - 1e9
	if g.chance(10) {
		seconds = int64(g.IntN(3e11)) - 6e10
	}
	var nanos int64
	if g.chance(40) {
		nanos = int64(g.IntN(1e9))
	}
	zone := pick(g, []*time.Location{time.UTC, berlin, time.FixedZone("EST", -5*3600), time.FixedZone("", 5*3600+1800),
		time.FixedZone("XYZ", 3600), time.FixedZone("+03", 3*3600)})
	return time.Unix(seconds, nanos).In(zone)
}

var berlin, _ = time.LoadLocation("Europe/Berlin")

func (g *generator) date() string {
	return g.moment().Format(g.layout())
}

// dated is a layout and a text that it reads, mostly, as two operands.
func (g *generator) dated() string {
	layout := g.layout()
	date := g.moment().Format(layout)
	if g.chance(25) {
		date = g.changed(date, texts["date"])
	}
	return quoted(layout) + " " + quoted(date)
}

func (g *generator) version() string {
	return g.some(1, "v") + strconv.Itoa(g.IntN(4)) + g.some(3, ".0", ".1", ".2", ".10", ".x") +
		g.some(1, "-beta", "-beta.2", "-rc.1", "-0", "-alpha.10", "-a-b", "-1") + g.some(1, "+b", "+1.2", "+001")
}

func (g *generator) constraint() string {
	one := func() string {
		return g.some(1, "=", "!=", ">", "<", ">=", "<=", "=>", "=<", "~", "~>", "^", "") + g.some(1, " ", "") +
			pick(g, []string{g.version(), g.version(), "*", "1.x", "1.2.*", "x"})
	}
	s := one()
	for g.chance(40) {
		s += pick(g, []string{" ", ", ", ",", " || ", "||", " - "}) + one()
	}
	return s
}

func (g *generator) url() string {
	part := func(n int) string {
		return g.some(n, "a", "b", "/", "%20", "%2f", "%", "é", " ", "@", ":", "1", "80", ";", "=", "&", "+", "~", "[", "]", "\"", "<", "*", ".", "%41", "%e9", "'", "(", "!", "$", ",", "|", "\\", "^")
	}
	s := g.some(1, "http:", "https:", "ftp:", "x+y:", "mailto:", "1a:", "HTTP:", "")
	if g.chance(70) {
		s += "//" + g.some(1, "u@", "u:p@", "u%20x:p%40@", "@", ":@", "é@")
		s += pick(g, []string{"h", "example.com", "10.0.0.1", "[::1]", "[fe80::1%25eth0]", "[1::2:3]", "H", "", "é", "a b", "%41", "h%20", "[::ffff:1.2.3.4]", "[", "a_b"})
		s += g.some(1, ":80", ":", ":0", ":x", ":99999")
	}
	if g.chance(60) {
		s += "/" + part(5)
	}
	if g.chance(40) {
		s += "?" + part(5)
	}
	if g.chance(30) {
		s += "#" + part(4)
	}
	return s
}

// regex is a pattern, nearly always a good one.
func (g *generator) regex(depth int) string {
	if depth == 0 || g.chance(25) {
		return pick(g, []string{"a", "b", "o", ".", "\\d", "\\w", "[ab]", "[^a]", "\\s", "x", "1", ",", "é", "\\.", "^", "$", "\\b", "\\B", "[a-c]", "[[:alpha:]]",
			"\\pL", "\\p{Lu}", "\\PN", "-", "_", "=", "(?i)A", "(?i:b)", "[\\d,]", "\\x61", "\\Qa.\\E", "[^\\s]", "\\z", "\\A", "(?m)^", "(?m)$", "(?s).", "ß", "[é-ü]", " ", "\\W", "\\D", "\\S", "[]a]", "[a-]", "[^]]"})
	}
	switch g.IntN(7) {
	case 0:
		return g.regex(depth-1) + "|" + g.regex(depth-1)
	case 1:
		return "(" + g.regex(depth-1) + ")"
	case 2:
		return pick(g, []string{"(?:", "(?P<n>", "(?<m>", "(?i:", "(?U:", "(?s:"}) + g.regex(depth-1) + ")"
	case 3:
		return "(?:" + g.regex(depth-1) + ")" + pick(g, []string{"*", "+", "?", "{2}", "{1,2}", "{0,}", "*?", "+?", "??", "{0}", "{2,}?", "**", "+*", "{3,1}", "{1001}", "{,2}"})
	case 4:
		return g.regex(0) + pick(g, []string{"*", "+", "?", "*?", "+?", "{2}", "{0,1}", "{2}{3}", "*{2}", "?+"})
	default:
		return g.regex(depth-1) + g.regex(depth-1)
	}
}

func (g *generator) replacement() string {
	return g.some(4, "$1", "$0", "${1}", "${n}", "$m", "x", "[", "]", "$", "$$", "é", "$2", "1", "{", "}", "\\", "_")
}

func (g *generator) format() string {
	var b strings.Builder
	for range 1 + g.IntN(2) {
		b.WriteString(g.some(1, "x", "é", " ") + "%" + g.some(2, "+", "-", "#", "0", " ") + g.some(1, "5", "12", "1", "20", "*", "[1]", "[2]"))
		b.WriteString(g.some(1, ".2", ".0", ".", ".10", ".*", ".[1]*"))
		b.WriteString(pick(g, []string{"v", "v", "v", "d", "s", "q", "x", "X", "o", "O", "b", "e", "E", "f", "F", "g", "G", "t", "c", "U", "T", "%", "w", "z", "é", "!"}))
	}
	return b.String()
}

func (g *generator) path() string {
	return g.some(6, "/", "/", "a", "b.c", ".", "..", "é", " ", "x.tar.gz", ".h", "d", "//")
}

func (g *generator) json(depth int) string {
	blank := g.some(1, " ", "", "", "\n")
	if depth == 0 || g.chance(30) {
		switch g.IntN(5) {
		case 0:
			return blank + strconv.FormatFloat(g.float(), 'g', -1, 64)
		case 1:
			return blank + pick(g, []string{"null", "true", "false", "0", "-1", "1e5", "1E-7", "12345678901234567890", "-0", "0.1", "1.0", "100000000000000000000000"})
		case 2:
			return strconv.QuoteToASCII(strings.ToValidUTF8(g.letters(), "?"))
		default:
			return "\"" + g.some(3, "a", "b", "é", "\\n", "\\u00e9", "\\\"", "<", "\\/", " ", "1", "\\ud83d\\ude00", "yes", "x: y", "#", "- ", "'", "&", "\\t") + "\""
		}
	}
	var items []string
	for range g.IntN(4) {
		item := g.json(depth - 1)
		if depth%2 == 0 {
			item = "\"" + pick(g, texts["key"]) + g.some(1, "2", "10", "/x") + "\":" + item
		}
		items = append(items, item)
	}
	if depth%2 == 0 {
		return blank + "{" + strings.Join(items, ",") + "}" + blank
	}
	return blank + "[" + strings.Join(items, ", ") + "]"
}

func (g *generator) bytes() []byte {
	b := make([]byte, g.IntN(40))
	for i := range b {
		b[i] = byte(g.IntN(256))
	}
	if g.chance(50) {
		return []byte(g.letters())
	}
	return b
}

func (g *generator) base64() string {
	coding := pick(g, []*base64.Encoding{base64.StdEncoding, base64.StdEncoding, base64.URLEncoding, base64.RawStdEncoding})
	return coding.EncodeToString(g.bytes())
}

func (g *generator) base32() string {
	return base32.StdEncoding.EncodeToString(g.bytes())
}

func (g *generator) pairs() string {
	return g.some(5, "a=1", "b=2", ",", ",", "k", "=", "c=x=y", ";", ":", " ", "é=1")
}

// tree is a dict of dicts, with few keys, so that two of them meet.
func (g *generator) tree(depth int) string {
	var b strings.Builder
	b.WriteString("(sprig_dict")
	for range g.IntN(4) {
		b.WriteString(" " + quoted(pick(g, []string{"a", "b", "c"})) + " ")
		switch {
		case depth > 0 && g.chance(45):
			b.WriteString(g.tree(depth - 1))
		case g.chance(30):
			b.WriteString(pick(g, []string{`""`, "0", "false", "nil", "(sprig_list)", "(sprig_dict)", "0.0", "(parseJSON `null`)"}))
		default:
			b.WriteString(g.literal(pick(g, []string{"int", "text", "list", "float", "bool", "ydict", "dict", "strs", "smap", "time", "any"})))
		}
	}
	return b.String() + ")"
}

// numeral is a number as a template writes it.
func (g *generator) numeral() string {
	f := g.float()
	if math.IsNaN(f) || math.IsInf(f, 0) {
		f = 1.5
	}
	s := strconv.FormatFloat(f, 'g', -1, 64)
	if !strings.ContainsAny(s, ".e") {
		s += ".0"
	}
	return s
}
