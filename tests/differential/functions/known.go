// SPDX-License-Identifier: MIT

package main

import (
	"regexp"
	"strings"
)

// leftOut: functions that are never called, and why.
var leftOut = map[string]string{
	"caLeaf": consul, "caRoots": consul, "connect": consul, "datacenters": consul,
	"exportedServices": consul, "importedServices": consul, "key": consul,
	"keyExists": consul, "keyOrDefault": consul,
	"partitions": consul, "peerings": consul, "safeLs": consul,
	"safeTree":     consul,
	"nomadService": foreign, "nomadServices": foreign, "nomadVar": foreign,
	"nomadVarExists": foreign, "nomadVarList": foreign, "nomadVarListSafe": foreign,
	"pkiCert": foreign, "secret": foreign, "secrets": foreign,
	"file":        "consul-template reads no file while it executes a template",
	"spew_dump":   "prints nothing into the template",
	"spew_printf": "prints nothing into the template",
	"haproxyName": own, "haproxyQuote": own, "hostPort": own, "mapLine": own, "slots": own,
}

const (
	consul  = "wants data: tests/template/cases/consul"
	foreign = "weir does not ask Vault and Nomad"
	own     = "weir's own"
)

// What prints an address, or what looks like one.
var pointers = regexp.MustCompile(`spew|scratch|loop|service|tree|ls |node|semver|%#|%p|[tT]oDate|DateModify|date_modify`)

// known: differences that are meant, by what one of the messages holds.
var known = []struct{ golang, weir string }{
	// The inside of spew's wrapper, its address too.
	{"%!w(*spew.formatState=", ""},
	// limits.h: a result is no larger than an output may be.
	{"", "the result is too large"},
	// A verb that is not for times prints all that Go knows of their zone.
	{"*time.Location=", ""},
}

// The same, said of something else that was made of it.
var zoned = regexp.MustCompile(`(?s)printf "[^"]*%[^a-zA-Z]*[^a-zA-Z%].*([tT]oDate|ate_?[mM]odify)`)

// loosely is an answer without its numbers, and where its lines break.
var loose = regexp.MustCompile(`[0-9a-fA-F]{6,}|[0-9]+|\s+`)

func loosely(text string, a answer) string {
	a = steady(text, a)
	return a.head + loose.ReplaceAllString(a.body, "")
}

func isKnown(text string, want, got answer) bool {
	if zoned.MatchString(text) {
		return true
	}
	if strings.Contains(text, "Definition.Interval") {
		// String() of an api.ReadableDuration has a pointer receiver, so
		// it prints as a number once a function has given it on; weir
		// keeps the words.
		return true
	}
	if pointers.MatchString(text) && loosely(text, want) == loosely(text, got) {
		return true // how long an address is
	}
	for _, k := range known {
		if strings.Contains(want.body, k.golang) && strings.Contains(got.body, k.weir) {
			return true
		}
	}
	return false
}
