package main

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/restartix/core-api-monitoring/cwtool/yamlcheck"
)

// Flags are written with one dash, as Go's tools do, and taken with two as well.
var (
	longFlag     = regexp.MustCompile(`^-[a-z][a-z-]+(=|$)`)
	usageOfFlags = regexp.MustCompile(`(?m)^( +(?:-\w, )?)--`)
)

// doubleDashes returns the arguments with two dashes before each flag of more than one letter, the form that the library takes.
func doubleDashes(args []string) []string {
	args = slices.Clone(args)
	for i, arg := range args {
		if arg == "--" {
			break
		}
		if longFlag.MatchString(arg) {
			args[i] = "-" + arg
		}
	}
	return args
}

func flagUsages(flags *pflag.FlagSet) string {
	return usageOfFlags.ReplaceAllString(strings.TrimRight(flags.FlagUsagesWrapped(120), "\n"), "$1-")
}

func init() { cobra.AddTemplateFunc("flagUsages", flagUsages) }

const usageTemplate = `usage: {{if .Runnable}}{{if .HasParent}}{{.UseLine}}{{else}}cwtool COMMAND [flags] ARGUMENTS{{end}}{{end}}
{{- if .HasExample}}

Examples:
{{.Example}}{{end}}
{{- if .HasAvailableSubCommands}}

Commands:{{range .Commands}}{{if or .IsAvailableCommand (eq .Name "help")}}
  {{rpad .Name .NamePadding}} {{.Short}}{{end}}{{end}}

cwtool help COMMAND explains a command.{{end}}
{{- if .HasAvailableLocalFlags}}

Flags:
{{flagUsages .LocalFlags}}{{end}}
`

const helpTemplate = `{{with or .Long .Short}}{{.}}

{{end}}{{.UsageString}}`

// explainFlagError says what is wrong with a flag, and which name was meant.
func explainFlagError(c *cobra.Command, err error) error {
	var unknown *pflag.NotExistError
	var lacking *pflag.ValueRequiredError
	var invalid *pflag.InvalidValueError
	switch {
	case errors.Is(err, pflag.ErrHelp):
		return err
	case errors.As(err, &unknown):
		name := unknown.GetSpecifiedName()
		if shorthands := unknown.GetSpecifiedShortnames(); shorthands != "" {
			name = shorthands
		}
		var known []string
		c.Flags().VisitAll(func(f *pflag.Flag) { known = append(known, f.Name) })
		err = fmt.Errorf("-%s: no such flag%s", name, yamlcheck.DidYouMean(name, known))
	case errors.As(err, &lacking):
		err = fmt.Errorf("-%s: expected a value", lacking.GetSpecifiedName())
	case errors.As(err, &invalid):
		err = fmt.Errorf("-%s %s: %w", invalid.GetFlag().Name, invalid.GetValue(), simpler(invalid.Unwrap()))
	}
	return fmt.Errorf("%w\n%s -h lists the flags", err, c.CommandPath())
}

// simpler returns the errors of Go's strconv in other words.
func simpler(err error) error {
	if strings.HasPrefix(err.Error(), "strconv.") {
		return errors.New("expected a number, or for a switch true or false")
	}
	return err
}

// oneOf returns an error where the value of a flag is not one of those allowed.
func oneOf(flag, value string, allowed []string) error {
	if slices.Contains(allowed, value) {
		return nil
	}
	return fmt.Errorf("-%s %s: expected one of %s%s", flag, value, strings.Join(allowed, ", "), yamlcheck.DidYouMean(value, allowed))
}

// notNegative returns an error where the value of a flag is negative, infinite or not a number.
func notNegative(flag string, value float64) error {
	if value >= 0 && !math.IsInf(value, 0) {
		return nil
	}
	return fmt.Errorf("-%s %g: expected a number that is not negative", flag, value)
}

// complete makes the shell offer these values of a flag, which may be given several times, separated by commas.
func complete(c *cobra.Command, flag string, values []string) {
	// It fails only for a flag that does not exist, or twice for one: faults of the program that every start would show.
	if err := c.RegisterFlagCompletionFunc(flag, cobra.FixedCompletions(values, cobra.ShellCompDirectiveNoFileComp)); err != nil {
		panic(err)
	}
}

// completeFiles makes the shell offer files with these endings for a flag.
func completeFiles(c *cobra.Command, flag string, endings ...string) {
	if err := c.MarkFlagFilename(flag, endings...); err != nil {
		panic(err)
	}
}
