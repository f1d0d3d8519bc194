package repair

import (
	"fmt"
	"strings"
	"testing"
)

func shown(edits []Edit) string {
	var b strings.Builder
	for _, e := range edits {
		if e.Kind == Keep {
			b.WriteString(e.Text)
		} else {
			fmt.Fprintf(&b, "[%c%s]", e.Kind, e.Text)
		}
	}
	return b.String()
}

func TestADifferenceIsReadAsAPersonWouldMarkIt(t *testing.T) {
	for _, c := range []struct{ before, after, want string }{
		{"", "", ""},
		{"same", "same", "same"},
		{"", "new", "[+new]"},
		{"gone", "", "[-gone]"},
		{"3 + 4 = 8.", "3 + 4 = 7.", "3 + 4 = [-8][+7]."},
		{"The cat sat.", "The black cat sat.", "The [+black ]cat sat."},
		{"one two three", "four five three", "[-one two][+four five] three"},
		{"it's fine", "its fine", "[-it's][+its] fine"},
		{"猫が好き", "犬が好き", "[-猫][+犬]が好き"},
	} {
		if got := shown(Diff(c.before, c.after)); got != c.want {
			t.Errorf("Diff(%q, %q) is %s, want %s", c.before, c.after, got, c.want)
		}
	}
}

// sides are what a difference has before and after.
func sides(edits []Edit) (before, after string) {
	for _, e := range edits {
		if e.Kind != Insert {
			before += e.Text
		}
		if e.Kind != Delete {
			after += e.Text
		}
	}
	return before, after
}

func FuzzDiff(f *testing.F) {
	f.Add("3 + 4 = 8", "3+4=7")
	f.Add(strings.Repeat("a b ", 60), strings.Repeat("b c ", 70))
	f.Add("\xff\u200b", "é\n\n")
	f.Fuzz(func(t *testing.T, before, after string) {
		edits := Diff(before, after)
		if a, b := sides(edits); a != before || b != after {
			t.Errorf("Diff(%q, %q) = %q has other sides: %q, %q", before, after, shown(edits), a, b)
		}
		for i, e := range edits {
			if e.Text == "" || i > 0 && e.Kind == edits[i-1].Kind {
				t.Errorf("Diff(%q, %q) = %q has pieces that are none", before, after, shown(edits))
			}
		}
	})
}

func TestTextsThatHaveLittleInCommonAreToldApartAsAWhole(t *testing.T) {
	var a, b strings.Builder
	for i := range 6000 {
		fmt.Fprintf(&a, "a%d ", i)
		fmt.Fprintf(&b, "b%d ", i)
	}
	edits := Diff(a.String(), b.String())
	if x, y := sides(edits); x != a.String() || y != b.String() || len(edits) > 3 {
		t.Errorf("%d pieces", len(edits))
	}
}
