// SPDX-License-Identifier: MIT

package main

import "strings"

// isKnown: differences that are meant.
func isKnown(want, got answer) bool {
	// A list of Go's may be sliced up to its capacity, which is beyond its
	// end and depends on how it grew; weir's ends where it ends.
	return strings.Contains(got.body, "error calling slice: index out of range") &&
		!strings.Contains(want.body, "index out of range")
}
