package main

import (
	"cmp"
	"fmt"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// release is the version that a release's build sets; what `go install …@version` builds has its version in its build info.
var release string

// version returns the version in one line: that of the release, or of the module, and else the revision that was built.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "cwtool " + cmp.Or(release, "(unknown version)")
	}
	settings := map[string]string{}
	for _, s := range info.Settings {
		settings[s.Key] = s.Value
	}
	text := "cwtool " + cmp.Or(release, info.Main.Version, "(devel)")
	if revision := settings["vcs.revision"]; release == "" && len(revision) >= 12 {
		text += " " + revision[:12]
	}
	return fmt.Sprintf("%s %s %s/%s", text, info.GoVersion, settings["GOOS"], settings["GOARCH"])
}

func newVersion() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version",
		Example: "  $ cwtool version\n  cwtool v1.0.0 go1.26.8 linux/amd64",
		Args:    cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			fmt.Fprintln(c.OutOrStdout(), version())
			return nil
		},
	}
}
