package operate

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/restartix/core-api-monitoring/alarms"
)

// titles are a dashboard's widgets, as far as they have titles.
func (d Dashboard) titles() []string {
	var body struct {
		Widgets []struct{ Properties struct{ Title string } }
	}
	if err := json.Unmarshal([]byte(d.Body), &body); err != nil {
		return []string{"its body is no JSON: " + err.Error()}
	}
	var list []string
	for _, w := range body.Widgets {
		if w.Properties.Title != "" {
			list = append(list, w.Properties.Title)
		}
	}
	return list
}

// Markdown is the inventory as people read it.
func (d *Environment) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s as deployed\n\n## Stacks\n\n| stack | status |\n|---|---|\n", d.Name)
	for _, s := range d.Stacks {
		fmt.Fprintf(&b, "| %s | %s |\n", s.Name, s.Status)
	}
	fmt.Fprintf(&b, "\n## Alarms (%d)\n\n%s", len(d.Alarms), alarms.Inventory(d.Alarms))
	b.WriteString("\n## Destinations\n\n| topic | who listens | encrypted with |\n|---|---|---|\n")
	for _, t := range d.Topics {
		var listeners []string
		for _, l := range t.Listeners {
			listeners = append(listeners, l.String())
		}
		fmt.Fprintf(&b, "| %s | %s | %s |\n", t.Name, strings.Join(listeners, ", "), t.Key)
	}
	fmt.Fprintf(&b, "\n## Saved queries (%d)\n\n| query | log groups |\n|---|---|\n", len(d.Queries))
	for _, q := range d.Queries {
		fmt.Fprintf(&b, "| %s | %s |\n", q.Name, strings.Join(q.LogGroups, ", "))
	}
	fmt.Fprintf(&b, "\n## Dashboards (%d)\n\n| dashboard | widgets |\n|---|---|\n", len(d.Dashboards))
	for _, each := range d.Dashboards {
		fmt.Fprintf(&b, "| %s | %s |\n", each.Name, strings.Join(each.titles(), "; "))
	}
	b.WriteString("\n## Resources\n\n| type | in the stacks | read back | by |\n|---|---|---|---|\n")
	for _, c := range d.Resources {
		found, by := fmt.Sprint(c.Found), c.By
		if by == "" {
			found, by = "–", c.Reason
		}
		fmt.Fprintf(&b, "| %s | %d | %s | %s |\n", c.Type, c.Stacked, found, by)
	}
	return b.String()
}
