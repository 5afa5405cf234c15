package stacks

import (
	"os"
	"path/filepath"

	"github.com/aws/jsii-runtime-go"
)

// UseNode makes the CDK run on the Node.js that package-lock.json pins, where it is installed below root and the caller has
// not chosen another.
func UseNode(root string) {
	node, err := filepath.Abs(filepath.Join(root, "node_modules", ".bin", "node"))
	if err != nil || os.Getenv("JSII_NODE") != "" {
		return
	}
	if _, err := os.Stat(node); err == nil {
		_ = os.Setenv("JSII_NODE", node)
	}
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
