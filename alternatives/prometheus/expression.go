package prometheus

import (
	"fmt"

	"github.com/restartix/core-api-monitoring/alarms"
	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/cwtool/cloudwatch"
	"github.com/restartix/core-api-monitoring/cwtool/metricmath"
	"github.com/restartix/core-api-monitoring/metrics"
)

// signal is what an alarm compares with its threshold.
type signal struct {
	terms map[string]term
	tree  metricmath.Tree
}

func signalOf(e *config.Environment, a alarms.Alarm) (signal, error) {
	s := signal{terms: map[string]term{}}
	for _, q := range a.Queries {
		if q.Expression != "" {
			expression, err := metricmath.Parse(q.Expression)
			if err != nil {
				return s, err
			}
			s.tree = expression.Tree()
			continue
		}
		m, ok := metrics.Find(q.Namespace, q.Metric)
		if !ok {
			return s, fmt.Errorf("metric %s of %s is not in the contract", q.Metric, q.Namespace)
		}
		s.terms[q.ID] = term{q, m, a.Window.Period, alarms.Name(e, alarms.DatabaseDown)}
		if s.tree == nil {
			s.tree = metricmath.Reference(q.ID)
		}
	}
	return s, nil
}

// breach returns an instant vector without labels: 1 where the signal breaches, 0 where it does not, empty where there is no data.
func (s signal) breach(tree metricmath.Tree, c cloudwatch.Comparison, threshold float64) (string, error) {
	switch t := tree.(type) {
	case metricmath.Reference:
		if one := s.terms[string(t)]; c == cloudwatch.GreaterThanThreshold && one.inBuckets() {
			return one.above(threshold), nil
		}
	case metricmath.Call:
		if t.Function == "IF" && len(t.Arguments) == 3 {
			return s.conditional(t, func(branch metricmath.Tree) (string, error) { return s.breach(branch, c, threshold) })
		}
	}
	value, err := s.translate(tree)
	if err != nil {
		return "", err
	}
	if _, literal := tree.(metricmath.Number); literal {
		value = "vector(" + value + ")"
	}
	return fmt.Sprintf("%s %s bool %s", value, operators[c], number(threshold)), nil
}

var operators = map[cloudwatch.Comparison]string{
	cloudwatch.GreaterThanThreshold: ">", cloudwatch.GreaterThanOrEqualToThreshold: ">=",
	cloudwatch.LessThanThreshold: "<", cloudwatch.LessThanOrEqualToThreshold: "<=",
}

// conditional returns CloudWatch's IF: the first branch where the condition holds, else the second, also where there is no data for the
// condition.
func (s signal) conditional(c metricmath.Call, branch func(metricmath.Tree) (string, error)) (string, error) {
	condition, err := s.filter(c.Arguments[0])
	if err != nil {
		return "", err
	}
	then, err := branch(c.Arguments[1])
	if err != nil {
		return "", err
	}
	otherwise, err := branch(c.Arguments[2])
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("((%s) and (%s)) or (%s)", then, condition, otherwise), nil
}

// filter returns a vector that is empty where the condition does not hold.
func (s signal) filter(tree metricmath.Tree) (string, error) {
	b, ok := tree.(metricmath.Binary)
	if !ok || b.Operator != ">" && b.Operator != ">=" && b.Operator != "<" && b.Operator != "<=" {
		return "", fmt.Errorf("a condition that is no comparison")
	}
	left, err := s.translate(b.Left)
	if err != nil {
		return "", err
	}
	right, err := s.translate(b.Right)
	if err != nil {
		return "", err
	}
	return fmt.Sprintf("(%s) %s %s", left, b.Operator, right), nil
}

// translate returns an expression's value. In arithmetic a metric without data counts as 0, as CloudWatch counts it, where it stands beside
// another one.
func (s signal) translate(tree metricmath.Tree) (string, error) {
	switch t := tree.(type) {
	case metricmath.Number:
		return number(float64(t)), nil
	case metricmath.Reference:
		return s.terms[string(t)].value()
	case metricmath.Binary:
		left, err := s.operand(t.Left)
		if err != nil {
			return "", err
		}
		right, err := s.operand(t.Right)
		if err != nil {
			return "", err
		}
		if t.Operator != "+" && t.Operator != "-" && t.Operator != "*" && t.Operator != "/" {
			return "", fmt.Errorf("the operator %s outside a condition", t.Operator)
		}
		return fmt.Sprintf("%s %s %s", left, t.Operator, right), nil
	case metricmath.Call:
		switch {
		case t.Function == "IF" && len(t.Arguments) == 3:
			return s.conditional(t, func(branch metricmath.Tree) (string, error) {
				value, err := s.translate(branch)
				if _, literal := branch.(metricmath.Number); literal {
					value = "vector(" + value + ")"
				}
				return value, err
			})
		case t.Function == "PERIOD" && len(t.Arguments) == 1:
			if id, ok := t.Arguments[0].(metricmath.Reference); ok {
				return number(float64(s.terms[string(id)].period)), nil
			}
		}
		return "", fmt.Errorf("the function %s", t.Function)
	}
	return "", fmt.Errorf("an expression of another form than arithmetic, IF and PERIOD")
}

func (s signal) operand(tree metricmath.Tree) (string, error) {
	value, err := s.translate(tree)
	switch t := tree.(type) {
	case metricmath.Reference:
		return "(" + value + " or vector(0))", err
	case metricmath.Number:
		return value, err
	case metricmath.Call:
		if t.Function == "PERIOD" {
			return value, err
		}
	}
	return "(" + value + ")", err
}
