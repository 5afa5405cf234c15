package diff

import (
	"regexp"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/template"
)

// naming is what the names of alarms and topics begin with, up to a separator.
type naming struct{ prefix string }

const separators = "-_/."

func commonNaming(list []*resource) naming {
	var prefix string
	names := map[string]bool{}
	for _, r := range list {
		if r.named == "" || !template.Known(r.name) || r.alarm == nil && r.Type != topicType {
			continue
		}
		if len(names) == 0 {
			prefix = r.name
		}
		for !strings.HasPrefix(r.name, prefix) {
			prefix = prefix[:len(prefix)-1]
		}
		names[r.name] = true
	}
	if len(names) < 2 {
		return naming{}
	}
	return naming{prefix[:strings.LastIndexAny(prefix, separators)+1]}
}

var alarmARN = regexp.MustCompile(`arn:[^"'()]*?:alarm:`)

// short returns a value of the templates without what names have in common.
func (n naming) short(value string) string {
	return template.Renaming{From: n.prefix}.Apply(alarmARN.ReplaceAllString(value, ""))
}

// names returns the short forms of names, each once.
func (n naming) names(list []string) (names []string) {
	seen := map[string]bool{}
	for _, name := range list {
		if name = n.short(name); !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	return names
}
