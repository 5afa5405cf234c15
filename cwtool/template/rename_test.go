package template

import "testing"

func TestAWordIsRenamedOnlyWhereItStandsAlone(t *testing.T) {
	word, name := Renaming{From: "prod", To: "test"}, Renaming{From: "shop-Slow", To: "shop-Late", Name: true}
	for text, want := range map[string]string{
		"prod": "test", "shop-prod-x": "shop-test-x", "product prod": "product test", "reprod": "reprod", "/prod/prod": "/test/test", "": "",
	} {
		if got := word.Apply(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
	for text, want := range map[string]string{`ALARM("shop-Slow")`: `ALARM("shop-Late")`, "shop-Slow-2": "shop-Slow-2", "x:shop-Slow": "x:shop-Late"} {
		if got := name.Apply(text); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}
