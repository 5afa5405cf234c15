package stacks

import (
	"maps"
	"os"
	"path/filepath"
	"syscall"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
)

// Environ settles the environment variables that the CDK's runtime reads, each unless the caller has set it: JSII_NODE is the
// Node.js that package-lock.json pins, where it is installed below root, and CDK_VALIDATION is whether the CDK holds templates
// against its own rules, which takes longer than everything else together. The runtime takes its environment when the program
// is loaded, so where something had to be set, the program is started again in its own place.
func Environ(root, validation string) {
	changed := false
	set := func(name, value string) {
		if os.Getenv(name) == "" {
			changed = os.Setenv(name, value) == nil || changed
		}
	}
	if node, err := filepath.Abs(filepath.Join(root, "node_modules", ".bin", "node")); err == nil {
		if _, err := os.Stat(node); err == nil {
			set("JSII_NODE", node)
		}
	}
	set("CDK_VALIDATION", validation)
	if self, err := os.Executable(); err == nil && changed {
		// Only returns if it fails; then the program goes on as it is, on another Node.js or more slowly.
		_ = syscall.Exec(self, os.Args, os.Environ())
	}
}

// NewApp is an app without what every alarm pays for and nobody can read: the construct tree, and for each construct where it
// was created, which from Go is always the jsii runtime. flags are further context, such as feature flags; out is the folder
// to write to. Both may be nil: the CDK CLI passes them through the environment.
func NewApp(flags map[string]any, out *string) awscdk.App {
	context := map[string]any{"aws:cdk:disable-creation-stack-traces": true}
	maps.Copy(context, flags)
	return awscdk.NewApp(&awscdk.AppProps{
		Context: &context,
		Outdir:  out,
		// Nothing here is an asset, so the version of the bootstrap stack does not matter.
		DefaultStackSynthesizer: awscdk.NewDefaultStackSynthesizer(&awscdk.DefaultStackSynthesizerProps{
			GenerateBootstrapVersionRule: jsii.Bool(false),
		}),
		TreeMetadata:       jsii.Bool(false),
		AnalyticsReporting: jsii.Bool(false),
	})
}

// Close ends the CDK's runtime. Two goroutines of the runtime wait for the same process, and the one that comes second says
// so on stderr, where it would look like a failure.
func Close() {
	stderr := os.Stderr
	if null, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0); err == nil {
		os.Stderr = null
		defer func() { os.Stderr = stderr; _ = null.Close() }()
	}
	jsii.Close()
}
