package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/diff"
	"github.com/restartix/core-api-monitoring/cwtool/source"
)

func runDiff(args []string, out, problems io.Writer) int {
	flags := flag.NewFlagSet("cwtool diff", flag.ContinueOnError)
	format := flags.String("format", "text", "text, markdown (for a pull request, at most 65,536 characters) or json (cwtool/diff/schema.json)")
	failOn := flags.String("fail-on", "", "exit 1 only if one of these `kinds` of changes occurs, separated by commas")
	phases := flags.Bool("phases", false, "compare each of several sets with the one before")
	var renames []string
	flags.Func("rename", "read the word `old=new` in the older set, to compare environments; by default the names of the folders, where the stacks carry them", func(v string) error {
		renames = append(renames, v)
		return nil
	})
	flags.Usage = func() {
		fmt.Fprint(flags.Output(), `usage: cwtool diff [flags] OLD NEW
       cwtool diff [flags] -phases SET SET...

Says what NEW changes for people. OLD and NEW are a template, a folder of templates (cdk.out, YAML and JSON files, or folders of
them), or REV:PATH for one in a revision of git. Stacks are the same if they have the same name. The body of a dashboard that is
"as in PATH" is read from PATH in the tree that the template comes from.

Exits with 0 if there is no change, 1 if there is one, 2 if something cannot be read. With -fail-on it is 1 only for:
`)
		for _, f := range diff.Flags {
			fmt.Fprintf(flags.Output(), "  %-18s %s\n", f.Flag, f.Meaning)
		}
		fmt.Fprintln(flags.Output())
		flags.PrintDefaults()
	}
	if status, ok := parse(flags, args, out, problems); !ok {
		return status
	}
	d := differ{phases: *phases}
	d.check(flags.Args(), *format, *failOn, renames)
	sets := d.read(flags.Args())
	if len(d.problems) > 0 {
		fmt.Fprintln(problems, errors.Join(d.problems...))
		return 2
	}
	var reports []diff.Report
	for i := range sets[1:] {
		reports = append(reports, d.compare(sets[i], sets[i+1]))
	}
	write(out, *format, reports)
	return d.status(reports)
}

// differ is what the arguments ask for.
type differ struct {
	phases   bool
	failOn   []diff.Flag
	renames  [][2]string
	problems []error
}

func (d *differ) report(format string, args ...any) {
	d.problems = append(d.problems, fmt.Errorf(format, args...))
}

func (d *differ) check(sets []string, format, failOn string, renames []string) {
	switch {
	case d.phases && len(sets) < 2:
		d.report("-phases takes two sets or more, found %d", len(sets))
	case !d.phases && len(sets) != 2:
		d.report("expected OLD and NEW, found %d arguments; cwtool diff -h says more", len(sets))
	}
	if !slices.Contains([]string{"text", "markdown", "json"}, format) {
		d.report("-format %s is not known; expected text, markdown or json", format)
	}
	var known []string
	for _, f := range diff.Flags {
		known = append(known, string(f.Flag))
	}
	for _, name := range strings.FieldsFunc(failOn, func(r rune) bool { return r == ',' || r == ' ' }) {
		if !slices.Contains(known, name) {
			d.report("-fail-on %s is not known; expected %s", name, strings.Join(known, ", "))
		}
		d.failOn = append(d.failOn, diff.Flag(name))
	}
	for _, r := range renames {
		from, to, ok := strings.Cut(r, "=")
		if !ok || from == "" || to == "" {
			d.report("-rename %s: expected old=new", r)
		}
		d.renames = append(d.renames, [2]string{from, to})
	}
}

func (d *differ) read(names []string) (sets []diff.Set) {
	for _, name := range names {
		templates, err := source.Read(name)
		if err != nil {
			d.problems = append(d.problems, err)
		}
		sets = append(sets, diff.Set{Name: name, Templates: templates})
	}
	return sets
}

func (d *differ) compare(old, new diff.Set) diff.Report {
	for _, r := range d.renames {
		old = old.Rename(r[0], r[1])
	}
	if from, to, differ := diff.Environments(old, new); differ && len(d.renames) == 0 {
		old = old.Rename(from, to)
	}
	return diff.Between(old, new)
}

func (d *differ) status(reports []diff.Report) int {
	for _, r := range reports {
		found := r.Flags()
		if len(d.failOn) == 0 && !r.Empty() || slices.ContainsFunc(d.failOn, func(f diff.Flag) bool { return slices.Contains(found, f) }) {
			return 1
		}
	}
	return 0
}

func write(out io.Writer, format string, reports []diff.Report) {
	switch format {
	case "json":
		_ = diff.JSON(out, reports...) // a closed pipe is nobody's concern
	case "markdown":
		for _, r := range reports {
			fmt.Fprintln(out, r.Markdown(diff.Limit/len(reports)))
		}
	default:
		for i, r := range reports {
			if i > 0 {
				fmt.Fprintln(out)
			}
			if !r.Empty() || len(reports) > 1 {
				fmt.Fprint(out, r.Text(colours(out)))
			}
		}
	}
}

// colours reports whether the output is a terminal whose user has not asked for none (no-color.org).
func colours(out io.Writer) bool {
	file, ok := out.(*os.File)
	if !ok || os.Getenv("NO_COLOR") != "" || os.Getenv("TERM") == "dumb" {
		return false
	}
	info, err := file.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
