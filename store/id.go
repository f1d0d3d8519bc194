package store

import (
	"strings"
	"time"
)

// digits are those of an id, in ascending order: no i, l, o and u, which are misread (Crockford's base 32).
const digits = "0123456789abcdefghjkmnpqrstvwxyz"

// idLength is enough digits for the seconds since 1970 until the year 3058.
const idLength = 7

// nextID is the id of a run that starts now: the second, or the one after the last id where that is as late. So ids
// sort as runs were begun, also where the clock was set back.
func nextID(last string, now time.Time) string {
	n := max(uint64(now.Unix()), idNumber(last)+1)
	var b [idLength]byte
	for i := idLength - 1; i >= 0; i-- {
		b[i] = digits[n%32]
		n /= 32
	}
	return string(b[:])
}

// idNumber is 0 for the empty id.
func idNumber(id string) uint64 {
	var n uint64
	for _, c := range id {
		n = 32*n + uint64(strings.IndexRune(digits, c))
	}
	return n
}

// written says whether a text may be an id or a part of one.
func written(id string) bool {
	return id != "" && len(id) <= idLength && strings.Trim(id, digits) == ""
}
