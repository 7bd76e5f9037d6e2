// SPDX-License-Identifier: MIT

package main

import (
	_ "embed"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/hashicorp/consul-template/dependency"
	"github.com/hashicorp/consul-template/template"
)

//go:embed answers.tsv
var answers string

// newBrain holds what consul-template makes of Consul's answers; a server gives
// them to it as Consul would.
func newBrain() *template.Brain {
	paths := map[string]string{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Consul-Index", "1")
		w.Write([]byte(paths[r.URL.Path]))
	}))
	defer server.Close()
	clients := dependency.NewClientSet()
	check(clients.CreateConsulClient(&dependency.CreateConsulClientInput{Address: server.URL}))
	brain := template.NewBrain()
	for line := range strings.Lines(answers) {
		part := strings.SplitN(strings.TrimSuffix(line, "\n"), "\t", 4)
		paths[part[2]] = part[3]
		query, err := newQuery(part[0], part[1])
		check(err)
		data, _, err := query.Fetch(clients, nil)
		check(err)
		brain.Remember(query, data)
	}
	return brain
}

func newQuery(function, argument string) (dependency.Dependency, error) {
	switch function {
	case "service":
		return dependency.NewHealthServiceQuery(argument)
	case "services":
		return dependency.NewCatalogServicesQuery(argument)
	case "nodes":
		return dependency.NewCatalogNodesQuery(argument)
	case "node":
		return dependency.NewCatalogNodeQuery(argument)
	}
	return dependency.NewKVListQuery(argument)
}
