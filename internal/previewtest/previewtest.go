// Package previewtest checks the pages of previews in a real browser.
package previewtest

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp/kb"

	"github.com/restartix/core-api-monitoring/internal/browser"
)

//go:embed check.js
var script string

// Page is what a page says of its dashboards.
type Page struct {
	Scenarios []struct{ ID, Name string }
	Groups    []struct {
		Name   string
		Boards []struct{ ID, Name string }
	}
}

// Check opens every dashboard of a page and fails the test where a widget shows nothing, widgets overlap, the page is wider than a
// phone, a switch changes nothing, the keyboard does not reach something, axe finds a barrier, an alarm is on in the first scenario, or the console has an error. It
// leaves pictures of what it saw in a folder. axe is the folder of the npm package axe-core.
func Check(t *testing.T, page, pictures, axe string) {
	t.Helper()
	rules, err := os.ReadFile(filepath.Join(axe, "axe.min.js"))
	if err != nil {
		t.Fatalf("%v\nrun make deps, which installs what package-lock.json pins", err)
	}
	b, err := browser.Start()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(b.Stop)
	c := &checker{t: t, b: b, page: page, pictures: pictures, axe: string(rules), changed: map[string]bool{}}
	c.screen(1440, 900, "light")
	c.open("")
	var p Page
	c.evaluate(`JSON.parse(document.getElementById("page").textContent)`, &p)
	for _, g := range p.Groups {
		for _, d := range g.Boards {
			t.Run(g.Name+"/"+d.Name, func(t *testing.T) {
				c.t = t
				c.dashboard(p, g.Name, d.ID, d.Name)
			})
		}
	}
	c.t = t
	c.keys(p)
	for _, s := range p.Scenarios[1:] {
		if !c.changed[s.ID] {
			t.Errorf("no dashboard looks different in %q", s.Name)
		}
	}
}

type checker struct {
	t                   *testing.T
	b                   *browser.Browser
	page, pictures, axe string
	changed             map[string]bool // scenarios that look different from the first one on some dashboard
}

func (c *checker) must(err error) {
	c.t.Helper()
	if err != nil {
		c.t.Fatal(err)
	}
}

func (c *checker) screen(width, height int64, colours string) {
	c.t.Helper()
	c.must(c.b.Screen(width, height, 1, colours))
}

func (c *checker) evaluate(expression string, result any) {
	c.t.Helper()
	c.must(c.b.Evaluate(expression, result))
}

// open opens a place of the page, on a screen high enough that everything is drawn.
func (c *checker) open(place string) {
	c.t.Helper()
	c.must(c.b.Open(c.page, place))
	c.evaluate(script+"; true", nil)
	c.evaluate(`check.settled()`, nil)
}

func (c *checker) tall(width int64, colours string) {
	c.t.Helper()
	var height int64
	c.evaluate(`check.height()`, &height)
	c.screen(width, height, colours)
	c.evaluate(`check.settled()`, nil)
}

// none fails for each of what an expression lists.
func (c *checker) none(what, expression string) {
	c.t.Helper()
	var list []string
	c.evaluate(expression, &list)
	for _, each := range list {
		c.t.Errorf("%s: %s", what, each)
	}
}

func (c *checker) dashboard(p Page, group, id, name string) {
	place := func(scenario string) string { return group + "/" + name + "?scenario=" + scenario }
	var widgets, want int
	drawings := map[string]string{}
	for _, s := range p.Scenarios {
		c.screen(1440, 900, "light")
		c.open(place(s.ID))
		c.tall(1440, "light")
		c.evaluate(`check.count()`, &widgets)
		c.evaluate(fmt.Sprintf(`Object.values(JSON.parse(document.getElementById(%q).textContent).views)[0].length`, id), &want)
		if widgets != want {
			c.t.Errorf("%s: %d widgets on the page, %d in the dashboard", s.ID, widgets, want)
		}
		c.none(s.ID+": a widget shows nothing", `check.empty()`)
		c.none(s.ID+": widgets overlap", `check.overlapping()`)
		c.none(s.ID+": a chart has no summary for those who don't see it", `check.unnamed()`)
		if s.ID == p.Scenarios[0].ID {
			c.none("on the usual day an alarm is on", `check.alarming()`)
		}
		c.picture(name, "desktop", s.ID)
		var drawn string
		c.evaluate(`check.drawn()`, &drawn)
		drawings[s.ID] = drawn
	}
	c.switches(p, drawings)
	c.evaluate(c.axe+"; true", nil)
	c.none("axe, light", `check.axe()`)
	c.keyboard()

	last := p.Scenarios[len(p.Scenarios)-1].ID
	c.screen(1440, 900, "dark")
	c.open(place(last))
	c.tall(1440, "dark")
	c.evaluate(c.axe+"; true", nil)
	c.none("axe, dark", `check.axe()`)
	c.picture(name, "dark", last)

	c.screen(390, 844, "light")
	c.open(place(last))
	c.tall(390, "light")
	var over int
	if c.evaluate(`check.wide()`, &over); over > 0 {
		c.t.Errorf("on a phone the page is %d pixels too wide", over)
	}
	c.none("phone: a widget shows nothing", `check.empty()`)
	c.none("phone: widgets overlap", `check.overlapping()`)
	c.picture(name, "phone", last)
	for _, problem := range c.b.Problems() {
		c.t.Errorf("console: %s", problem)
	}
}

// switches uses the scenario switch as people do: each scenario must show what opening it shows.
func (c *checker) switches(p Page, drawings map[string]string) {
	c.t.Helper()
	for _, s := range p.Scenarios {
		var drawn string
		c.evaluate(fmt.Sprintf(`(async () => { document.querySelector('input[name="scenarios"][value=%q]').click(); await check.settled(); return check.drawn() })()`, s.ID), &drawn)
		if drawn != drawings[s.ID] {
			c.t.Errorf("switching to %q shows something else than opening it", s.Name)
		}
	}
	for _, s := range p.Scenarios[1:] {
		c.changed[s.ID] = c.changed[s.ID] || drawings[s.ID] != drawings[p.Scenarios[0].ID]
	}
}

// keyboard walks through the page with the tabulator key.
func (c *checker) keyboard() {
	c.t.Helper()
	c.evaluate(`check.mark(); document.activeElement.blur(); scrollTo(0, 0)`, nil)
	var seen []string
	for range 600 {
		c.must(c.b.Tab())
		var focus struct {
			Control string
			Visible bool
		}
		c.evaluate(`check.focus()`, &focus)
		if focus.Control == "" || slices.Contains(seen, focus.Control) {
			break
		}
		if !focus.Visible {
			c.t.Errorf("the focus cannot be seen on control %s", focus.Control)
		}
		seen = append(seen, focus.Control)
	}
	text, err := json.Marshal(seen)
	c.must(err)
	c.none("the keyboard does not reach", fmt.Sprintf(`check.missed(%s)`, text))
}

// keys uses what has keys of its own: tabs and switches the arrows, the table of a chart's data Enter and Escape.
func (c *checker) keys(p Page) {
	c.t.Helper()
	c.screen(1440, 900, "light")
	c.open("")
	press := func(what, focus, key, want string) {
		c.t.Helper()
		c.evaluate(focus, nil)
		c.must(c.b.Press(key))
		c.evaluate(`check.settled()`, nil)
		var done bool
		if c.evaluate(want, &done); !done {
			c.t.Errorf("%s: the key does nothing", what)
		}
	}
	if len(p.Groups[0].Boards) > 1 {
		press("the next tab", `document.querySelector("[role=tab][aria-selected=true]").focus()`, kb.ArrowRight, `document.activeElement.id === "tab1" && document.activeElement.getAttribute("aria-selected") === "true"`)
		press("the first tab", `true`, kb.Home, `document.activeElement.id === "tab0"`)
	}
	press("the next scenario", `document.querySelector("input[name=scenarios]:checked").focus()`, kb.ArrowRight, fmt.Sprintf(`location.hash.includes("scenario=" + %q)`, p.Scenarios[1].ID))
	press("the data of a chart", `document.querySelector(".data").focus()`, kb.Enter, `document.getElementById("data").open && document.querySelectorAll("#data tbody tr").length > 0`)
	press("back from the data", `true`, kb.Escape, `!document.getElementById("data").open && document.activeElement.matches(".data")`)
	press("dark colours", `document.getElementById("theme").focus()`, kb.Enter, `document.documentElement.dataset.theme === "dark"`)
}

var unsafe = regexp.MustCompile(`[^A-Za-z0-9-]+`)

func (c *checker) picture(parts ...string) {
	c.t.Helper()
	name := strings.Trim(unsafe.ReplaceAllString(strings.Join(parts, "-"), "-"), "-")
	c.must(c.b.Picture(filepath.Join(c.pictures, name+".png")))
}
