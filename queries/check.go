package queries

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/yamlcheck"
)

// What a query may use of the Logs Insights language. A word outside these lists is a field, and must be one of the log's.
var (
	commands  = strings.Fields("fields filter stats sort limit parse display dedup")
	functions = strings.Fields("count count_distinct avg sum min max pct stddev latest earliest sortsFirst sortsLast " +
		"bin ispresent coalesce strlen toupper tolower trim floor ceil abs round concat replace strcontains")
	keywords = strings.Fields("as by and or not in like asc desc")
	system   = strings.Fields("@timestamp @message @logStream @log @ingestionTime @requestId")
)

var (
	literal = regexp.MustCompile(`"[^"]*"|'[^']*'|/(\\.|[^/\s])+/`)
	token   = regexp.MustCompile(`[@A-Za-z_][A-Za-z0-9_.]*|\(`)
	alias   = regexp.MustCompile(`\bas\s+([A-Za-z_][A-Za-z0-9_]*)`)
	period  = regexp.MustCompile(`\bbin\s*\(([^)]*)\)`)
	minutes = regexp.MustCompile(`^\s*[0-9]+[mhd]\s*$`)
	// call is an aggregate of stats, with the name it gets, if any.
	call = regexp.MustCompile(`\b(count|count_distinct|avg|sum|min|max|pct|stddev|latest|earliest)\s*\(`)
)

// check finds what Logs Insights would refuse or, worse, accept and show nothing for: unknown fields, and columns to sort by
// that have no name.
func check(file, text string) (problems []error) {
	report := func(line int, format string, args ...any) {
		problems = append(problems, fmt.Errorf("%s:%d: %s", file, line, fmt.Sprintf(format, args...)))
	}
	if !strings.HasPrefix(text, "# ") {
		report(1, "expected a comment that says what the query shows: # …")
	}
	if len(text) > maxText {
		report(1, "query of %d characters is too long; allowed: %d", len(text), maxText)
	}
	known := slices.Concat(system, names(Fields))
	columns := []string(nil) // after stats, only what it names
	for i, line := range strings.Split(text, "\n") {
		line, at := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line), "|")), i+1
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		bare := literal.ReplaceAllString(line, `""`)
		command, rest, _ := strings.Cut(bare, " ")
		if !slices.Contains(commands, command) {
			report(at, "unknown command %q; allowed: %s%s", command, strings.Join(commands, ", "), yamlcheck.DidYouMean(command, commands))
			continue
		}
		for _, m := range period.FindAllStringSubmatch(rest, -1) {
			if !minutes.MatchString(m[1]) {
				report(at, "bin(%s) is not a period; expected minutes, hours or days: bin(5m)", m[1])
			}
			rest = strings.Replace(rest, m[0], "", 1)
		}
		var named []string
		for _, m := range alias.FindAllStringSubmatch(rest, -1) {
			named = append(named, m[1])
		}
		allowed := known
		if columns != nil {
			allowed = columns
		}
		for _, w := range fieldsOf(rest) {
			if !slices.Contains(slices.Concat(allowed, named), w) {
				what := "field"
				if columns != nil {
					what = "column after stats"
				}
				report(at, "unknown %s %q; allowed: %s%s", what, w, strings.Join(allowed, ", "), yamlcheck.DidYouMean(w, allowed))
			}
		}
		if command == "stats" {
			aggregates, groups, _ := strings.Cut(rest, " by ")
			if unnamed := len(splitTop(aggregates)) - len(alias.FindAllString(aggregates, -1)); unnamed > 0 && call.MatchString(aggregates) {
				report(at, "%d aggregates without a name; expected one each, so that it can be sorted by: count(*) as errors", unnamed)
			}
			columns = slices.Concat(named, fieldsOf(groups))
		} else if len(named) > 0 {
			known = slices.Concat(known, named)
		}
	}
	return problems
}

// fieldsOf are the words of an expression that are neither keywords, functions nor numbers.
func fieldsOf(expression string) (list []string) {
	tokens := token.FindAllString(expression, -1)
	for i, t := range tokens {
		function := i+1 < len(tokens) && tokens[i+1] == "(" && slices.Contains(functions, t)
		if t != "(" && !function && !slices.Contains(keywords, t) {
			list = append(list, t)
		}
	}
	return list
}

// splitTop splits at the commas outside parentheses.
func splitTop(s string) (parts []string) {
	depth, start := 0, 0
	for i, r := range s {
		switch r {
		case '(':
			depth++
		case ')':
			depth--
		case ',':
			if depth == 0 {
				parts, start = append(parts, s[start:i]), i+1
			}
		}
	}
	return append(parts, s[start:])
}

func names(fields []Field) (list []string) {
	for _, f := range fields {
		list = append(list, f.Name)
	}
	return list
}
