// SPDX-License-Identifier: MIT

// Functions compares weir's functions with consul-template's own: random calls,
// with arguments that mostly fit, go to both, and what differs is made small and
// told by function. One seed gives the same templates each time.
package main

import (
	"cmp"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

type settings struct {
	driver   string
	count    int
	seed     uint64
	only     int
	found    string
	names    string
	function string
	show     bool
	examples int
	coverage bool
	record   bool
	collect  string
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "functions:", err)
		os.Exit(2)
	}
}

func main() {
	var s settings

	if len(os.Args) == 2 && os.Args[1] == "serve" {
		serve()
		return
	}
	flag.StringVar(&s.driver, "driver", "functions", "the program that answers for weir")
	flag.IntVar(&s.count, "count", 10000, "how many templates")
	flag.Uint64Var(&s.seed, "seed", 1, "which ones")
	flag.IntVar(&s.only, "only", -1, "just this one of them")
	flag.StringVar(&s.found, "found", "", "folder for the differences")
	flag.StringVar(&s.names, "names", "", "weir check --functions, to see that none is left out")
	flag.StringVar(&s.function, "function", "", "only calls of functions whose name begins so")
	flag.BoolVar(&s.show, "show", false, "print each template and what became of it")
	flag.IntVar(&s.examples, "examples", 3, "differences of one sort that are shown")
	flag.BoolVar(&s.coverage, "coverage", false, "print the calls of each function")
	flag.BoolVar(&s.record, "record", false, "the arguments are files of cases: write the answers")
	flag.StringVar(&s.collect, "collect", "", "folder for the shortest case of each kind")
	flag.Parse()
	var err error
	s.driver, err = filepath.Abs(s.driver)
	check(err)
	self, err := os.Executable()
	check(err)
	both := &sides{newChild(self, "serve"), newChild(s.driver)}
	defer both.golang.close()
	defer both.weir.close()
	if s.record {
		for _, name := range flag.Args() {
			recordFile(name, both)
		}
		return
	}
	if flag.NArg() > 0 {
		for _, text := range flag.Args() {
			want, _ := both.askGo(text)
			fmt.Printf("--- consul-template\n%s--- weir\n%s", want, both.weir.ask(text))
		}
		return
	}
	if !run(s, both) {
		both.golang.close()
		both.weir.close()
		os.Exit(1)
	}
}

// tally counts what the templates came to, so that one sees that they reach far.
type tally struct {
	outcomes map[string]int
	calls    map[string]int // of each function
	good     map[string]int // of these, in templates without an error
	differ   map[string]int // by function
	sorts    map[string]int
}

func run(s settings, both *sides) bool {
	t := tally{map[string]int{}, map[string]int{}, map[string]int{}, map[string]int{},
		map[string]int{}}
	began := time.Now()
	cases := collection{}
	first, last := 0, s.count
	if s.only >= 0 {
		first, last = s.only, s.only+1
	}
	for i := first; i < last; i++ {
		t.compare(s, both, i, cases)
	}
	if s.collect != "" {
		cases.write(s.collect, 4, both)
	}
	for _, kind := range byCount(t.outcomes) {
		fmt.Printf("# %7d %s\n", t.outcomes[kind], kind)
	}
	t.printCoverage(s)
	for _, key := range byCount(t.sorts) {
		fmt.Printf("# %6d × %s\n", t.sorts[key], key)
	}
	for _, name := range byCount(t.differ) {
		fmt.Printf("# %6d of %d calls differ: %s\n", t.differ[name], t.calls[name], name)
	}
	fmt.Printf("%d templates, %d sorts of difference, %.0f s\n", last-first, len(t.sorts),
		time.Since(began).Seconds())
	return len(t.sorts) == 0
}

func (t *tally) compare(s settings, both *sides, i int, cases collection) {
	text, function := generate(s.seed, uint64(i), s.function)
	want, ok := both.askGo(text)
	t.outcomes[want.kind()]++
	called := names.FindAllString(text, -1)
	for _, name := range called {
		t.calls[name]++
		if want.kind() == "output" {
			t.good[name]++
		}
	}
	if s.show {
		fmt.Printf("%s%s", request(text), want)
	}
	got := both.weir.ask(text)
	if got.kind() == "crash" {
		t.differ[function]++
		t.sorts["weir crashes: "+function]++
		fmt.Printf("=== seed %d, template %d: weir crashes\n%s\n", s.seed, i, text)
	}
	if !ok {
		return
	}
	if same(text, want, got) {
		cases.add(function, text, want)
		return
	}
	if isKnown(text, want, got) {
		t.outcomes["known difference"]++
		return
	}
	if want, got, ok = both.differ(text); !ok {
		t.outcomes["unsteady"]++
		return
	}
	t.differ[function]++
	sort := signature(want, got)
	key := function + ": " + sort
	if t.sorts[key]++; t.sorts[key] <= s.examples {
		report(s, i, shrink(text, sort, both), both)
	}
}

// printCoverage names what was called least, and what not at all.
func (t *tally) printCoverage(s settings) {
	total := 0
	for _, n := range t.calls {
		total += n
	}
	fmt.Printf("# %d calls of %d functions\n", total, len(t.calls))
	if s.coverage {
		for _, name := range byCount(t.calls) {
			fmt.Printf("# %7d, %d of them without an error: %s\n", t.calls[name],
				t.good[name], name)
		}
	}
	if s.names == "" || s.function != "" {
		return
	}
	list, err := os.ReadFile(s.names)
	check(err)
	for line := range strings.Lines(string(list)) {
		name, _, ok := strings.Cut(line, " ")
		if _, meant := leftOut[name]; ok && !meant && t.calls[name] == 0 {
			fmt.Printf("# never called: %s\n", name)
		}
	}
}

// byCount is the keys, those with the highest figures first.
func byCount(m map[string]int) []string {
	return slices.SortedFunc(maps.Keys(m), func(a, b string) int {
		return cmp.Or(m[b]-m[a], strings.Compare(a, b))
	})
}

func report(s settings, i int, text string, both *sides) {
	want, _ := both.askGo(text)
	got := both.weir.ask(text)
	fmt.Printf("=== seed %d, template %d\n%s\n--- consul-template: %s--- weir: %s", s.seed, i,
		text, want, got)
	if s.found == "" {
		return
	}
	name := filepath.Join(s.found, fmt.Sprintf("%d-%d.txt", s.seed, i))
	check(os.MkdirAll(s.found, 0o755))
	check(os.WriteFile(name, []byte(request(text)+want.String()), 0o644))
}
