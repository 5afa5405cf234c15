package main

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/restartix/core-api-monitoring/cwtool/diff"
)

type diffCommand struct {
	templates      templateFlags
	format, failOn string
	phases, strict bool
	renames        []string
}

var diffFormats = []string{"json", "markdown", "text"}

func newDiff() *cobra.Command {
	var d diffCommand
	c := &cobra.Command{
		Use:   "diff [flags] OLD NEW",
		Short: "Say what a new version of templates changes for the people who are paged",
		Long: `Says what NEW changes for people. OLD and NEW are a template, a folder of templates (cdk.out, YAML and JSON files, or folders of
them), or REV:PATH for one in a revision of git. Stacks are the same if they have the same name. The body of a dashboard that is
"as in PATH" is read from PATH in the tree that the template comes from.

Exits with 0 if there is no change, 1 if there is one, 2 if something cannot be read. With -fail-on it is 1 only for:
` + kindsOfChanges(),
		Example: `  $ cwtool diff old.yaml new.yaml
  $ cwtool diff main:infra/template.yaml infra/template.yaml
  $ cwtool diff -fail-on alarm-removed,route-lost,critical-weakened -format markdown old/cdk.out cdk.out
  $ cwtool diff -phases phase1 phase2 phase3`,
		RunE: func(c *cobra.Command, args []string) error { return d.run(c, args) },
	}
	flags := c.Flags()
	flags.StringVar(&d.format, "format", "text", "`form` of the report: json (cwtool/diff/schema.json), markdown (for a pull request, at most 65,536 characters), text")
	flags.StringVar(&d.failOn, "fail-on", "", "exit with 1 only if one of these `kinds` of changes occurs, separated by commas")
	flags.BoolVar(&d.phases, "phases", false, "compare each of several sets with the one before")
	flags.StringArrayVar(&d.renames, "rename", nil,
		"read the word `OLD=NEW` in the older set, to compare environments; by default the names of the folders, where the stacks carry them")
	flags.BoolVar(&d.strict, "strict", false, "exit with 1 if something is not compared, too")
	d.templates.register(c)
	complete(c, "format", diffFormats)
	complete(c, "fail-on", changeFlags())
	return c
}

func kindsOfChanges() string {
	var b strings.Builder
	for _, f := range diff.Flags {
		fmt.Fprintf(&b, "  %-18s %s\n", f.Flag, f.Meaning)
	}
	return strings.TrimRight(b.String(), "\n")
}

func changeFlags() (names []string) {
	for _, f := range diff.Flags {
		names = append(names, string(f.Flag))
	}
	return names
}

func (d *diffCommand) run(c *cobra.Command, args []string) error {
	failOn, err := d.kinds()
	renames, wrong := d.words()
	problems := []error{oneOf("format", d.format, diffFormats), err, wrong, d.checkSets(c, args)}
	sets, err := d.templates.readEach(args)
	if err := errors.Join(append(problems, err)...); err != nil {
		return err
	}
	var reports []diff.Report
	for i := range sets[1:] {
		older, newer := diff.Set{Name: args[i], Templates: sets[i]}, diff.Set{Name: args[i+1], Templates: sets[i+1]}
		reports = append(reports, compare(older, newer, renames))
	}
	if err := d.write(c.OutOrStdout(), reports); err != nil {
		return err
	}
	if slices.ContainsFunc(reports, func(r diff.Report) bool { return isFinding(r, failOn) || d.strict && len(r.NotCompared) > 0 }) {
		return errFindings
	}
	return nil
}

func (d *diffCommand) checkSets(c *cobra.Command, args []string) error {
	switch {
	case d.phases && len(args) < 2:
		return fmt.Errorf("-phases takes two sets or more, found %d", len(args))
	case !d.phases && len(args) != 2:
		return fmt.Errorf("expected OLD and NEW, found %d arguments; %s -h says more", len(args), c.CommandPath())
	}
	return nil
}

// kinds returns the changes to fail on; none stands for any change.
func (d *diffCommand) kinds() (kinds []diff.Flag, err error) {
	var problems []error
	for _, name := range strings.FieldsFunc(d.failOn, func(r rune) bool { return r == ',' || r == ' ' }) {
		problems = append(problems, oneOf("fail-on", name, changeFlags()))
		kinds = append(kinds, diff.Flag(name))
	}
	return kinds, errors.Join(problems...)
}

// words returns the words to read in the older set, each with the one in its place.
func (d *diffCommand) words() (pairs [][2]string, err error) {
	var problems []error
	for _, r := range d.renames {
		from, to, ok := strings.Cut(r, "=")
		if !ok || from == "" || to == "" {
			problems = append(problems, fmt.Errorf("-rename %s: expected OLD=NEW", r))
		}
		pairs = append(pairs, [2]string{from, to})
	}
	return pairs, errors.Join(problems...)
}

func compare(older, newer diff.Set, renames [][2]string) diff.Report {
	for _, r := range renames {
		older = older.Rename(r[0], r[1])
	}
	if from, to, differ := diff.Environments(older, newer); differ && len(renames) == 0 {
		older = older.Rename(from, to)
	}
	return diff.Between(older, newer)
}

func isFinding(r diff.Report, failOn []diff.Flag) bool {
	if len(failOn) == 0 {
		return !r.Empty()
	}
	found := r.Flags()
	return slices.ContainsFunc(failOn, func(f diff.Flag) bool { return slices.Contains(found, f) })
}

func (d *diffCommand) write(w io.Writer, reports []diff.Report) error {
	switch d.format {
	case "json":
		return diff.JSON(w, reports...)
	case "markdown":
		for _, r := range reports {
			fmt.Fprintln(w, r.Markdown(diff.Limit/len(reports)))
		}
		return nil
	}
	out, ok := w.(*output)
	for i, r := range reports {
		if i > 0 {
			fmt.Fprintln(w)
		}
		if !r.Empty() || len(r.NotCompared) > 0 || len(reports) > 1 {
			fmt.Fprint(w, r.Text(ok && out.colours))
		}
	}
	return nil
}
