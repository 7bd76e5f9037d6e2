// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/template"
	"time"
)

// The counterpart of tests/bench/bench_engine.c: the same data, the same
// templates, Go's engine. A line for each: its name, nanoseconds, the sum of
// what it prints.

const (
	servers    = 20000
	services   = 500
	rounds     = 20
	parseLines = 2000
)

type Server struct {
	Node, Name, Address string
	Port, Weight        int
	Meta                map[string]string
	Tags                []string
}

type Service struct {
	Name    string
	Tags    []string
	Servers []*Server
}

func makeServers() []*Server {
	all := make([]*Server, servers)
	for i := range all {
		all[i] = &Server{
			Name:    fmt.Sprintf("web-%d", i),
			Address: fmt.Sprintf("10.0.0.%d", i%250),
			Node:    fmt.Sprintf("Node-%d", i%100),
			Port:    8000 + i%1000,
			Weight:  i % 10,
			Meta:    map[string]string{"zone": fmt.Sprintf("z%d", i%3)},
			Tags:    []string{"a", "b", "haproxy"},
		}
	}
	return all
}

func benchFuncs() template.FuncMap {
	all := makeServers()
	var groups []*Service
	byName := map[string][]*Server{}
	for i := range services {
		each := servers / services
		s := &Service{fmt.Sprintf("service_%d", i),
			[]string{"a", "b", "haproxy", "http"}, all[i*each : (i+1)*each]}
		groups = append(groups, s)
		byName[s.Name] = s.Servers
	}
	return template.FuncMap{
		"servers":  func(...string) []*Server { return all },
		"services": func(...string) []*Service { return groups },
		"service":  func(name ...string) []*Server { return byName[name[0]] },
		"toLower":  strings.ToLower,
		"contains": func(s string, in []string) bool { return slices.Contains(in, s) },
		"replaceAll": func(from, to, s string) string {
			return strings.ReplaceAll(s, from, to)
		},
	}
}

// the best of some rounds, in nanoseconds.
func best(rounds int, do func()) int64 {
	least := int64(1) << 62
	for range rounds {
		began := time.Now()
		do()
		least = min(least, time.Since(began).Nanoseconds())
	}
	return least
}

func must[T any](v T, err error) T {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	return v
}

func figure(name string, ns int64, text []byte) {
	sum := fnv.New64a()
	sum.Write(text)
	fmt.Println(name, ns, sum.Sum64())
}

func benchEngine() {
	funcs := benchFuncs()
	parse := func(text []byte) *template.Template {
		return must(template.New("").Funcs(funcs).Parse(string(text)))
	}
	for _, path := range must(filepath.Glob("tests/bench/engine/*.tmpl")) {
		t := parse(must(os.ReadFile(path)))
		var out bytes.Buffer
		ns := best(rounds, func() {
			out.Reset()
			must(0, t.Execute(&out, nil))
		})
		figure(strings.TrimSuffix(filepath.Base(path), ".tmpl"), ns, out.Bytes())
	}
	once := must(os.ReadFile("tests/bench/engine/backends.tmpl"))
	lines := bytes.Count(once, []byte("\n"))
	text := bytes.Repeat(once, (parseLines+lines-1)/lines)
	figure("parse", best(rounds, func() { parse(text) }), text)
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: bench WEIR, in weir's folder")
		os.Exit(2)
	}
	benchEngine()
	benchReal(os.Args[1])
}
