// SPDX-License-Identifier: MIT

package main

import "strings"

// known: differences that are meant, by what one of the messages holds.
var known = []struct{ golang, weir string }{
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
