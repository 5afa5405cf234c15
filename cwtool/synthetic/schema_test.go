package synthetic

import (
	"encoding/json"
	"os"
	"reflect"
	"testing"
)

// The rules of a model and the series of tests are one language: what both have is described in the same words.
func TestRulesAndSeriesAreDescribedAlike(t *testing.T) {
	definition := func(file, name string) map[string]any {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var schema struct {
			Definitions map[string]struct{ Properties map[string]any }
		}
		if err := json.Unmarshal(text, &schema); err != nil {
			t.Fatal(err)
		}
		return schema.Definitions[name].Properties
	}
	rule, series := definition("model.schema.json", "rule"), definition("../alarmtest/schema.json", "series")
	own := map[string]bool{"during": true, "levelOf": true, "countOf": true, "times": true, "timesSamples": true, "publisher": true}
	for _, of := range []map[string]any{rule, series} {
		for key := range of {
			if !own[key] && !reflect.DeepEqual(rule[key], series[key]) {
				t.Errorf("%s: %v in a rule, %v in a series", key, rule[key], series[key])
			}
		}
	}
}
