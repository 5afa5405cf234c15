package agreement

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// readers are the packages that may read the properties of alarms in templates: the model, and what it is read with.
var readers = []string{"cloudwatch", "template"}

// ofAlarms are properties that only alarms have.
var ofAlarms = []string{
	"ActionsEnabled", "ActionsSuppressor", "ActionsSuppressorExtensionPeriod", "ActionsSuppressorWaitPeriod", "AlarmActions", "AlarmDescription",
	"AlarmRule", "ComparisonOperator", "DatapointsToAlarm", "EvaluateLowSampleCountPercentile", "EvaluationCriteria", "EvaluationPeriods",
	"EvaluationWindow", "ExtendedStatistic", "InsufficientDataActions", "MetricStat", "OKActions", "QueryResultsToAlarm",
	"QueryResultsToEvaluate", "ThresholdMetricId", "TreatMissingData", "WarmUpConfiguration",
}

// An alarm is read in one place, so that its readers cannot disagree. To name a property in a message is no reading: what counts is a
// key to something, or an argument.
func TestOnlyTheModelReadsThePropertiesOfAlarms(t *testing.T) {
	found := map[string][]string{}
	err := filepath.WalkDir("../..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return err
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, path, nil, 0)
		if err != nil {
			return err
		}
		pkg, _, _ := strings.Cut(filepath.ToSlash(strings.TrimPrefix(path, "../../")), "/")
		for _, at := range rawReads(file) {
			found[pkg] = append(found[pkg], fmt.Sprintf("%s: %s", set.Position(at.Pos()), at.Value))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	for pkg, places := range found {
		if !slices.Contains(readers, pkg) {
			t.Errorf("%s reads alarms by itself; expected it to take them from cloudwatch:\n%s", pkg, strings.Join(places, "\n"))
		}
	}
	if len(found["cloudwatch"]) < len(ofAlarms)/2 {
		t.Error("hardly anything is found where alarms are read: the test no longer sees how")
	}
}

// rawReads returns the names of alarms' properties that are keys to something, or arguments.
func rawReads(file *ast.File) (list []*ast.BasicLit) {
	add := func(e ast.Expr) {
		lit, ok := e.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			return
		}
		if name, err := strconv.Unquote(lit.Value); err == nil && slices.Contains(ofAlarms, name) {
			list = append(list, lit)
		}
	}
	ast.Inspect(file, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.IndexExpr:
			add(n.Index)
		case *ast.CallExpr:
			for _, argument := range n.Args {
				add(argument)
			}
		}
		return true
	})
	return list
}
