// SPDX-License-Identifier: MIT

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// What Consul would answer, for Go's side of the bench: weir says it once, as
// JSON, and from then on it is a lookup in a map.

type tagged struct {
	Address string
	Port    int
}

type healthCheck struct {
	Node, CheckID, Name, Status, Notes, Output string
	ServiceID, ServiceName                     string
	ServiceTags                                []string
	Type                                       string
}

type healthService struct {
	Node, NodeID, NodeAddress                  string
	NodeTaggedAddresses, NodeMeta, ServiceMeta map[string]string
	Address                                    string
	ServiceTaggedAddresses                     map[string]tagged
	ID, Name                                   string
	Tags                                       []string
	Checks                                     []*healthCheck
	Status                                     string
	Port                                       int
	Weights                                    struct{ Passing, Warning int }
}

type snippet struct {
	Name string
	Tags []string
}

type catalogNode struct {
	ID, Node, Address, Datacenter string
	TaggedAddresses, Meta         map[string]string
}

type nodeService struct {
	ID, Service       string
	Tags              []string
	Meta              map[string]string
	Port              int
	Address           string
	EnableTagOverride bool
}

type nodeDetail struct {
	Node     *catalogNode
	Services []*nodeService
}

type keyPair struct {
	Path, Key, Value string
	Exists           bool
}

// world asks a weir about a catalog file.
type world struct {
	weir, catalog string
	known         map[string]any
}

func (w *world) ask(call string) ([]byte, error) {
	folder, err := os.MkdirTemp("", "answers")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "ask.tmpl")
	if err := os.WriteFile(path, []byte("{{"+call+" | toJSON}}"), 0o644); err != nil {
		return nil, err
	}
	return exec.Command(w.weir, "render", "--stdout", "--timeout", "300ms",
		"--from", w.catalog, "-t", path).Output()
}

// answer is that of one function to its arguments, which are texts.
func answer[T any](w *world, function string, args []string) (T, error) {
	var got T
	key := function + "\x00" + strings.Join(args, "\x00")
	if seen, ok := w.known[key]; ok {
		return seen.(T), nil
	}
	call := function
	for _, a := range args {
		if function == "datacenters" {
			call += " " + a
		} else {
			call += fmt.Sprintf(" %q", a)
		}
	}
	text, err := w.ask(call)
	if err != nil {
		return got, fmt.Errorf("%s: no answer", call)
	}
	if err = json.Unmarshal(text, &got); err == nil {
		w.known[key] = got
	}
	return got, err
}

// query is a template function that is answered so.
func query[T any](w *world, function string) func(...string) (T, error) {
	return func(args ...string) (T, error) { return answer[T](w, function, args) }
}

func (w *world) funcs() map[string]any {
	return map[string]any{
		"service":   query[[]*healthService](w, "service"),
		"connect":   query[[]*healthService](w, "connect"),
		"services":  query[[]*snippet](w, "services"),
		"node":      query[*nodeDetail](w, "node"),
		"nodes":     query[[]*catalogNode](w, "nodes"),
		"key":       query[string](w, "key"),
		"keyExists": query[bool](w, "keyExists"),
		"ls":        query[[]*keyPair](w, "ls"),
		"tree":      query[[]*keyPair](w, "tree"),
		"datacenters": func(drop ...bool) ([]string, error) {
			var args []string
			for _, d := range drop {
				args = append(args, fmt.Sprint(d))
			}
			return answer[[]string](w, "datacenters", args)
		},
		"keyOrDefault": func(key, other string) (string, error) {
			return answer[string](w, "keyOrDefault", []string{key, other})
		},
	}
}
