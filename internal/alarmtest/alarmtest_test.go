package alarmtest

import "testing"

func TestAForeignTemplateIsTestedByAFileOfItsOwn(t *testing.T) {
	f, err := Load("testdata/foreign.test.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for _, test := range f.Tests {
		r := test.Run()
		for _, failure := range r.Failures {
			t.Errorf("%s: %s", r.Name, failure)
		}
		if t.Failed() {
			t.Log(r.Timeline)
		}
	}
}
