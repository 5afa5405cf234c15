// Package test holds every test that needs the CDK. One runtime serves the whole package, since jsii is not safe for
// concurrent use, and the reference environments are synthesized once.
package test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awssns"
	"github.com/aws/jsii-runtime-go"

	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/cwtool/source"
	"github.com/restartix/core-api-monitoring/cwtool/template"
	"github.com/restartix/core-api-monitoring/monitoring"
	"github.com/restartix/core-api-monitoring/stacks"
)

const root = ".."

func TestMain(m *testing.M) {
	stacks.Environ(root, "true")
	code := m.Run()
	stacks.Close()
	if binaryDir != "" {
		_ = os.RemoveAll(binaryDir)
	}
	os.Exit(code)
}

// taggedStack has a topic that takes tags, to show that a tag from above goes as far as it can.
const taggedStack = "tagged"

// withSignals is phase 3 with its objectives in Application Signals as well.
const withSignals = "signals"

// assembly is what synthesizing the reference environments, prod and staging wrote.
type assembly struct {
	dir          string
	environments []*config.Environment
	signals      *config.Environment
	rendered     map[string]*monitoring.Monitoring // by environment
	templates    map[string][]template.Template    // by environment
}

var synthesized = sync.OnceValues(func() (assembly, error) {
	dir, err := os.MkdirTemp("", "synth")
	if err != nil {
		return assembly{}, err
	}
	names := append([]string{"prod", "staging"}, config.References...)
	a := assembly{dir: dir, rendered: map[string]*monitoring.Monitoring{}, templates: map[string][]template.Template{}}
	if a.environments, err = config.LoadNamed(root, names...); err != nil {
		return assembly{}, err
	}
	flags, err := context()
	if err != nil {
		return assembly{}, err
	}
	app := stacks.NewApp(flags, jsii.String(dir))
	signals, err := config.LoadNamed(root, "phase3")
	if err != nil {
		return assembly{}, err
	}
	signals[0].Name, signals[0].ApplicationSignals = withSignals, true
	a.signals = signals[0]
	for _, e := range append(signals, a.environments...) {
		m, err := monitoring.Of(e)
		if err != nil {
			return assembly{}, err
		}
		a.rendered[e.Name] = m
		stacks.Add(app, m)
	}
	// A tag like this is what a team adds one day; the service must not notice.
	awssns.NewCfnTopic(awscdk.NewStack(app, jsii.String(taggedStack), nil), jsii.String("Topic"), nil)
	awscdk.Tags_Of(app).Add(jsii.String("cost-center"), jsii.String("platform"), nil)
	app.Synth(nil)
	for _, e := range append(signals, a.environments...) {
		files, _ := filepath.Glob(filepath.Join(dir, "coreapi-"+e.Name+"-*.template.json"))
		if a.templates[e.Name], err = source.Read(files...); err != nil {
			return assembly{}, err
		}
	}
	return a, nil
})

// context is what cdk.json says: feature flags.
func context() (map[string]any, error) {
	text, err := os.ReadFile(filepath.Join(root, "cdk.json"))
	if err != nil {
		return nil, err
	}
	var file struct{ Context map[string]any }
	err = json.Unmarshal(text, &file)
	return file.Context, err
}

func synth(t testing.TB) assembly {
	t.Helper()
	a, err := synthesized()
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// references are the reference environments of an assembly, phase by phase.
func (a assembly) references() []*config.Environment {
	var list []*config.Environment
	for _, e := range a.environments {
		if strings.HasPrefix(e.Name, "phase") {
			list = append(list, e)
		}
	}
	return list
}

var binaryDir string

// binary builds the app as the CDK CLI runs it.
var binary = sync.OnceValues(func() (string, error) {
	dir, err := os.MkdirTemp("", "app")
	if err != nil {
		return "", err
	}
	binaryDir = dir
	path := filepath.Join(dir, "core-api-monitoring")
	build := exec.Command("go", "build", "-o", path, ".")
	build.Dir = root
	if out, err := build.CombinedOutput(); err != nil {
		return "", &exec.Error{Name: string(out), Err: err}
	}
	return path, nil
})

func app(t testing.TB) string {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatal(err)
	}
	return path
}
