package scenarios

import (
	"fmt"
	"os"
	"testing"

	"github.com/restartix/core-api-monitoring/internal/reference"
)

const root = "../.."

// The files of this folder name templates, which must be those of the definitions as they are now.
func TestMain(m *testing.M) {
	if err := reference.Write(root); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	os.Exit(m.Run())
}
