// SPDX-License-Identifier: MIT

package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
)

// What both sides find around them.
var environment = []string{"PATH=" + os.Getenv("PATH"), "HOME=/nonexistent",
	"TZ=Europe/Berlin", "FULL=one two", "EMPTY="}

// emptyFolder makes a folder what it is before each template that writes.
func emptyFolder(folder string) error {
	entries, err := os.ReadDir(folder)
	for _, e := range entries {
		os.RemoveAll(filepath.Join(folder, e.Name()))
	}
	if err != nil {
		return err
	}
	return os.Mkdir(filepath.Join(folder, "dir"), 0o755)
}

// quoted is a string that the template's language reads as s, on one line.
func quoted(s string) string { return strconv.Quote(s) }

// Sorts whose literals are strings: what a function of that parameter's meaning
// can be given.
var texts = map[string][]string{
	"text": {"", " ", "a", "web", "Hello World", "foo bar baz", "fooBarBaz", "foo-bar_baz",
		"a,b,c", "a, b ,c", " padded ", "one two  three", "ABC", "äöü", "ÄÖÜß", "日本語",
		"e\u0301", "İıſ", "ǆ", "\xff", "a\xffb", "\xe4\xf6", "\xed\xa0\x80", "\x00", "a\x00b",
		"line\nline", "a\r\nb", "tab\there", "<a href=\"x\">&'", "`", "$1", "${a}", "%d %s",
		"{{x}}", "\\", "\"quoted\"", "'single'", "10.0.0.1:80", "http://x/y?z=1", "true",
		"null", "nil", "-", "_", ".", "/", "#", "0", "1", "12", "-1", "1.5", "\u2028",
		"\U0001F600", "a\u00a0b", "\ufeffx", "aaaa", "abcabcabc", "The quick brown fox jumps",
		"x=1", "key: value", "[1,2]", "~", "yes", "no", "on", "2020-01-01", "0x10", "1e3",
		"=", "<<", "!x", "&x", "*x", "@", "%", "- a", "a: b", "a #b", "?", "a\n", "\na", "a\n\nb"},
	"lines": {"", "a", "a\nb", "a\n\nb\n", "\n", "\r\n", "a\r\nb", " a\n  b", "one two three four",
		"the quick brown fox", "HTTPServer", "someHTTPServer2Go", "snake_case_word", "kebab-case",
		"Title Case", "mixed_Case-word here", "3rd place", "o'neil's", "don't", "ABC", "aB",
		"ünï cödé", "ß", "ǆ ǅ", "éa", "a1b2", "1a", "HTML5", "id2", "x\ty", "a b", "__a__", "-a-",
		"  ", "a  b", "\x85", "a\xffb c", "longwordlongwordlongword x", "a.b.c", "A", "foo.bar/baz",
		"Ⅷ ⅷ", "ﬁ", "ŉ", "Ǆ", "ΑΣ ς", "i̇", "日本 語", "\u200bzw", "a_1", "A1B", "1A", "x9Y", "_", "-", "a\u2028b"},
	"word": {"a", "b", "c", "x", "y", "id", "name", "a.b", "a/b", "A", "", "ä", "1", "a b", "web-1"},
	"key":  {"a", "b", "c", "x", "name", "list", "map", "", "A", "1", "a.b", "none", "ä"},
	"cut": {"", "a", "b", "o", "oo", " ", "\n", ",", "abc", "foo", "\xff", "ä", "é", "日", "-", ".",
		"aa", "\x00", "$", "\\", "line", "l", "0", "10.", "x", "\"", "'", "\t"},
	"sep": {",", "", " ", "/", ":", "=", "\n", ", ", "ab", "|", "é", "\xff", ";", "--", "."},
	"digits": {"", "0", "1", "-1", "42", "+5", "007", "010", "08", "0x10", "0b11", "0o17", "1_000",
		"9223372036854775807", "9223372036854775808", "-9223372036854775808",
		"-9223372036854775809", "18446744073709551615", "18446744073709551616", "1.5", "-0",
		"1e3", "1e400", "-1e400", "1e-400", "NaN", "nan", "Inf", "-inf", "+Infinity", "0x1p-2", "0x1.8p1",
		" 1", "1 ", "1a", "abc", ".5", "5.", ".", "-", "+", "1__0", "_1", "1.00", "1.50", "100.0",
		"0.1", "1e21", "123456789012345678901234567890", "4.9e-324", "2.2250738585072011e-308",
		"1.7976931348623157e308", "1.7976931348623159e308", "0777", "777", "644", "0.30000000000000004",
		"١", "1\x00", "true", "0.0", "00", "-00.00", "1e", "1e+", "0x", "0xg", "inf", "infinit", "1,5",
		"60", "3600", "86400", "1E5", "1e5", "12345678.9", "1e-7", "1_0.5", "0_1"},
	"boolword": {"true", "false", "1", "0", "t", "f", "T", "F", "TRUE", "FALSE", "True", "False", "",
		"yes", "no", "tRUE", " true", "2", "on"},
	"duration": {"", "0", "1s", "1m", "1h", "1h30m", "-1h", "+5s", "1.5h", ".5s", "1.s", "100ms", "1us",
		"1µs", "1μs", "1ns", "1d", "1", "s", "-", "+", "1h1h", "9223372036854775807ns",
		"9223372036854775808ns", "-9223372036854775808ns", "2562047h47m16.854775807s", "2562048h",
		"0.000000001s", "0.0000000001s", "1e3s", "1 s", " 1s", "24h", "25h", "720h", "721h", "8760h", "8761h", "59s", "60s",
		"61s", "1h0m0.1s", "3000000h", "1.1.1s", "0.1h0.1m", "1sx", "ä", "-1.5h", "1H"},
	"layout": {"2006-01-02", "2006-01-02T15:04:05Z07:00", "2006-01-02 15:04:05", "15:04", "3:04PM",
		"Jan 2 2006", "02 Jan 06 15:04 MST", "Mon, 02 Jan 2006 15:04:05 MST",
		"Mon, 02 Jan 2006 15:04:05 -0700", "Monday, January _2 2006", "2006-002", "15:04:05.000",
		"15:04:05.999999999", "15:04:05,000", "05.00", "Z0700", "Z070000", "Z07:00:00", "-07", "-0700",
		"-07:00:00", "06", "1/2/06", "pm", "PM", "Jan _2 15:04:05.000000", "__2", "unix", "", "x",
		"2006", "01", "January", "Mon", "20060102150405", "02/01/2006 03:04:05 PM", "_2006", "2006-01-02T15:04:05.999999999Z07:00",
		"MST", "5", "4", "3", "15h", "Jan", "002", "2006-01-02 -07:00"},
	"date": {"2020-01-01", "2020-02-29", "2021-02-29", "2020-13-01", "2020-00-10", "2020-01-32",
		"2020-01-02T03:04:05Z", "2020-01-02T03:04:05+02:00", "2020-07-02 03:04:05", "12:30", "3:04PM", "12:00am",
		"Feb 3 2013", "02 Jan 06 15:04 CET", "Mon, 02 Jan 2006 15:04:05 MST",
		"Tue, 10 Nov 2009 23:00:00 +0100", "Thursday, February  4 2010", "2020-366", "2021-366", "23:59:59.123",
		"23:59:59.123456789", "10:00:00,5", "60", "99", "2/3/04", "1970-01-01", "1969-12-31", "0001-01-01",
		"9999-12-31", "10000-01-01", "", "x", "2020", "12", "December", "Tue", "20200102030405", "2020-03-29 02:30:00",
		"2020-10-25 02:30:00", "2038-01-19 03:14:08", "1900-01-01", "2020-01-02T24:00:00Z", "2020-01-02T23:60:00Z",
		"2020-01-02T03:04:05.1234567890Z", "2020-01-02T03:04:05-0000", "UTC", "GMT+3", "EST", "CEST", "2020-1-2",
		"2020-01-02T03:04:05Z junk", "1884-01-01", "2020-06-15 -07:00", "0000-01-01"},
	"stamp": {"unix", "unixish", "", "Jan", "2006", "Z07:00", "Monday", "x"},
	"semver": {"1.2.3", "v1.2.3", "1", "1.2", "1.2.3-beta.1", "1.2.3-beta", "1.2.3+build.5", "1.2.3-rc.1+b",
		"0.0.0", "01.2.3", "1.02.3", "1.2.3-01", "1.2.3-", "1.2.3+", "1.2.3.4", "", "x", "v", "V1.0.0", "1.x",
		"99999999999999999999.0.0", "18446744073709551615.0.0", "1.2.3-a..b", "1.2.3-a_b", "1.2.3-1.2.3", "1.2.3-alpha.10",
		"1.2.3-alpha.9", " 1.2.3", "1.2.3 ", "1.2-beta", "1-beta", "1.2.3-0", "1.2.3--", "2.0.0", "1.10.0", "3.4.5"},
	"constraint": {"", "*", "x", "1", "1.2", "1.2.3", "=1.2.3", "!=1.2.3", ">1.2", ">=1.2.3", "<2", "<=2.0.0", "=>1", "=<1",
		"~1.2.3", "~1", "~1.2", "~>1.2", "^1.2.3", "^0.2.3", "^0.0.3", "^0.0", "^0", "^1.x", "1.x", "1.2.x", "1.*",
		">=1.2 <3.0", ">=1.2, <3.0", ">1 || <0.5", "1.2 - 3.4.5", "1.2-3", ">=1.2.3-beta", "^1.2.3-beta.2", "~1.2.3-rc",
		">= 1.2.3 || ", "||", ",", ">", "a", "v1", ">=v1.2", "~*", "^*", "!=*", ">*", "!=1.x", ">1.x", "<=1.x", "1.2.3 1.2.3",
		"~0.0.0", ">= 1.0 , != 1.2.3", "=1.x", "1.2.3-alpha - 2", "  1.2  ", "> 1.2.x", "!=1", "<1.2.x", "~1.x", "^1.2.x", ">=0-0"},
	"url": {"http://example.com/a/b?c=d#e", "https://user:pass@host:8080/p%20q?x=%26", "", "/path", "//host/path", "mailto:a@b",
		"http://[::1]:80/", "http://[fe80::1%25eth0]/", "http://a b/", "http://host:port/", "http://host:/", "%zz", "http://%41/", "http://x/%",
		"http://x/%zz", ":", "a:b", "1:2", "10.0.0.1:80", "http://", "http:///p", "file:///etc", "http://x?y", "http://x#f%", "?q", "#f", "http://u@h",
		"http://u:@h", "http://:p@h", "http://a@b@c", "http://h/\x7f", "http://h/ä", "http://ä/", "http://h/a b", "http://h?a b", "http://h#a b", "x:opaque?q#f",
		"HTTP://X", "http://h/%2f/", "http://h/%2F%20", "http://h//a//b", "*", "http://*", "./a:b", "a:b/c", "http://h/a;b=c,d", "http://u%41:p%2f@h",
		"http://[::1", "http://::1]", "http://h:80:80", "http://h:99999", "http://[v1.a]/", "a b", " http://x", "javascript:alert(1)", "http://x/\"<>`{}|\\^",
		"scheme+1.2-x://h", "-a://h", "http://h/?", "http://h/#", "http://h/?#", "//", "///a", "http:opaque/", "http:/one"},
	"regex": {"", "a", "o+", "[a-z]+", "(a)(b)?", "(?P<n>\\w+)", "(?<n>\\d+)", "^", "$", "\\b", "\\B", ".", "(?s).", "(?i)HELLO", "(?m)^.",
		"(?U)a+", "a|b", "(a|ab)(c|bcd)(d*)", "\\d+\\.\\d+", "[^a]", "[[:alpha:]]+", "\\p{L}+", "\\pN", "\\P{Greek}", "x*", "(x*)*", "a{2}", "a{2,3}",
		"a{,3}", "a{1001}", "a{3,2}", "(", ")", "[", "[a", "[z-a]", "*", "a**", "a++", "+", "?", "\\", "\\8", "\\1", "(?=a)", "(?!a)", "(?<a", "(?P<>a)", "(?P<a>a)(?P<a>b)", "\\pX",
		"\\p{Foo}", "[[:foo:]]", "\xff", "\\xff", "\\x{10ffff}", "\\x{110000}", "\\Q.*\\E", "\\C", "\\z", "\\Z", "\\A", "[\\d-z]", "(?:a", "(?x)a", "[]a]", "[a\\]]",
		"\\s+", "\\S+", "\\W", "(foo|bar)+", "(a+)+b", "((a{100}){100}){100}", "[,;]\\s*", "é", "[é-ü]", "\\t|\\n", "(?i)ß", "(?i)k", "", "|", "a||b", "(|a)*", "(|a)+", "()", "\\u0041", "a{0}", "\\07", "\\123", "\\a", "[\\b]", "(?i:a)B", "(?-i)a", "(?z)"},
	"repl": {"", "x", "$0", "$1", "${1}", "$1x", "${1}x", "$n", "${n}", "$$", "$", "$2", "$99", "${", "${a", "[$0]", "\\1", "$-", "${1", "é$0", "$1$1", "${}", "$é", "${ 1}", "\xff", "$01"},
	"path": {"", "/", ".", "..", "a", "/a/b", "a/b/", "a//b", "./a", "../a", "/../a", "a/../b", "/a/./b/../c", "a.txt", "a.tar.gz", ".hidden", "a.", "a/b.c/d", "//a", "///", "a/.", "a/..", "ä/ö.ü", "a\x00b", "C:\\x", "dir.d/", "a b.c"},
	"json": {"", "null", "true", "1", "-0", "1.5", "1e3", "1E400", "\"a\"", "\"\\u00e9\"", "\"\\ud83d\\ude00\"", "\"\\ud800\"", "\"\\x\"", "[]", "{}", "[1,2,3]", "[1,\"a\",null,true,1.5]",
		"{\"a\":1}", "{\"a\":{\"b\":[1,2]}}", "{\"b\":1,\"a\":2,\"a\":3}", "[[1],[2,[3]]]", "[{\"a\":1},{\"a\":2}]", "{", "[1,]", "[1 2]", "{a:1}", "{\"a\"}", "{\"a\":}", "01", "1.", ".5", "+1", "nul", "tru", "\"",
		"\"a\nb\"", " [ 1 ] ", "[1]x", "\xff", "\"\xff\"", "{\"\":0}", "1 2", "{\"a\":1,}", "123456789012345678901", "1e21", "0.000001", "1e-7", "[0.1,1e6,1000000,12345678.9]", "{\"x\":\"<&>\",\"y\":\"\\u2028\"}", "[\"b\",\"a\",\"c\"]",
		"{\"name\":\"web\",\"port\":80,\"tags\":[\"x\",\"y\"]}", "\"\\\"\"", "-", "[", "]", "\"\\u12\"", "\"\\u00zz\"", "{\"a/b\":1,\"a/c\":{\"d\":2},\"e\":3}", "[null]", "\ufeff1", "{\"a\":null}", "\t1", "\"\x01\"", "falsee", "[true,false]", "{\"a\":[],\"b\":{}}"},
	"yaml": {"", "a", "a: 1", "- 1\n- a\n- null", "a: [1, 2]\nb: {c: d}", "a:\n  b: 1\n  c: [x]", "{a: 1}", "[1, a]", "1: x", "true: 1", "yes", "~", "null", "0x1f", "0o17", "010", "1_000", "1e3", ".inf", "-.inf", ".nan", "1.0", "12:30", "2020-01-01",
		"2020-01-02T03:04:05Z", "|\n  a\n  b\n", ">-\n  a\n  b\n", "&x [1]", "a: &x 1\nb: *x", "*x", "a: b: c", "a:\n- 1\n -2", "\t1", "'a''b'", "\"a\\nb\"", "!!str 1", "!!int \"1\"", "!!binary aGk=", "!!binary \"%\"", "a: 1\na: 2", "<<: {a: 1}\nb: 2", "? a\n: b", "- - 1\n  - 2",
		"---\na: 1\n---\nb: 2", "# c\na: 1", "[", "{a", "\"", "a: \"", "18446744073709551615", "18446744073709551616", "-9223372036854775808", "1.5e400", "null: null", "? [1]\n: 2", "? {a: 1}\n: 2", "a: !!float 1", "\xff", "a: \x01", "y: n", "on: off", "+1", "0b11", "-0", "-0.0", "1e-7", "0.1", "1.5: x", "[[], {}]", "- a: 1\n  b: 2\n- c", "'2020-01-01'", "=: 1", "@a", "%a", "`", "a:\n\tb: 1", "x: 'a\n\n  b'"},
	"b64":        {"", "YQ==", "YWI=", "YWJj", "YQ", "YQ=", "YR==", "YQ==YQ==", "Y Q==", "YQ=\n=", "YW\nJj", "-_-_", "+/+/", "aGVsbG8gd29ybGQ=", "====", "=", "A", "AA", "AAA", "AAAA", "\xff", "äöü=", "AAA\x00", "/w==", "_w==", "/////w==", "YQ===", "YWJj\r\n", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", "LS0tLS0=", "YQ==\n", "\n"},
	"b32":        {"", "ME======", "MFRA====", "MFRGG===", "MFRGGZA=", "MFRGGZDF", "ME", "me======", "M1======", "MF======", "=", "ME=====", "ME=======", "MFRGG", "M\nE======", "AAAAAAAA", "88888888", "77777777", "ME======ME======", "\xff", "MFRGGZDFMZTWQ==="},
	"pairs":      {"", "a=1,b=2", "a=1", "a", "a=1,b", "=1", "a=", "a=1=2", "a:1;b:2", ",", "a=1,,b=2", "a=1,a=2", " a = 1 , b = 2 ", "é=ü", "\xff=1", "k/v|x/y"},
	"sockaddr":   {"GetAllInterfaces | include \"name\" \"^lo$\" | attr \"address\"", "GetInterfaceIP \"lo\"", "GetAllInterfaces | include \"type\" \"IPv4\" | sort \"address\" | join \"address\" \" \"", "", "x", "GetAllInterfaces | include \"name\" \"lo\" | limit 1 | join \"name\" \",\"", "GetAllInterfaces | exclude \"flags\" \"loopback\" | attr \"name\"", "GetAllInterfaces | include \"network\" \"127.0.0.0/8\" | attr \"string\"", "GetAllInterfaces | include \"rfc\" \"1918\" | join \"address\" \" \"", "GetAllInterfaces | unique \"name\" | join \"name\" \" \"", "GetAllInterfaces | math \"address\" \"+1\" | join \"address\" \" \"", "GetAllInterfaces | math \"network\" \"+x\"", "GetAllInterfaces | attr \"nope\"", "GetPrivateIP", "}}", "GetAllInterfaces | limit 0", "GetAllInterfaces | limit -1 | len", "GetAllInterfaces | offset 1 | join \"name\" \" \"", "GetAllInterfaces | sort \"+size,-name\" | join \"name\" \" \"", "GetAllInterfaces | include \"flags\" \"nope\"", "GetAllInterfaces | include \"rfc\" \"9\""},
	"type":       {"string", "int", "int64", "float64", "bool", "[]interface {}", "map[string]interface {}", "[]string", "<nil>", "time.Time", "uint64", "semver.Version", "*semver.Version", "interface {}", "map[interface {}]interface {}", ""},
	"kind":       {"string", "int", "int64", "float64", "bool", "slice", "map", "invalid", "struct", "ptr", "chan", "uint64", "complex128", ""},
	"name":       {"FULL", "EMPTY", "NONE", "TZ", "HOME", "", "A=B", "a b", "\x00"},
	"format":     {"%v", "%+v", "%#v", "%#+v", "%s", "%d", "%q", "%T", "%x", "%5v|", "%-8v|", "%v %v", "", "%", "%%", "%!", "%[1]v", "%[2]v", "%[3]d", "%08d", "%.2f", "%e", "%t", "%c", "%U", "%p", "%*d", "%.3s", "% x", "%#x", "%X", "%o", "%b", "%g", "%z", "x%vy%"},
	"letter":     {"", "a", "é", "aaa", "\xff", "\xff\xff"},
	"meta":       {"zone", "zone,weight", "weight|int", "none", "", "a b", "zone,", ",", "zone|int", "weight|x", "zone, weight", "é"},
	"userinfo":   {"", "u", "u:p", "u:", ":p", "u%20:p/", "a@b", "a b", "é", "u:p:q", "%zz", "[", "u/x", "u?x", "u#x"},
	"password":   {"long", "maximum", "medium", "basic", "short", "pin", "x", ""},
	"permission": {"", "0644", "600", "9", "x", "07777", "0o600"},
}

// Literals of the other sorts, ready for a template.
var literals = map[string][]string{
	"int": {"0", "1", "2", "3", "5", "-1", "-2", "10", "42", "100", "65", "1000000", "9223372036854775807",
		"-9223372036854775808", "4294967296", "2147483648", "-2147483649", "'a'", "0x10", "0o17", "1_000", "256", "80", "8080"},
	"size":     {"0", "1", "2", "3", "4", "5", "7", "8", "10", "20", "-1", "-2", "-5", "100", "1.0", "'\\x03'"},
	"count":    {"0", "1", "2", "3", "4", "7", "12", "-1", "-3", "30"},
	"i64":      {"(sprig_int64 0)", "(sprig_int64 5)", "(sprig_int64 -7)", "(sprig_int64 \"9223372036854775807\")", "(sprig_int64 \"-9223372036854775808\")", "(add 1 2)", "(parseInt \"3600\")", "(sprig_int64 86400000000001)", "(parseInt \"1000000000\")", "(parseInt \"-61000000001\")", "(parseInt \"3600000000001\")"},
	"u64":      {"(parseUint \"0\")", "(parseUint \"7\")", "(parseUint \"18446744073709551615\")", "(parseUint \"9223372036854775808\")"},
	"float":    {"0.0", "1.0", "1.5", "-2.5", "0.1", "1e6", "1e20", "1e21", "1e-5", "1e-7", "1e308", "-0.0", "3.14159", "0.5", "2.675", "1e300", "123456789.125", "(parseFloat \"NaN\")", "(parseFloat \"Inf\")", "(parseFloat \"-Inf\")", "(parseFloat \"5e-324\")", "(sprig_float64 80)", "(parseJSON \"80\")", "(parseFloat \"0.1\")", "(parseFloat \"1e16\")", "(parseFloat \"-0\")", "100.0", "0.30000000000000004", "99.995"},
	"bool":     {"true", "false", "(eq 1 1)", "(not 1)"},
	"cplx":     {"1i", "(print 1i)", "2+3i", "-1.5i"},
	"byte":     {"(index \"abc\" 1)", "(index \"\\xff\" 0)", "(index \"\\x00\" 0)"},
	"list":     {"(sprig_list)", "(sprig_list 1 2 3)", "(sprig_list \"b\" \"a\" \"c\")", "(sprig_list 1 \"a\" nil 2.5 true)", "(sprig_list 3 1 2 1 3)", "(sprig_list \"\" 0 false nil)", "(parseJSON \"[1,2,3]\")", "(parseJSON \"[\\\"x\\\",\\\"y\\\",\\\"x\\\"]\")", "(parseYAML \"[1, a, [2], {b: 3}]\")", "(parseJSON \"[[1],[2,3],{\\\"a\\\":null}]\")", "(sprig_list (sprig_list 1) (sprig_list 2))", "(sprig_list (sprig_dict \"a\" 1) (sprig_dict \"a\" 1))", "(parseJSON \"[null]\")", "(sprig_list 1 1.0 (sprig_int64 1) \"1\")", "(sprig_list \"a\" \"a\")"},
	"strs":     {"(split \",\" \"a,b,c\")", "(split \",\" \"\")", "(sprig_splitList \"/\" \"b/a//c\")", "(sprig_sortAlpha (sprig_list 2 1 10))", "(sprig_regexFindAll \"[a-z]\" \"x1y2\" -1)", "(sprig_regexFindAll \"q\" \"a\" -1)", "(sprig_toStrings (sprig_list 1 nil 2.5))", "(split \"\" \"日本\")"},
	"ints":     {"(sprig_until 4)", "(sprig_untilStep 1 9 3)", "(sprig_until 0)"},
	"dict":     {"(sprig_dict)", "(sprig_dict \"a\" 1)", "(sprig_dict \"a\" 1 \"b\" \"x\")", "(sprig_dict \"a\" (sprig_dict \"b\" (sprig_list 1 2)))", "(sprig_dict \"b\" 2.5 \"c\" nil \"a\" true)", "(parseJSON \"{\\\"a\\\":1,\\\"b\\\":{\\\"c\\\":\\\"d\\\"}}\")", "(parseJSON \"{\\\"a\\\":[1,2],\\\"list\\\":[],\\\"map\\\":{}}\")", "(parseJSON \"\")", "(sprig_dict \"a\" \"\" \"b\" 0 \"c\" false)", "(parseJSON \"{\\\"name\\\":\\\"web\\\",\\\"port\\\":80,\\\"a\\\":{\\\"x\\\":null}}\")", "(sprig_dict \"x\" (sprig_list (sprig_dict \"a\" 1) (sprig_dict \"b\" 2)))", "(sprig_dict \"a\" (split \",\" \"x,y\") \"b\" (sprig_until 2))", "(sprig_dict \"1\" \"one\" \"\" \"empty\")", "(sprig_dict \"map\" (parseYAML \"a: {b: 1}\"))", "(sprig_dict \"list\" (sprig_list (sprig_list 1 2) (sprig_list 3)))", "(sprig_dict \"a b\" 1 \"ä\" 2 \"a.b\" 3 \"\\n\" 4)", "(sprig_dict \"a\" (sprig_list 1 \"x\"))"},
	"ydict":    {"(parseYAML \"a: 1\\nb: {c: [1, x]}\")", "(parseYAML \"{1: a, true: b}\")", "(parseYAML \"a: {b: {c: 1}}\")", "(index (parseYAML \"[{a: 1, 2: b}]\") 0)", "(index (parseYAML \"[{a10: 1, a9: 2, A: 3}]\") 0)"},
	"smap":     {"(sprig_split \",\" \"a,b\")", "(splitToMap \",\" \"=\" \"a=1,b=2\")", "(sprig_splitn \",\" 2 \"a,b,c\")", "(splitToMap \",\" \"=\" \"\")"},
	"pathdict": {"(sprig_dict \"a/b\" 1 \"a/c\" 2)", "(sprig_dict \"a/b/c\" \"x\" \"d\" 1)", "(parseJSON \"{\\\"a/b\\\":1,\\\"c\\\":{\\\"d/e\\\":2}}\")", "(sprig_dict \"/a\" 1)", "(sprig_dict \"a/\" 1)", "(sprig_dict \"a//b\" 1)", "(sprig_dict \"a\" 1 \"a/b\" 2)", "(sprig_dict \"a/b\" (sprig_dict \"c/d\" 1))", "(sprig_dict \"\" 1 \"/\" 2)", "(sprig_dict \"a\" (sprig_dict \"x\" 1) \"a/b\" 2)"},
	"urldict":  {"(sprig_urlParse \"http://u:p@h:1/p?q#f\")", "(sprig_dict \"scheme\" \"http\" \"host\" \"h\" \"path\" \"p\")", "(sprig_dict \"host\" \"h\" \"userinfo\" \"a b:c\")", "(sprig_dict \"scheme\" 1)", "(sprig_dict \"path\" nil)", "(sprig_dict \"opaque\" \"x\" \"scheme\" \"m\")", "(sprig_dict \"path\" \"a:b\")", "(sprig_dict \"path\" \"//a\")", "(sprig_dict \"fragment\" \"a b%\")", "(sprig_dict \"query\" \"a b\" \"host\" \"[::1%25e]:1\")", "(sprig_dict \"userinfo\" \"%\")", "(sprig_dict \"path\" \"a b/%2f/ä\" \"host\" \"ä h\")", "(sprig_dict \"path\" \"*\")", "(sprig_dict \"userinfo\" (sprig_list 1))"},
	"time":     {"(sprig_toDate \"2006-01-02\" \"2020-02-29\")", "(sprig_toDate \"2006-01-02T15:04:05Z07:00\" \"2021-07-01T12:34:56.789+05:30\")", "(sprig_toDate \"2006-01-02\" \"bad\")", "(sprig_toDate \"2006-01-02T15:04:05Z07:00\" \"2021-07-01T12:34:56Z\")", "(sprig_toDate \"2006-01-02 15:04:05\" \"2020-03-29 03:30:00\")", "(sprig_toDate \"2006\" \"1890\").UTC", "(sprig_toDate \"2006 MST\" \"2000 XYZ\")"},
	"span":     {"((sprig_toDate \"15:04\" \"12:30\").Sub (sprig_toDate \"15:04\" \"11:00\"))", "((sprig_toDate \"15:04\" \"00:00\").Sub (sprig_toDate \"15:04\" \"00:01\"))", "((sprig_toDate \"2006\" \"9999\").Sub (sprig_toDate \"2006\" \"0001\"))"},
	"month":    {"(sprig_toDate \"2006-01-02\" \"2020-02-29\").Month", "(sprig_toDate \"2006-01-02\" \"2020-02-29\").Weekday"},
	"semverv":  {"(sprig_semver \"1.2.3-rc.1+b5\")", "(sprig_semver \"v2.10\")", "(sprig_semver \"1\")"},
	"chan":     {"(loop 3)", "(loop 2 4)", "(loop 0)"},
	"chunks":   {"(sprig_chunk 2 (sprig_list 1 2 3))"},
	"nil":      {"nil"},
	// Of answers.tsv.
	"instances": {`(service "web")`, `(service "web")`, `(service "api|any")`, `(service "none")`, `services`, `(slice (service "web") 1 2)`},
	"keys":      {`(tree "app")`, `(tree "app")`, `(ls "app")`, `(tree "clash")`, `(slice (tree "app") 1 4)`},
	"record": {`(index (service "web") 0)`, `(index (service "web") 1)`, `(index (tree "app") 1)`, `(node "n1")`, `(node "n1").Node`, `(node "n1").Services`, `(index services 0)`, `(index nodes 0)`,
		`(index (service "web") 0).Checks`, `(index (service "web") 2).Tags`, `(index (service "web") 2).ServiceMeta`, `(index (service "web") 0).Weights`, `(index (service "web") 1).ServiceTaggedAddresses`,
		`(index (index (service "web") 0).Checks 1)`, `(index (index (service "web") 0).Checks 1).Definition`, `(index (service "web") 0).Port`, `(index (tree "app") 4).Flags`, `(index (tree "app") 4).Value`, `nodes`, `services`,
		`(service "web" | byTag)`, `(service "web" | byPort)`, `(tree "app" | byKey)`, `(service "web" | byMeta "zone")`, `(index (service "web") 0).Checks.AggregatedStatus`, `(index (index (service "web") 0).Checks 1).Definition.Interval`},
	"odd": {"scratch", "(sprig_first (sprig_list))", "(sprig_get (sprig_dict \"a\" nil) \"a\")", "(sprig_slice (sprig_list))", "(sprig_concat)", "(sprig_coalesce)", "(parseYAML \"\")"},
}

// What a value of one sort may come from: results of functions (table.go) that
// fit.
var fits = map[string][]string{
	"int": {"int"}, "size": {"int"}, "i64": {"i64"}, "u64": {"u64"}, "float": {"float"}, "bool": {"bool"},
	"list": {"list", "list", "strs", "ints"}, "strs": {"strs"}, "ints": {"ints"}, "dict": {"dict"}, "smap": {"smap"},
	"time": {"time"}, "semverv": {"semverv"}, "chan": {"chan"}, "pathdict": {"dict"}, "urldict": {"dict"},
	"number": {"int", "i64", "u64", "float"},
	"any":    {"text", "int", "i64", "u64", "float", "bool", "list", "strs", "ints", "dict", "smap", "any", "any", "time", "semverv"},
}

// What any may be, the frequent ones more than once.
var anything = []string{"text", "text", "text", "int", "int", "i64", "u64", "float", "float", "bool", "cplx", "byte", "list",
	"list", "list", "strs", "ints", "dict", "dict", "dict", "ydict", "smap", "time", "span", "month", "semverv", "chan",
	"chunks", "nil", "odd", "digits", "json", "lines", "record", "keys", "instances"}

var numbers = []string{"int", "int", "i64", "u64", "float", "float", "digits", "bool", "size", "byte"}

// Methods, called on values of a sort.
var methods = map[string][]string{
	"time": {".Add SPAN", ".AddDate SIZE SIZE SIZE", ".After TIME", ".Before TIME", ".Compare TIME", ".Day", ".Equal TIME",
		".Format LAYOUT", ".Format LAYOUT", ".Hour", ".IsZero", ".Local", ".Minute", ".Month", ".Nanosecond", ".Round SPAN", ".Second", ".String",
		".Sub TIME", ".Truncate SPAN", ".UTC", ".Unix", ".UnixMicro", ".UnixMilli", ".UnixNano", ".Weekday", ".Year", ".YearDay"},
	"span": {".Seconds", ".Minutes", ".Hours", ".String", ".Abs", ".Round SPAN", ".Truncate SPAN", ".Milliseconds", ".Microseconds",
		".Nanoseconds"},
	"month":   {".String"},
	"semverv": {".Major", ".Minor", ".Patch", ".Prerelease", ".Metadata", ".Original", ".String", ".IncMajor", ".IncMinor", ".IncPatch", ".Compare SEMVERV", ".Equal SEMVERV", ".LessThan SEMVERV", ".GreaterThan SEMVERV"},
}

var placeholder = regexp.MustCompile(`[A-Z]{4,}$|\b[A-Z]{4,}\b`)

// Calls that only make sense in one form: what would differ each time is taken
// out, or what has an effect stays within the folder.
var forms = []string{
	`sprig_sortAlpha (sprig_keys DICT)`, `sprig_sortAlpha (sprig_keys DICT DICT)`, `sprig_keys ANY`, `len (sprig_keys)`,
	`sprig_sortAlpha (sprig_values DICT)`, `len (sprig_values DICT)`, `sprig_values (sprig_dict KEY ANY)`,
	`sprig_randInt 5 6`, `sprig_randInt -3 -2`, `sprig_randInt SIZE 0 | lt 1`, `sprig_randInt 5 5`, `sprig_randInt 7 2`, `sprig_randInt "1" 2`,

	`sprig_decryptAES TEXT (sprig_encryptAES TEXT TEXT)`, `$k := TEXT}}{{sprig_decryptAES $k (sprig_encryptAES $k TEXT)`,
	`sprig_encryptAES ANY`,

	`scratch.Set KEY ANY}}{{scratch.Get KEY`, `scratch.Set "a" ANY}}{{scratch.Get "a"`, `scratch.SetX "a" ANY}}{{scratch.SetX "a" ANY}}{{scratch.Get "a"`,
	`scratch.MapSet "a" KEY ANY}}{{scratch.MapSet "a" KEY ANY}}{{scratch.MapValues "a"`, `scratch.Set "a" ANY}}{{scratch.MapSet "a" KEY ANY}}{{scratch.Get "a"`,
	`scratch.MapSetX "a" "b" ANY}}{{scratch.MapSetX "a" "b" ANY}}{{scratch.MapValues "a"`, `scratch.Key KEY`, `scratch.Set "a" DICT}}{{scratch.MapValues "a"`,
	`executeTemplate "t" ANY`, `executeTemplate "t"`, `executeTemplate WORD`, `executeTemplate "" ANY`, `executeTemplate "t" ANY ANY`,
	`plugin "echo" TEXT TEXT`, `plugin "printf" FORMAT WORD`, `plugin "false"`, `plugin "/nonexistent/x" TEXT`, `plugin "" TEXT`, `plugin "cat" "/nonexistent/y"`, `plugin ANY`,
	`writeToFile "w/a" "" "" PERMISSION TEXT`, `writeToFile "w/b" "" "" "0600" "append" TEXT`, `writeToFile "dir/c" "" "" PERMISSION "newline,append" TEXT}}{{plugin "cat" "dir/c"`,
	`writeToFile "" "" "" PERMISSION TEXT`, `writeToFile "dir" "" "" "0644" TEXT`, `writeToFile "w/d" "nobodyhere" "" "0644" TEXT`, `writeToFile "w/d" "" "nogrouphere" "0644" TEXT`,
	`writeToFile "w/e" "" "" PERMISSION`, `writeToFile "w/f" "" ""`, `writeToFile "w/g" "root" "root" "0644" "newline" TEXT}}{{plugin "cat" "w/g"`, `writeToFile "w/a/b" "" "" "0644" TEXT`,
	`printf FORMAT ANY ANY`, `printf FORMAT ANY`, `html ANY`, `js ANY`, `urlquery ANY`, `len ANY`, `index LIST SIZE`, `index DICT KEY`, `slice TEXT SIZE SIZE`, `slice LIST SIZE`,
	`eq ANY ANY`, `lt NUMBER NUMBER`, `and ANY ANY`, `print ANY ANY`, `println ANY ANY`, `printf FORMAT NUMBER NUMBER`, `ne ANY ANY ANY`, `le TEXT TEXT`,
	`sprig_decryptAES TEXT (base64Encode (print (sprig_substr 0 16 "0123456789abcdef") TEXT))`,
	`(TIME).Format LAYOUT`, `(TIME).Format LAYOUT`, `(TIME).UTC.Format LAYOUT`, `sprig_deepEqual DICT DICT`, `$d := DICT}}{{sprig_deepEqual $d (sprig_deepCopy $d)`,
	`regexReplaceAll REGEX REPL TEXT`, `sprig_regexReplaceAll REGEX TEXT REPL`, `sprig_regexFindAll REGEX LINES -1`, `toYAML DICT`, `toTOML DICT`, `toJSONPretty DICT`,
	`$d := DICT}}{{$e := DICT}}{{sprig_merge $d $e DICT}}|{{$d}}|{{$e`, `$d := DICT}}{{$e := DICT}}{{sprig_mergeOverwrite $d $e DICT}}|{{$d}}|{{$e`,
	`$d := DICT}}{{$e := DICT}}{{mergeMap $d $e}}|{{$d}}|{{$e`, `$d := DICT}}{{$e := DICT}}{{mergeMapWithOverride $d $e}}|{{$d}}|{{$e`,
	`printf FORMAT TEXT`, `printf FORMAT FLOAT`, `printf FORMAT INT`, `printf FORMAT ANY ANY`, `sprig_semverCompare CONSTRAINT SEMVER`,
	`sprig_typeOf ANY`, `parseTOML TEXT`,
}

// The same, of what takes long: keys, and hashes that are meant to be slow.
var slowForms = []string{
	`sprig_bcrypt (sprig_repeat 73 "a")`, `len (sprig_bcrypt "a")`, `sprig_genCA TEXT ANY 1`, `sprig_derivePassword ANY WORD TEXT TEXT TEXT`, `sprig_derivePassword COUNT PASSWORD TEXT TEXT TEXT`, `sprig_genCA ANY`, `sprig_genPrivateKey ANY`, `sprig_genSelfSignedCert TEXT ANY`, `sprig_genSelfSignedCertWithKey TEXT LIST LIST SIZE TEXT`, `sprig_genSignedCert ANY TEXT`, `sprig_genCAWithKey TEXT SIZE TEXT`, `sprig_genSignedCertWithKey TEXT LIST LIST SIZE ANY TEXT`, `sprig_htpasswd "a:b" TEXT`, `sprig_htpasswd TEXT`,
}

// A name of a function in a template.
var names = regexp.MustCompile(`\b(?:sprig_\w+|spew_\w+|` + helperNames() + `)\b`)

func helperNames() string {
	list := []string{"service", "services", "tree", "ls", "node", "nodes", "scratch", "executeTemplate", "plugin", "writeToFile"}
	for line := range strings.Lines(table) {
		if name, _, ok := strings.Cut(line, " "); ok && !strings.HasPrefix(name, "sprig_") {
			list = append(list, name)
		}
	}
	return strings.Join(list, "|")
}
