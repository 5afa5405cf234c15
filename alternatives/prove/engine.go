// Package prove plays the incidents of test/scenarios against the rules of the second stack with Prometheus's own code, and compares
// whom they notify with what CloudWatch's alarms do. Two engines that know nothing of each other judge each other.
package prove

import (
	"context"
	"fmt"
	"time"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/rules"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb"

	ours "github.com/restartix/core-api-monitoring/alternatives/prometheus"
)

// Prometheus is a server without scraping: whoever holds it appends samples and says when rules are evaluated.
type Prometheus struct {
	db     *tsdb.DB
	groups []*rules.Group
	alerts []*rules.AlertingRule
}

// Open starts it with an environment's rules, in a folder that it may fill.
func Open(dir string, groups []ours.Group) (*Prometheus, error) {
	db, err := tsdb.Open(dir, nil, nil, tsdb.DefaultOptions(), nil)
	if err != nil {
		return nil, err
	}
	p := &Prometheus{db: db}
	language := parser.NewParser(parser.Options{})
	engine := promql.NewEngine(promql.EngineOpts{
		MaxSamples: 50_000_000, Timeout: time.Minute, LookbackDelta: 5 * time.Minute, Parser: language,
	})
	options := &rules.ManagerOptions{
		QueryFunc: rules.EngineQueryFunc(engine, db), AppendableV2: db, Queryable: db, Context: context.Background(),
		NotifyFunc: func(context.Context, string, ...*rules.Alert) {}, Parser: language,
		Metrics: rules.NewGroupMetrics(nil),
	}
	for _, g := range groups {
		list, err := p.read(language, g)
		if err != nil {
			return nil, err
		}
		p.groups = append(p.groups, rules.NewGroup(rules.GroupOptions{
			Name: g.Name, File: "rules.yaml", Interval: ours.EvaluationInterval * time.Second, Rules: list, Opts: options,
		}))
	}
	return p, nil
}

func (p *Prometheus) read(language parser.Parser, g ours.Group) (list []rules.Rule, err error) {
	for _, r := range g.Rules {
		expr, err := language.ParseExpr(r.Expr)
		if err != nil {
			return nil, fmt.Errorf("%s%s of %s: %w", r.Record, r.Alert, r.Labels["alarm"], err)
		}
		if r.Record != "" {
			list = append(list, rules.NewRecordingRule(r.Record, expr, labels.FromMap(r.Labels)))
			continue
		}
		alert := rules.NewAlertingRule(r.Alert, expr, 0, 0, labels.FromMap(r.Labels), labels.FromMap(r.Annotations), labels.EmptyLabels(), "", true, nil)
		p.alerts = append(p.alerts, alert)
		list = append(list, alert)
	}
	return list, nil
}

// Close stops it.
func (p *Prometheus) Close() error { return p.db.Close() }

// Appender takes samples.
func (p *Prometheus) Appender() storage.Appender { return p.db.Appender(context.Background()) }

// Evaluate evaluates all rules at a time.
func (p *Prometheus) Evaluate(at time.Time) {
	for _, g := range p.groups {
		g.Eval(context.Background(), at)
	}
}

// Firing returns the alerts that are firing.
func (p *Prometheus) Firing() (list []*rules.Alert) {
	for _, rule := range p.alerts {
		for _, a := range rule.ActiveAlerts() {
			if a.State == rules.StateFiring {
				list = append(list, a)
			}
		}
	}
	return list
}
