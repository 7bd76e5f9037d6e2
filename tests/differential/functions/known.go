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
	"keyExists": consul, "keyOrDefault": consul, "ls": consul, "node": consul,
	"nodes": consul, "partitions": consul, "peerings": consul, "safeLs": consul,
	"safeTree": consul, "service": consul, "services": consul, "tree": consul,
	"byKey": consul, "byMeta": consul, "byPort": consul, "byTag": consul,
	"explode":      consul,
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
var pointers = regexp.MustCompile(`spew|scratch|loop|semver|%#|%p|[tT]oDate|DateModify|date_modify`)

// known: differences that are meant, by what one of the messages holds.
var known = []struct{ golang, weir string }{
	// limits.h: a result is no larger than an output may be.
	{"", "the result is too large"},
	// A verb that is not for times prints all that Go knows of their zone.
	{"*time.Location=", ""},
}

func isKnown(text string, want, got answer) bool {
	for _, k := range known {
		if strings.Contains(want.body, k.golang) && strings.Contains(got.body, k.weir) {
			return true
		}
	}
	return false
}
