package stacks

import (
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

// NewApp is an app without what nobody reads and every alarm pays for: the construct tree. props may be nil.
func NewApp(props *awscdk.AppProps) awscdk.App {
	if props == nil {
		props = &awscdk.AppProps{}
	}
	props.TreeMetadata = jsii.Bool(false)
	return awscdk.NewApp(props)
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
