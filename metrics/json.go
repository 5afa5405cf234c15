package metrics

import (
	"bytes"
	"encoding/json"
)

// Version is the version of the contract's JSON form. It grows when a key is renamed, removed or changes its meaning, not when a key or a
// metric is added.
const Version = 1

type jsonContract struct {
	About   string                 `json:"about"`
	Version int                    `json:"version"`
	Values  map[Dimension][]string `json:"dimensionValues"`
	Metrics []jsonMetric           `json:"metrics"`
}

type jsonMetric struct {
	Namespace string       `json:"namespace"`
	Name      string       `json:"name"`
	Unit      Unit         `json:"unit"`
	Kind      Kind         `json:"kind"`
	Meaning   string       `json:"meaning"`
	Source    Source       `json:"source"`
	Publish   jsonPublish  `json:"publishing"`
	Sets      []jsonSet    `json:"dimensionSets"`
	Targets   []jsonTarget `json:"targets,omitempty"`
	Share     *jsonShare   `json:"share,omitempty"`
	NoAlarm   string       `json:"noAlarm,omitempty"`
}

type jsonPublish struct {
	IntervalSeconds       float64     `json:"intervalSeconds"`
	SampleIntervalSeconds float64     `json:"sampleIntervalSeconds,omitempty"`
	Sample                string      `json:"sample"`
	Instances             Combination `json:"instances"`
}

type jsonSet struct {
	Since      int         `json:"sincePhase"`
	Dimensions []Dimension `json:"dimensions"`
}

type jsonTarget struct {
	Statistic string     `json:"statistic"`
	Is        Comparison `json:"is"`
	Value     float64    `json:"value"`
}

type jsonShare struct {
	Of      string     `json:"of"`
	Is      Comparison `json:"is"`
	Percent float64    `json:"percent"`
}

// JSON returns the contract for programs that are not in Go, as committed in contract.json.
func JSON() ([]byte, error) {
	contract := jsonContract{
		About:   "Generated from the package metrics. What source app publishes must carry exactly these names, units and dimension sets.",
		Version: Version,
		Values:  map[Dimension][]string{Method: Methods, EndpointCategory: EndpointCategories},
	}
	for _, m := range All() {
		contract.Metrics = append(contract.Metrics, m.json())
	}
	var b bytes.Buffer
	encoder := json.NewEncoder(&b)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", "  ")
	err := encoder.Encode(contract)
	return b.Bytes(), err
}

func (m Metric) json() jsonMetric {
	out := jsonMetric{
		Namespace: m.Namespace, Name: m.Name, Unit: m.Unit, Kind: m.Kind, Meaning: m.Meaning, Source: m.Source,
		Publish: jsonPublish{m.Interval().Seconds(), m.SampleInterval().Seconds(), m.Sample(), m.Combination()},
		Share:   (*jsonShare)(m.Share), NoAlarm: m.NoAlarm,
	}
	for _, s := range m.Sets {
		out.Sets = append(out.Sets, jsonSet(s))
	}
	for _, t := range m.Targets {
		out.Targets = append(out.Targets, jsonTarget(t))
	}
	return out
}
