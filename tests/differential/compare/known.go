// SPDX-License-Identifier: MIT

package main

import "strings"

// known: differences that are meant, by what one of the messages holds.
var known = []struct{ golang, weir string }{
	// A list of Go's may be sliced up to its capacity, which is beyond its
	// end and depends on how it grew; weir's ends where it ends.
	{"", "error calling slice: index out of range"},
	// Go can't take the address of a record that a function gave by value.
	// No function of consul-template's takes a pointer to one.
	{"wrong type for value; expected *main.Node; got main.Node", ""},
}

func isKnown(in input, want, got answer) bool {
	if strings.Contains(in.text, "printf") && pointers.MatchString(in.text) &&
		want.kind() == "output" && got.kind() == "output" {
		return true // an address, in who knows what form
	}
	for _, k := range known {
		if k.golang != "" && strings.Contains(want.body, k.golang) &&
			!strings.Contains(got.body, k.golang) {
			return true
		}
		if k.weir != "" && strings.Contains(got.body, k.weir) {
			return true
		}
	}
	return false
}
