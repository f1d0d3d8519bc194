package plainjson

import "testing"

func TestMarksOfHTMLStay(t *testing.T) {
	v := map[string]string{"a": "<b> & c\n"}
	if got, err := Marshal(v); err != nil || string(got) != `{"a":"<b> & c\n"}` {
		t.Errorf("%s, %v", got, err)
	}
	if got, err := Indent(v); err != nil || string(got) != "{\n  \"a\": \"<b> & c\\n\"\n}\n" {
		t.Errorf("%s, %v", got, err)
	}
	if got, err := Marshal(func() {}); err == nil {
		t.Errorf("a function is %s", got)
	}
}
