package amount

import "testing"

func TestNumbersForPeople(t *testing.T) {
	for n, want := range map[int]string{0: "0 rows", 1: "1 row", -1: "-1 rows", 999: "999 rows", 1000: "1,000 rows", -1000: "-1,000 rows", -999999: "-999,999 rows", 1234567: "1,234,567 rows"} {
		if got := Plural(n, "row"); got != want {
			t.Errorf("%d is %q, want %q", n, got, want)
		}
	}
}
