package config

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/restartix/core-api-monitoring/cwtool/golden"
)

func TestEveryEnvironmentOfTheProjectIsValid(t *testing.T) {
	var names []string
	for _, dir := range []string{Directory, ReferenceDirectory} {
		files, _ := filepath.Glob(filepath.Join("..", dir, "*.yaml"))
		for _, f := range files {
			names = append(names, strings.TrimSuffix(filepath.Base(f), ".yaml"))
		}
	}
	environments, err := LoadNamed("..", names...)
	if err != nil {
		t.Fatal(err)
	}
	if len(environments) < len(References)+2 {
		t.Errorf("%d environments; expected the references, prod and staging at least", len(environments))
	}
	for i, name := range References {
		e, err := LoadNamed("..", name)
		if err != nil || e[0].PhaseNumber != i+1 {
			t.Errorf("reference environment %s: phase %v, %v; expected phase %d", name, e, err, i+1)
		}
	}
}

// A kind of thing is one literal; a list that lacks it would leave it out everywhere.
func TestEveryDestinationAndRoleIsListed(t *testing.T) {
	declared := map[string]int{}
	for _, name := range []string{"destination.go", "stack.go"} {
		file, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.ValueSpec); ok && len(spec.Values) == 1 {
				if literal, ok := spec.Values[0].(*ast.CompositeLit); ok {
					if kind, ok := literal.Type.(*ast.Ident); ok {
						declared[kind.Name]++
					}
				}
			}
			return true
		})
	}
	if declared["Destination"] != len(Destinations) {
		t.Errorf("%d destinations are declared and %d listed; add the new one to Destinations", declared["Destination"], len(Destinations))
	}
	if declared["Role"] != len(Roles) {
		t.Errorf("%d roles are declared and %d listed; add the new one to Roles", declared["Role"], len(Roles))
	}
}

func TestAnEnvironmentKnowsItsOwnStacks(t *testing.T) {
	environments, err := LoadNamed("..", "phase1", "phase3")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range environments {
		for _, s := range append(e.Stacks(), e.DeployerStack()) {
			if !e.OwnStack(s.Name) {
				t.Errorf("%s does not know its own stack %s", e.Name, s.Name)
			}
		}
		for name, want := range map[string]bool{"coreapi-" + e.Name + "-shard-retired": true, "coreapi-" + e.Name + "-eu-monitoring": false, "coreapi-" + e.Name + "-shard": false, "coreapi-prod-monitoring": false} {
			if e.OwnStack(name) != want {
				t.Errorf("%s: stack %s is its own: %v, want %v", e.Name, name, !want, want)
			}
		}
	}
}

func TestTheSchemaForEditorsIsAsReviewed(t *testing.T) {
	golden.File(t, "environment.schema.json", string(SchemaText()))
}

var placed = regexp.MustCompile(`(?m)^[\w-]+\.yaml:\d+: `)

func TestMessagesForWrongEnvironmentFilesAreAsReviewed(t *testing.T) {
	goldens := golden.Open(t, "testdata/messages")
	files, err := filepath.Glob("testdata/bad/*.yaml")
	if err != nil || len(files) < 20 {
		t.Fatalf("%d wrong files, %v; expected at least 20", len(files), err)
	}
	for _, f := range files {
		text, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		base, name := filepath.Base(f), "prod.yaml"
		if base == "Bad_Name.yaml" {
			name = base
		}
		e, err := Parse(name, text)
		if err == nil {
			t.Errorf("%s was accepted: %+v", base, e)
			continue
		}
		for _, line := range strings.Split(err.Error(), "\n") {
			if !placed.MatchString(line) {
				t.Errorf("%s: problem without file and line: %s", base, line)
			}
		}
		goldens.Check(strings.TrimSuffix(base, ".yaml")+".txt", err.Error()+"\n")
	}
}

func TestASecretInAnEnvironmentFileIsNotRepeatedInTheError(t *testing.T) {
	for file, secret := range map[string]string{"literal-pagerduty-key": "0123456789abcdef", "literal-secret": "hunter2"} {
		text, err := os.ReadFile("testdata/bad/" + file + ".yaml")
		if err != nil || !strings.Contains(string(text), secret) {
			t.Fatalf("%s: %v; expected the secret %s in it", file, err, secret)
		}
		if _, err := Parse(file+".yaml", text); err == nil || strings.Contains(err.Error(), secret) {
			t.Errorf("%s: error %v; expected one without the secret", file, err)
		}
	}
}

func TestErrorsAreTheSameEveryTime(t *testing.T) {
	text, err := os.ReadFile("testdata/bad/everything-at-once.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, first := Parse("x.yaml", text)
	for range 20 {
		if _, again := Parse("x.yaml", text); again.Error() != first.Error() {
			t.Fatalf("first:\n%v\nthen:\n%v", first, again)
		}
	}
}

// environments returns a folder of environments that are prod but for the name, or what stands in the place of its account.
func environments(t *testing.T, accounts map[string]string) string {
	t.Helper()
	root := t.TempDir()
	text, err := os.ReadFile(filepath.Join("..", Directory, "prod.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(root, Directory), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, account := range accounts {
		of := strings.ReplaceAll(string(text), "222233334444", account)
		if err := os.WriteFile(filepath.Join(root, Directory, name+".yaml"), []byte(of), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// What a pipeline may do to coreapi-prod-* would reach coreapi-prod-eu-* too.
func TestOfTwoNamesInAnAccountNoneBeginsWithTheOther(t *testing.T) {
	const one, two = "222233334444", "111111111111"
	for name, c := range map[string]struct {
		accounts map[string]string
		loaded   string
		says     string
	}{
		"alone":              {map[string]string{"prod": one}, "prod", ""},
		"another name":       {map[string]string{"prod": one, "production": one}, "prod", ""},
		"another account":    {map[string]string{"prod": one, "prod-eu": two}, "prod", ""},
		"the beginning":      {map[string]string{"prod": one, "prod-eu": one}, "prod", "of the names prod and prod-eu ("},
		"what begins so":     {map[string]string{"prod": one, "prod-eu": one}, "prod-eu", "of the names prod-eu and prod ("},
		"a reference's name": {map[string]string{"phase2": one}, "phase2", "is the name of a reference environment"},
		"that of a reviewer": {map[string]string{"new-review": one}, "new-review", "expected another ending than -review"},
	} {
		root := environments(t, c.accounts)
		_, err := LoadNamed(root, c.loaded)
		at := filepath.Join(root, Directory, c.loaded+".yaml:1: ")
		if (err == nil) != (c.says == "") || err != nil && (!strings.Contains(err.Error(), c.says) || !strings.HasPrefix(err.Error(), at)) {
			t.Errorf("%s: %v; want %q", name, err, c.says)
		}
	}
}

func TestAnUnknownEnvironmentNamesTheNearestOne(t *testing.T) {
	_, err := LoadNamed("..", "prdo")
	if err == nil || !strings.Contains(err.Error(), `did you mean "prod"?`) {
		t.Errorf("error %v; expected the nearest name", err)
	}
}

func TestALogGroupFollowsFromTheServiceUnlessGiven(t *testing.T) {
	e := &Environment{Service: Service{Existing: &ExistingService{Name: "api", ID: "abc"}}}
	if got := e.ApplicationLogGroup(); got != "/aws/apprunner/api/abc/application" {
		t.Errorf("log group %s", got)
	}
	e.LogGroup = "/custom"
	if got := e.ApplicationLogGroup(); got != "/custom" {
		t.Errorf("log group %s", got)
	}
}

func TestPagerDutysRegionDecidesTheHost(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", Directory, "prod.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	for region, host := range map[string]string{"": "events.pagerduty.com", "us": "events.pagerduty.com", "eu": "events.eu.pagerduty.com"} {
		line := "notifications:\n"
		if region != "" {
			line += "  pagerdutyRegion: " + region + "\n"
		}
		e, err := Parse("prod.yaml", []byte(strings.Replace(string(text), "notifications:\n", line, 1)))
		if err != nil {
			t.Fatal(err)
		}
		want := "https://" + host + "/integration/{{resolve:secretsmanager:coreapi/prod/pagerduty:SecretString:on-call}}/enqueue"
		if got := e.Notifications.PagerDutyEndpoint(PagerDutyOnCall); got != want {
			t.Errorf("region %q: %s, want %s", region, got, want)
		}
	}
}

func FuzzParseNeverPanics(f *testing.F) {
	files, _ := filepath.Glob("testdata/bad/*.yaml")
	for _, name := range files {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text)
	}
	f.Fuzz(func(_ *testing.T, text []byte) { _, _ = Parse("fuzz.yaml", text) })
}
