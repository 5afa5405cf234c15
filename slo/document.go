package slo

import (
	"fmt"
	"strconv"
	"strings"
)

// Tier is a group of users with an availability objective, in percent.
type Tier struct {
	Name   string
	Phases string
	Target float64
}

// Document is docs/slo.md: the objectives, what they allow, and how soon each window notices an incident.
func Document(tiers []Tier) string {
	var b strings.Builder
	b.WriteString(`# Objectives

Generated from the package slo; a test keeps it true. Thresholds say that something is odd, objectives that users are let down.

## Availability

The share of requests that are not answered with 5xx, over a rolling 30 days, for the shared tier and for each enterprise shard.

| tier | phases | objective | error budget | downtime a month of 30 days | of an average month |
|---|---|---|---|---|---|
`)
	for _, t := range tiers {
		fmt.Fprintf(&b, "| %s | %s | %s %% | %s %% | %s | %s |\n", t.Name, t.Phases, number(t.Target), number(Budget(t.Target)),
			clock(Budget(t.Target)/100*Days*Day), clock(Budget(t.Target)/100*averageMonth))
	}
	b.WriteString(`
An alarm fires when the budget burns too fast over a long and a short window at once: the long one says that it matters, the short
one that it still goes on. Windows under their floor of requests say nothing, so that a single failed request at night is no outage. A
slower pair keeps still while a faster pair's long window burns, since that one has told. The threshold is the rate times the budget;
"noticed" is the time from the beginning of an incident to both windows burning, each pair by itself and with traffic over its floor,
computed minute by minute from the same data as the alarms. The floor is the long window's.

| tier | windows | burn rate | tells by | threshold | floor | total outage noticed | 10 % of requests failing noticed |
|---|---|---|---|---|---|---|---|
`)
	for _, t := range tiers {
		outage, partial := TimeToDetect(t.Target, Burns, 100), TimeToDetect(t.Target, Burns, 10)
		for i, burn := range Burns {
			tells := "ticket"
			if burn.Pages {
				tells = "page"
			}
			fmt.Fprintf(&b, "| %s, %s %% | %s and %s | %s | %s | %s %% | %d requests | %s | %s |\n", t.Name, number(t.Target),
				span(burn.Long), span(burn.Short), number(burn.Rate), tells, number(Threshold(t.Target, burn.Rate)), burn.Floor,
				minutes(outage[i].First), minutes(partial[i].First))
		}
	}
	b.WriteString(`
An outage that stops all traffic leaves no requests to count: the alarms ` + "`DatabaseUnreachable` and `ExternalCheckFailing`" + ` page for it.

## Latency

By endpoint category, measured on ` + "`http.request.duration_ms`" + `. A warning when the percentile of each quarter of an hour is
over; a quarter with fewer than 20 requests says nothing of p95, with fewer than 100 nothing of p99.

| category | p95 | p99 |
|---|---|---|
`)
	for _, l := range Latencies {
		fmt.Fprintf(&b, "| %s | %s ms | %s ms |\n", l.Category, number(l.P95), number(l.P99))
	}
	b.WriteString("\n## Durability\n\n| data | RPO | RTO | watched by | because |\n|---|---|---|---|---|\n")
	for _, d := range Durabilities {
		watched := "–"
		if len(d.WatchedBy) > 0 {
			watched = "`" + strings.Join(d.WatchedBy, "`, `") + "`"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", d.Data, d.RPO, d.RTO, watched, d.Rationale)
	}
	return b.String()
}

// averageMonth is a twelfth of a Gregorian year, in seconds.
const averageMonth = 365.2425 / 12 * Day

func number(v float64) string { return strconv.FormatFloat(round(v), 'f', -1, 64) }

// clock is a time in seconds as people say it.
func clock(seconds float64) string {
	s := int(seconds + 0.5)
	if s >= Hour {
		return fmt.Sprintf("%d h %d min", s/Hour, s%Hour/Minute)
	}
	return fmt.Sprintf("%d min %d s", s/Minute, s%Minute)
}

func span(seconds int) string {
	switch {
	case seconds > Day && seconds%Day == 0:
		return fmt.Sprintf("%d d", seconds/Day)
	case seconds%Hour == 0:
		return fmt.Sprintf("%d h", seconds/Hour)
	}
	return fmt.Sprintf("%d min", seconds/Minute)
}

func minutes(n int) string {
	if n == 0 {
		return "never"
	}
	if n < 120 {
		return fmt.Sprintf("%d min", n)
	}
	return fmt.Sprintf("%d h %d min", n/60, n%60)
}
