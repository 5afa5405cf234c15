package test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/cost"
	"github.com/restartix/core-api-monitoring/cwtool/golden"
	"github.com/restartix/core-api-monitoring/cwtool/template"
)

func estimates(t *testing.T) []cost.Estimate {
	t.Helper()
	a := synth(t)
	read := func(path ...string) []byte {
		text, err := os.ReadFile(filepath.Join(append([]string{root}, path...)...))
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	contract, err := cloudwatch.ParseContract(read("metrics", "contract.json"))
	if err != nil {
		t.Fatal(err)
	}
	plan, err := cost.ParsePlan("docs/cost.yaml", read("docs", "cost.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var templates []template.Template
	for _, e := range a.references() {
		templates = slices.Concat(templates, a.templates[e.Name])
	}
	list, err := plan.Estimates(templates, contract)
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestTheCostIsAsReviewed(t *testing.T) {
	golden.File(t, filepath.Join(root, "docs", "cost.md"), cost.Document(estimates(t)))
}

func TestNoPhaseCostsMoreThanItsBudget(t *testing.T) {
	for _, e := range estimates(t) {
		if e.Budget == 0 || e.Over() {
			t.Errorf("%s: %.2f USD a month, budget %.2f", e.Name, e.Total, e.Budget)
		}
	}
}
