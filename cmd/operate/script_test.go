package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"operate": main})
}

// The scripts are examples of every command that needs no AWS, one archive each: what is typed, and what it prints. UPDATE_GOLDEN=1
// rewrites the outputs that they compare with.
func TestScriptsAsReviewed(t *testing.T) {
	update := os.Getenv("UPDATE_GOLDEN") != ""
	if update && os.Getenv("CI") != "" {
		t.Fatal("UPDATE_GOLDEN is set under CI: goldens are updated by people, who read the difference")
	}
	root, err := filepath.Abs("../..")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			// No credentials, wherever the AWS SDK looks for them, and nobody to ask.
			for name, value := range map[string]string{
				"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": "/none", "AWS_SHARED_CREDENTIALS_FILE": "/none",
				"AWS_ENDPOINT_URL": "http://localhost:1",
			} {
				env.Setenv(name, value)
			}
			return os.Symlink(filepath.Join(root, "environments"), filepath.Join(env.WorkDir, "environments"))
		},
	})
}
