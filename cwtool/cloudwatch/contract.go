package cloudwatch

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/yamlcheck"
)

// Contract is what applications publish: metrics, each with its sets of dimensions.
type Contract struct {
	// DimensionValues are the values of those dimensions whose values are always the same.
	DimensionValues map[string][]string
	Metrics         []ContractMetric
}

// ContractMetric is a metric that somebody publishes.
type ContractMetric struct {
	Namespace, Name, Unit string
	DimensionSets         []DimensionSet
}

// DimensionSet is a set of dimensions that a metric is published with, exactly.
type DimensionSet struct {
	SincePhase int // 0 where it is always published
	Dimensions []string
}

// ParseContract reads a contract in JSON.
func ParseContract(text []byte) (*Contract, error) {
	var c Contract
	if err := json.Unmarshal(text, &c); err != nil {
		return nil, fmt.Errorf("not a contract: %w", err)
	}
	if len(c.Metrics) == 0 {
		return nil, errors.New(`not a contract: it has no metrics; expected ` +
			`{"metrics": [{"namespace": "…", "name": "…", "dimensionSets": [{"dimensions": ["…"]}]}]}`)
	}
	return &c, nil
}

// HasNamespace reports whether the contract has metrics of a namespace.
func (c *Contract) HasNamespace(namespace string) bool {
	return slices.ContainsFunc(c.Metrics, func(m ContractMetric) bool { return m.Namespace == namespace })
}

// Problem returns what is wrong with a metric of a namespace that the contract has; empty where nothing is, or where it has no metric
// of that namespace.
func (c *Contract) Problem(namespace, name string, dimensions []string) string {
	var names, sets []string
	dimensions = slices.Sorted(slices.Values(dimensions))
	for _, m := range c.Metrics {
		if m.Namespace != namespace {
			continue
		}
		names = append(names, m.Name)
		if m.Name != name {
			continue
		}
		for _, set := range m.DimensionSets {
			allowed := slices.Sorted(slices.Values(set.Dimensions))
			if slices.Equal(allowed, dimensions) {
				return ""
			}
			sets = append(sets, "["+strings.Join(allowed, ", ")+"]")
		}
	}
	switch {
	case names == nil:
		return ""
	case sets == nil:
		return fmt.Sprintf("nobody publishes %s in %s%s", name, namespace, yamlcheck.DidYouMean(name, names))
	}
	return fmt.Sprintf("nobody publishes %s with the dimensions [%s]; expected %s", name, strings.Join(dimensions, ", "),
		strings.Join(sets, " or "))
}
