package lint

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strings"
)

// Formats are the forms in which findings can be written.
var Formats = map[string]func(w io.Writer, findings []Finding) error{
	"text": writeText, "json": writeJSON, "sarif": writeSARIF, "github": writeGitHub,
}

// Schema is the JSON schema of the format json.
//
//go:embed findings.schema.json
var Schema []byte

// Count returns how many findings have a severity.
func Count(findings []Finding, severity Severity) int {
	n := 0
	for _, f := range findings {
		if f.Severity == severity {
			n++
		}
	}
	return n
}

// writeText prints a line for each finding, then once for each rule why it matters.
func writeText(w io.Writer, findings []Finding) error {
	var b strings.Builder
	for _, f := range findings {
		fmt.Fprintln(&b, f)
	}
	if len(findings) > 0 {
		b.WriteByte('\n')
	}
	for _, r := range found(findings) {
		fmt.Fprintf(&b, "%s (%s): %s\n", r.ID, r.Severity, r.Why)
	}
	if len(findings) > 0 {
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "%s, %s\n", plural(Count(findings, Error), "error"), plural(Count(findings, Warning), "warning"))
	_, err := io.WriteString(w, b.String())
	return err
}

// found returns the rules that have findings, in their order.
func found(findings []Finding) (list []Rule) {
	for _, r := range Rules {
		if slices.ContainsFunc(findings, func(f Finding) bool { return f.Rule == r.ID }) {
			list = append(list, r)
		}
	}
	return list
}

func writeJSON(w io.Writer, findings []Finding) error {
	type rule struct {
		ID       string   `json:"id"`
		Severity Severity `json:"severity"`
		Title    string   `json:"title"`
		Why      string   `json:"why"`
	}
	rules := []rule{}
	for _, r := range found(findings) {
		rules = append(rules, rule{r.ID, r.Severity, r.Title, r.Why})
	}
	return encode(w, map[string]any{
		"version": 1, "errors": Count(findings, Error), "warnings": Count(findings, Warning),
		"rules": rules, "findings": append([]Finding{}, findings...),
	})
}

func encode(w io.Writer, v any) error {
	e := json.NewEncoder(w)
	e.SetIndent("", "  ")
	e.SetEscapeHTML(false)
	return e.Encode(v)
}

// writeSARIF writes what code scanning services read, version 2.1.0.
func writeSARIF(w io.Writer, findings []Finding) error {
	type object = map[string]any
	message := func(text string) object { return object{"text": text} }
	rules, results := []object{}, []object{}
	for _, r := range Rules {
		rules = append(rules, object{
			"id": r.ID, "shortDescription": message(r.Title), "fullDescription": message(r.Why),
			"defaultConfiguration": object{"level": r.Severity},
		})
	}
	for _, f := range findings {
		result := object{
			"ruleId": f.Rule, "ruleIndex": slices.IndexFunc(Rules, func(r Rule) bool { return r.ID == f.Rule }),
			"level": f.Severity, "message": message(f.Problem),
			"locations": []object{{
				"physicalLocation": object{
					"artifactLocation": object{"uri": filepath.ToSlash(f.File)},
					"region":           object{"startLine": f.Line},
				},
				"logicalLocations": []object{{"fullyQualifiedName": strings.TrimSuffix(f.Template+"/"+f.LogicalID, "/"), "kind": "resource"}},
			}},
			// Lines move; what a finding is about does not.
			"partialFingerprints": object{"resource/v1": f.Rule + "/" + f.Template + "/" + f.LogicalID},
		}
		results = append(results, result)
	}
	return encode(w, object{
		"$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
		"version": "2.1.0",
		"runs":    []object{{"tool": object{"driver": object{"name": "cwtool", "rules": rules}}, "results": results}},
	})
}

// writeGitHub writes workflow commands, which GitHub shows at the line of a pull request.
func writeGitHub(w io.Writer, findings []Finding) error {
	data := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	property := strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
	for _, f := range findings {
		where := strings.TrimSuffix(f.Template+": "+f.LogicalID, ": ")
		if _, err := fmt.Fprintf(w, "::%s file=%s,line=%d,title=%s::%s\n", f.Severity,
			property.Replace(filepath.ToSlash(f.File)), f.Line, property.Replace(f.Rule), data.Replace(where+": "+f.Problem)); err != nil {
			return err
		}
	}
	return nil
}
