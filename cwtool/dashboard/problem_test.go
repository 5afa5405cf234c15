package dashboard

import (
	"encoding/json"
	"slices"
	"testing"
)

func TestWhatCloudWatchRefusesIsReadNevertheless(t *testing.T) {
	for body, want := range map[string][]string{
		`{"widgets": [{"type": "metric", "properties": {"metrics": [["A", "b"]]}}]}`:                                     {"widget 1.region: missing; a metric widget needs one"},
		`{"widgets": [{"type": "alarm", "properties": {"alarms": []}}]}`:                                                 {"widget 1.alarms: empty; an alarm widget needs the ARN of one alarm, at least"},
		`{"widgets": [{"type": "text", "properties": {}}]}`:                                                              {"widget 1.markdown: missing; a text widget needs it"},
		metrics(`[["A", "b", {"color": "red"}]]`):                                                                        {`widget 1.metrics[0].color: "red" is not allowed; expected six hexadecimal digits such as #d62728`},
		metrics(`[["A", "b", {"color": "#1f77b4"}], ["A", "c", {"color": "${Colour}"}]]`):                                nil,
		`{"widgets": [{"type": "chart", "properties": {}}, {"type": "text", "properties": {"markdown": "x"}}]}`:          nil,
		`{"widgets": [{"type": "metric", "properties": {"region": "r", "metrics": [["A", "b", {"period": 7776000}]]}}]}`: nil,
	} {
		d := read(t, body)
		var got []string
		for _, p := range d.Refused {
			got = append(got, p.Text())
			if p.Template != "shop" || p.LogicalID != "Board" {
				t.Errorf("%s: of %s, %s", body, p.Template, p.LogicalID)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", body, got, want)
		}
	}
}

func TestAProblemKnowsItsPlaceAndWhetherADeploymentDecides(t *testing.T) {
	_, err := Read(templateOf(t, `{"widgets": [{"type": "metric", "properties": {"region": "r", "metrics": [["A"]]}}, {"type": "metrics"}]}`))
	list := Problems(err)
	if len(list) != 2 || list[0].At != "widget 1.metrics[0]" || list[1].At != "widget 2.type" || list[0].Unresolved || list[0].LogicalID != "Board" {
		t.Errorf("%v", err)
	}
	_, err = Read(templateOf(t, json.RawMessage(`{"Fn::ImportValue": "body"}`)))
	if list := Problems(err); len(list) != 1 || !list[0].Unresolved {
		t.Errorf("%v", err)
	}
	if list := Problems(nil); len(list) != 0 {
		t.Errorf("%v", list)
	}
}
