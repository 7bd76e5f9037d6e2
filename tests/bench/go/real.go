// SPDX-License-Identifier: MIT

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"text/template"
)

// The templates that people write, tests/template/cases/real, each this often:
// in rounds, of which the best stands for all.
const (
	repetitions = 1000
	realRounds  = 50
	realFolder  = "tests/template/cases/real"
)

type caseOptions struct {
	Env   map[string]string
	Left  string `json:"left_delimiter"`
	Right string `json:"right_delimiter"`
	Error bool   `json:"error_on_missing_key"`
}

// parsed is a template that Go's side can run, or nil: it calls what only weir
// and consul-template have here.
func parsed(path string, w *world, pad *scratchpad) *template.Template {
	var o caseOptions
	if text, err := os.ReadFile(strings.TrimSuffix(path, ".tmpl") + ".json"); err == nil {
		must(0, json.Unmarshal(text, &o))
	}
	funcs := template.FuncMap{}
	maps.Copy(funcs, w.funcs())
	maps.Copy(funcs, helpers(o.Env, pad))
	maps.Copy(funcs, sprigs())
	t := template.New("").Delims(o.Left, o.Right)
	funcs["executeTemplate"] = func(name string, data ...any) (string, error) {
		var b strings.Builder
		var dot any
		if len(data) > 0 {
			dot = data[0]
		}
		err := t.ExecuteTemplate(&b, name, dot)
		return b.String(), err
	}
	t.Option("missingkey=zero")
	if o.Error {
		t.Option("missingkey=error")
	}
	text := must(os.ReadFile(path))
	if _, err := t.Funcs(funcs).Parse(string(text)); err != nil {
		fmt.Fprintf(os.Stderr, "%s: not compared: %v\n", filepath.Base(path), err)
		return nil
	}
	return t
}

// benchReal prints a line for each template that Go gives what is recorded.
func benchReal(weir string) {
	w := &world{weir, "tests/template/world.json", map[string]any{}}
	for _, path := range must(filepath.Glob(realFolder + "/*.tmpl")) {
		pad := &scratchpad{}
		t := parsed(path, w, pad)
		if t == nil {
			continue
		}
		var out bytes.Buffer
		once := func() error {
			out.Reset()
			pad.values = map[string]any{}
			return t.Execute(&out, nil)
		}
		err := once()
		want, _ := os.ReadFile(strings.TrimSuffix(path, ".tmpl") + ".out")
		if err == nil && !bytes.Equal(out.Bytes(), want) {
			err = fmt.Errorf("the output is another")
		}
		if err != nil {
			fmt.Fprintf(os.Stderr, "%s: not compared: %v\n", filepath.Base(path), err)
			continue
		}
		ns := best(realRounds, func() {
			for range repetitions / realRounds {
				must(0, once())
			}
		})
		name := strings.TrimSuffix(filepath.Base(path), ".tmpl")
		figure("real/"+name, realRounds*ns, out.Bytes())
	}
}
