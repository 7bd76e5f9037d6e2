// SPDX-License-Identifier: MIT

// Differential compares weir's engine with Go's text/template: random templates
// over random JSON, some of them broken, go to both, and what differs is made
// small and kept. One seed gives the same templates each time.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"sort"
	"time"
)

type settings struct {
	driver  string
	count   int
	seed    uint64
	only    int
	corpus  string
	found   string
	collect string
	show    bool
	examine int
}


func main() {
	var s settings

	if len(os.Args) == 2 && os.Args[1] == "serve" {
		serve()
		return
	}
	flag.StringVar(&s.driver, "driver", "driver", "the program that answers for weir")
	flag.IntVar(&s.count, "count", 10000, "how many templates")
	flag.Uint64Var(&s.seed, "seed", 1, "which ones")
	flag.IntVar(&s.only, "only", -1, "just this one of them")
	flag.StringVar(&s.corpus, "corpus", "", "folder of templates to begin with, too")
	flag.StringVar(&s.found, "found", "", "folder for the differences")
	flag.StringVar(&s.collect, "collect", "", "folder for the shortest case of each kind")
	flag.BoolVar(&s.show, "show", false, "print each template and what became of it")
	flag.IntVar(&s.examine, "examples", 3, "differences of one sort that are shown")
	flag.Parse()
	for _, name := range flag.Args() {
		if err := recordFile(name, s); err != nil {
			fmt.Fprintf(os.Stderr, "%s: %v\n", name, err)
			os.Exit(1)
		}
	}
	if flag.NArg() > 0 {
		return
	}
	os.Exit(run(s))
}

func newSides(s settings) *sides {
	self, err := os.Executable()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	return &sides{newChild(self, "serve"), newChild(s.driver)}
}

func (b *sides) stop() {
	b.golang.stop()
	b.weir.stop()
}

// tally counts what the templates came to, so that one sees that they reach far.
type tally struct {
	output, parse, exec, skipped, known int
	differ                              map[string]int
}

func (t *tally) add(a answer) {
	switch a.kind() {
	case "output":
		t.output++
	case "parse":
		t.parse++
	default:
		t.exec++
	}
}

func run(s settings) int {
	both := newSides(s)
	defer both.stop()
	corpus := readCorpus(s.corpus)
	t := tally{differ: map[string]int{}}
	began := time.Now()
	cases := collection{}
	first, last := 0, s.count
	if s.only >= 0 {
		first, last = s.only, s.only+1
	}
	for i := first; i < last; i++ {
		in := generate(s.seed, uint64(i), corpus)
		want, ok := both.askGo(in)
		if !ok {
			t.skipped++
			continue
		}
		t.add(want)
		if s.collect != "" {
			cases.add(in, want)
		}
		got := both.weir.ask(in)
		if s.show {
			fmt.Printf("%s%s", in.request(), want)
		}
		if same(in, want, got) {
			continue
		}
		if isKnown(in, want, got) {
			t.known++
			continue
		}
		sort := signature(want, got)
		t.differ[sort]++
		if t.differ[sort] <= s.examine {
			report(s, i, shrink(in, both), both)
		}
	}
	if s.collect != "" {
		cases.write(s.collect, 400, both)
	}
	total := len(t.differ)
	fmt.Printf("# %d outputs, %d parse errors, %d execution errors, %d skipped, %d known, %.0f s\n",
		t.output, t.parse, t.exec, t.skipped, t.known, time.Since(began).Seconds())
	for _, key := range sortedKeys(t.differ) {
		fmt.Printf("# %6d × %s\n", t.differ[key], key)
	}
	fmt.Printf("%d sorts of difference\n", total)
	if total > 0 {
		return 1
	}
	return 0
}

func sortedKeys(m map[string]int) []string {
	var keys []string
	for k := range m {
		keys = append(keys, k)
	}
	sort.Slice(keys, func(i, j int) bool {
		if m[keys[i]] != m[keys[j]] {
			return m[keys[i]] > m[keys[j]]
		}
		return keys[i] < keys[j]
	})
	return keys
}

func report(s settings, i int, in input, both *sides) {
	want, _ := both.askGo(in)
	got := both.weir.ask(in)
	fmt.Printf("=== seed %d, template %d\n%s--- Go\n%s--- weir\n%s", s.seed, i,
		in.request(), want, got)
	if s.found == "" {
		return
	}
	name := filepath.Join(s.found, fmt.Sprintf("%d-%d.txt", s.seed, i))
	err := os.MkdirAll(s.found, 0o755)
	if err == nil {
		err = os.WriteFile(name, []byte(in.request()+want.String()), 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}
