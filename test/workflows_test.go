package test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/restartix/core-api-monitoring/config"
)

// workflow is a GitHub workflow, or an action of this repository, as far as the tests below read it.
type workflow struct {
	file        string
	text        string
	On          yaml.Node
	Permissions map[string]string
	Jobs        map[string]struct {
		Uses        string
		Permissions map[string]string
		Timeout     int `yaml:"timeout-minutes"`
		Environment string
		Concurrency struct {
			Group  string
			Cancel bool `yaml:"cancel-in-progress"`
		}
		Steps []step
	}
	Runs struct{ Steps []step }
}

type step struct {
	Uses, Run string
	With      map[string]string
}

func workflows(t *testing.T) map[string]workflow {
	t.Helper()
	all := map[string]workflow{}
	for _, pattern := range []string{".github/workflows/*.yml", ".github/actions/*/action.yml"} {
		files, err := filepath.Glob(filepath.Join(root, pattern))
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %d files, %v", pattern, len(files), err)
		}
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			w := workflow{file: f, text: string(text)}
			if err := yaml.Unmarshal(text, &w); err != nil {
				t.Fatalf("%s: %v", f, err)
			}
			all[strings.TrimSuffix(filepath.Base(f), ".yml")] = w
		}
	}
	return all
}

func (w workflow) steps() []step {
	list := w.Runs.Steps
	for _, j := range w.Jobs {
		list = append(list, j.Steps...)
	}
	return list
}

var (
	use    = regexp.MustCompile(`(?m)^ *(?:- )?uses: +(.*)$`)
	pinned = regexp.MustCompile(`^([\w.-]+/[\w./-]+)@([0-9a-f]{40}) # v\d+\.\d+\.\d+$`)
	target = regexp.MustCompile(`(?m)^([a-z-]+):`)
)

func TestEveryActionIsPinnedByItsCommit(t *testing.T) {
	commits := map[string]string{}
	for _, w := range workflows(t) {
		for _, m := range use.FindAllStringSubmatch(w.text, -1) {
			if local, ok := strings.CutPrefix(m[1], "./"); ok {
				if _, err := os.Stat(filepath.Join(root, local)); err != nil {
					t.Errorf("%s: %v", w.file, err)
				}
				continue
			}
			p := pinned.FindStringSubmatch(m[1])
			if p == nil {
				t.Errorf("%s: %s; expected owner/name@<40 hexadecimal digits> # v1.2.3", w.file, m[1])
				continue
			}
			if other := commits[p[1]]; other != "" && other != p[2] {
				t.Errorf("%s is pinned to %s and to %s", p[1], other, p[2])
			}
			commits[p[1]] = p[2]
		}
	}
	if len(commits) < 5 {
		t.Errorf("only %v found", commits)
	}
}

// Whoever wants to know what a job does runs the same words.
func TestEveryStepOfAWorkflowRunsLocallyToo(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "Makefile"))
	if err != nil {
		t.Fatal(err)
	}
	var targets []string
	for _, m := range target.FindAllStringSubmatch(string(text), -1) {
		targets = append(targets, m[1])
	}
	runs := 0
	for _, w := range workflows(t) {
		for _, s := range w.steps() {
			if s.Run == "" {
				continue
			}
			runs++
			words := strings.Fields(s.Run)
			switch {
			case strings.Contains(s.Run, "${{") || strings.ContainsAny(s.Run, ";&|\n"):
				t.Errorf("%s: %q; expected one command, with what it needs from its environment", w.file, s.Run)
			case words[0] == "make" && len(words) == 2 && slices.Contains(targets, words[1]):
			case strings.HasPrefix(words[0], ".ci/"):
				if info, err := os.Stat(filepath.Join(root, words[0])); err != nil || info.Mode()&0o111 == 0 {
					t.Errorf("%s: %s is no program", w.file, words[0])
				}
			default:
				t.Errorf("%s: %q; expected a target of the Makefile or a script in .ci", w.file, s.Run)
			}
		}
	}
	if runs < 8 {
		t.Errorf("only %d steps found", runs)
	}
}

func TestEveryJobHasATimeoutAndNoPermissionThatItDoesNotNeed(t *testing.T) {
	writes := map[string]string{
		"pull-request-comment/comment": "pull-requests", "release/release": "contents",
		"deploy/staging": "id-token", "deploy/prod": "id-token", "deploy/notify": "id-token",
		"deploy-environment/review": "id-token", "deploy-environment/deploy": "id-token",
	}
	for name, w := range workflows(t) {
		if w.Jobs == nil {
			continue
		}
		if w.Permissions == nil || len(w.Permissions) > 0 {
			t.Errorf("%s: permissions %v for every job; expected none: {}", w.file, w.Permissions)
		}
		for id, j := range w.Jobs {
			if j.Permissions == nil || j.Timeout == 0 && j.Uses == "" {
				t.Errorf("%s: job %s has the permissions %v and %d minutes; expected both to be said", w.file, id, j.Permissions, j.Timeout)
			}
			for scope, level := range j.Permissions {
				if level != "read" && writes[name+"/"+id] != scope {
					t.Errorf("%s: job %s has %s: %s", w.file, id, scope, level)
				}
			}
		}
		if strings.Contains(w.text, "secrets") || strings.Contains(strings.ToLower(w.text), "access-key") {
			t.Errorf("%s knows a stored key", w.file)
		}
	}
}

// What npm, pip and Go fetch is run and compiled before AWS has given a role.
func TestADeploymentIsBuiltBeforeThereAreCredentials(t *testing.T) {
	found := 0
	for id, j := range workflows(t)["deploy-environment"].Jobs {
		built := slices.IndexFunc(j.Steps, func(s step) bool { return s.Run == ".ci/build" })
		role := slices.IndexFunc(j.Steps, func(s step) bool { return strings.HasPrefix(s.Uses, "aws-actions/configure-aws-credentials@") })
		if role < 0 {
			continue
		}
		found++
		if built < 0 || built > role {
			t.Errorf("job %s builds in step %d and takes its role in step %d", id, built, role)
		}
	}
	if found != 2 {
		t.Errorf("%d jobs take a role; expected 2", found)
	}
}

func TestDependabotKnowsEveryFolderWithPins(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, ".github/dependabot.yml"))
	if err != nil {
		t.Fatal(err)
	}
	var bot struct {
		Updates []struct {
			Ecosystem   string `yaml:"package-ecosystem"`
			Directories []string
			Schedule    struct{ Interval string }
		}
	}
	if err := yaml.Unmarshal(text, &bot); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, u := range bot.Updates {
		for _, d := range u.Directories {
			got = append(got, u.Ecosystem+" "+d)
		}
		if u.Schedule.Interval != "weekly" {
			t.Errorf("%s: %q, want weekly", u.Ecosystem, u.Schedule.Interval)
		}
	}
	want := []string{"github-actions /"} // the workflows
	for name, ecosystem := range map[string]string{"go.mod": "gomod", "package.json": "npm", "requirements.txt": "pip", "action.yml": "github-actions"} {
		for _, depth := range []string{"", "*/", "*/*/", "*/*/*/"} {
			files, _ := filepath.Glob(filepath.Join(root, depth+name)) // a pattern of ours
			for _, f := range files {
				folder, err := filepath.Rel(root, filepath.Dir(f))
				if err != nil {
					t.Fatal(err)
				}
				if top, _, _ := strings.Cut(folder, "/"); !slices.Contains([]string{"node_modules", ".venv", ".local"}, top) {
					want = append(want, ecosystem+" "+filepath.Join("/", folder))
				}
			}
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}

// A fork's code runs without rights, and what has rights runs no code of a fork.
func TestAForksPullRequestRunsNothingWithRights(t *testing.T) {
	all := workflows(t)
	for name, w := range all {
		if strings.Contains(w.text, "pull_request_target") {
			t.Errorf("%s runs with rights on a fork's event", w.file)
		}
		if name == "pull-request" {
			for id, j := range w.Jobs {
				for scope, level := range j.Permissions {
					if level != "read" {
						t.Errorf("%s: job %s has %s: %s", w.file, id, scope, level)
					}
				}
			}
		}
	}
	for _, s := range all["pull-request-comment"].steps() {
		if strings.HasPrefix(s.Uses, "actions/checkout@") && (s.With["ref"] != "" || s.With["repository"] != "") {
			t.Errorf("the job that comments checks out %v", s.With)
		}
		if strings.HasPrefix(s.Uses, "actions/download-artifact@") && !strings.HasPrefix(s.With["path"], "${{ runner.temp }}/") {
			t.Errorf("the artifact of a fork is unpacked to %q, where it could replace a script", s.With["path"])
		}
	}
}

func TestTheDispatchOffersWhatThereIs(t *testing.T) {
	var on struct {
		Dispatch struct {
			Inputs map[string]struct{ Options []string }
		} `yaml:"workflow_dispatch"`
	}
	w := workflows(t)["deploy"]
	if err := w.On.Decode(&on); err != nil {
		t.Fatal(err)
	}
	files, err := filepath.Glob(filepath.Join(root, config.Directory, "*.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	var deployed []string
	for _, f := range files {
		e, err := config.Load(f)
		if err != nil {
			t.Fatal(err)
		}
		if e.Deployer != nil {
			deployed = append(deployed, e.Name)
			if _, ok := w.Jobs[e.Name]; !ok {
				t.Errorf("%s: no job deploys %s when something is merged", w.file, e.Name)
			}
		}
	}
	if got := slices.Sorted(slices.Values(on.Dispatch.Inputs["environment"].Options)); !slices.Equal(got, deployed) {
		t.Errorf("environments %v are offered; those with a deployer are %v", got, deployed)
	}
	want := []string{"nothing"}
	e := synth(t).environments[0]
	for _, topic := range slices.Concat(e.Topics(), e.EdgeTopics()) {
		want = append(want, topic.Label)
	}
	got := on.Dispatch.Inputs["notify"].Options
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("destinations %v are offered; there are %v", got, want)
	}
}

// A deployment that is cut off leaves a stack half updated.
func TestADeploymentIsNeitherCutOffNorDoubled(t *testing.T) {
	deploy := workflows(t)["deploy-environment"].Jobs["deploy"]
	if deploy.Concurrency.Group != "deploy-${{ inputs.environment }}" || deploy.Concurrency.Cancel || deploy.Environment != "${{ inputs.environment }}" {
		t.Errorf("the job runs on %q in group %q, cancelled: %v", deploy.Environment, deploy.Concurrency.Group, deploy.Concurrency.Cancel)
	}
}

// repository is a git repository with scripts of .ci, to run them in.
type repository struct {
	t   *testing.T
	dir string
}

func newRepository(t *testing.T, scripts ...string) repository {
	t.Helper()
	r := repository{t, t.TempDir()}
	r.git("init", "-q", "-b", "main")
	for _, name := range scripts {
		text, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			t.Fatal(err)
		}
		r.write(name, string(text))
	}
	return r
}

func (r repository) git(arguments ...string) string {
	r.t.Helper()
	cmd := exec.Command("git", append([]string{"-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"}, arguments...)...)
	cmd.Dir = r.dir
	out, err := cmd.CombinedOutput()
	if err != nil {
		r.t.Fatalf("git %v: %v\n%s", arguments, err, out)
	}
	return strings.TrimSpace(string(out))
}

func (r repository) commit(message string) string {
	r.t.Helper()
	r.git("add", "-A")
	r.git("commit", "-q", "--allow-empty", "-m", message)
	return r.git("rev-parse", "HEAD")
}

func (r repository) write(name, text string) {
	r.t.Helper()
	path := filepath.Join(r.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		r.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o755); err != nil {
		r.t.Fatal(err)
	}
}

// run runs a script, with programs of the folder bin before all others.
func (r repository) run(name string, arguments ...string) (string, error) {
	r.t.Helper()
	return r.runWith(nil, name, arguments...)
}

func (r repository) runWith(environ []string, name string, arguments ...string) (string, error) {
	r.t.Helper()
	cmd := exec.Command(filepath.Join(r.dir, name), arguments...)
	cmd.Env = append(os.Environ(), "PATH="+filepath.Join(r.dir, "bin")+":"+os.Getenv("PATH"), "GITHUB_ACTIONS=", "GITHUB_TOKEN=")
	cmd.Env = append(cmd.Env, environ...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

func TestOnlyWhatWasMergedIsDeployed(t *testing.T) {
	r := newRepository(t)
	before := r.commit("before the pipeline")
	script, err := os.ReadFile(filepath.Join(root, ".ci/checkout"))
	if err != nil {
		t.Fatal(err)
	}
	r.write(".ci/checkout", string(script))
	r.write(".ci/build", "#!/bin/sh\n")
	older := r.commit("the pipeline")
	r.git("checkout", "-q", "-b", "merged")
	inside := r.commit("half of a branch")
	r.commit("all of a branch")
	r.git("checkout", "-q", "main")
	r.commit("main goes on")
	r.git("merge", "-q", "--no-ff", "-m", "merge", "merged")
	merge := r.git("rev-parse", "HEAD")
	newest := r.commit("more")
	r.git("checkout", "-q", "-b", "side")
	side := r.commit("not merged")
	for argument, want := range map[string]struct{ head, says string }{
		"":            {newest, ""},
		older:         {older, ""},
		older[:10]:    {older, ""},
		merge:         {merge, ""},
		inside:        {newest, "is not on main"},
		side:          {newest, "is not on main"},
		before:        {newest, "from before the pipeline"},
		"main; id":    {newest, "is no commit"},
		"--help":      {newest, "is no commit"},
		"deadbeef012": {newest, "is not on main"},
	} {
		r.git("checkout", "-q", "main")
		out, err := r.run(".ci/checkout", argument)
		if (err == nil) != (want.says == "") || !strings.Contains(out, want.says) || r.git("rev-parse", "HEAD") != want.head {
			t.Errorf("%q: %v, %s; want %q", argument, err, out, want.says)
		}
	}
}

func TestARunThatIsRepeatedDoesNotGoBack(t *testing.T) {
	r := newRepository(t, ".ci/checkout", ".ci/build")
	older := r.commit("older")
	remote := filepath.Join(t.TempDir(), "remote.git")
	r.git("init", "-q", "--bare", "-b", "main", remote)
	r.git("remote", "add", "origin", remote)
	r.git("push", "-q", "origin", "main")
	if out, err := r.run(".ci/checkout", ""); err != nil {
		t.Errorf("the newest: %v, %s", err, out)
	}
	newest := r.commit("newest")
	r.git("push", "-q", "origin", "main")
	// As actions/checkout leaves it when main has moved on.
	r.git("checkout", "-q", older)
	r.git("update-ref", "refs/remotes/origin/main", older)
	if out, err := r.run(".ci/checkout", ""); err == nil || !strings.Contains(out, newest) {
		t.Errorf("an older one: %v, %s", err, out)
	}
	if out, err := r.run(".ci/checkout", older); err != nil || r.git("rev-parse", "HEAD") != older {
		t.Errorf("an older one by name: %v, %s", err, out)
	}
	if err := os.RemoveAll(remote); err != nil {
		t.Fatal(err)
	}
	if out, err := r.run(".ci/checkout", ""); err == nil {
		t.Errorf("the newest is unknown: %s", out)
	}
}

// The checkout keeps no credentials, and a private repository answers nobody without them.
func TestTheNewestCommitIsAskedForWithTheJobsToken(t *testing.T) {
	asked := ""
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		asked = user + ":" + password
		http.NotFound(w, r)
	}))
	defer server.Close()
	r := newRepository(t, ".ci/checkout")
	r.commit("one")
	r.git("remote", "add", "origin", server.URL+"/owner/name")
	out, err := r.runWith([]string{"GITHUB_TOKEN=secret", "GITHUB_SERVER_URL=" + server.URL, "NO_PROXY=127.0.0.1"}, ".ci/checkout", "")
	if err == nil || asked != "x-access-token:secret" || strings.Contains(out, "secret") {
		t.Errorf("asked as %q, %v, %s", asked, err, out)
	}
}

func TestADeploymentWaitsForWhatItNeedsAndNotForItsMuting(t *testing.T) {
	for name, c := range map[string]struct {
		fails string
		ok    bool
		ran   string
	}{
		"all well":          {"none", true, "preflight mute deploy retention check unmute"},
		"something missing": {"preflight", false, "preflight"},
		"no muting":         {"mute", true, "preflight mute deploy retention check unmute"},
		"no deployment":     {"deploy", false, "preflight mute deploy unmute"},
		"logs for ever":     {"retention", true, "preflight mute deploy retention check unmute"},
		"an alarm fires":    {"check", false, "preflight mute deploy retention check unmute"},
		"no end of muting":  {"unmute", true, "preflight mute deploy retention check unmute"},
	} {
		r := newRepository(t, ".ci/deploy")
		r.write("Makefile", "preflight mute deploy retention check unmute:\n\t@echo $@ >>ran\n\t@[ $@ != "+c.fails+" ]\n")
		out, err := r.run(".ci/deploy", "prod")
		ran, _ := os.ReadFile(filepath.Join(r.dir, "ran"))
		if got := strings.Join(strings.Fields(string(ran)), " "); got != c.ran || (err == nil) != c.ok {
			t.Errorf("%s: ran %q, %v; want %q\n%s", name, got, err, c.ran, out)
		}
		if c.fails == "mute" && !strings.Contains(out, "muting failed") {
			t.Errorf("nobody hears that warnings notify:\n%s", out)
		}
	}
}

func TestADeploymentIsTriedAgainOnlyWhereCloudWatchWasLate(t *testing.T) {
	const late = "CREATE_FAILED | AWS::CloudWatch::CompositeAlarm | Could not save the composite alarm as alarms [coreapi-prod-A] in the alarm rule do not exist"
	for name, c := range map[string]struct {
		first string // what the CDK says when it fails the first time
		tries int
		ok    bool
	}{
		"all well":          {"", 1, true},
		"CloudWatch late":   {late, 2, true},
		"something else":    {"UPDATE_FAILED | AccessDenied", 1, false},
		"late twice":        {late + " always", 2, false},
		"asks, by a person": {"", 1, true},
	} {
		r := newRepository(t, ".ci/stacks")
		r.write("cdk.out/a.template.json", "{}")
		r.write("cdk.out/b.template.json", "{}")
		r.write("bin/cdk", `#!/bin/bash
echo "$*" >>tries
first=`+"'"+c.first+"'"+`
if [ -n "$first" ] && { [ "$(wc -l <tries)" = 1 ] || [[ $first = *always ]]; }; then echo "$first"; exit 1; fi
echo " ✅  a"
echo "b | 3/9 | CREATE_COMPLETE | noise"
echo " ✅  b"
`)
		approval := "never"
		if strings.HasPrefix(name, "asks") {
			approval = "broadening"
		}
		out, err := r.run(".ci/stacks", approval)
		tries, _ := os.ReadFile(filepath.Join(r.dir, "tries"))
		if got := strings.Count(string(tries), "\n"); got != c.tries || (err == nil) != c.ok {
			t.Errorf("%s: %d tries, %v; want %d\n%s", name, got, err, c.tries, out)
		}
		if approval == "never" && (!strings.Contains(string(tries), "--concurrency 4") || c.ok && (!strings.Contains(out, "[2 of 2]  ✅  b") || strings.Contains(out, "noise"))) {
			t.Errorf("%s: ran with %s\n%s", name, tries, out)
		}
		if approval != "never" && strings.Contains(string(tries), "--concurrency") {
			t.Errorf("%s: the CDK cannot ask of several stacks at once: %s", name, tries)
		}
		if c.first != "" && !strings.Contains(out, c.first[:20]) {
			t.Errorf("%s: what went wrong is not shown\n%s", name, out)
		}
	}
}

func TestAReviewShowsAnEnvironmentThatIsNewOrGone(t *testing.T) {
	r := newRepository(t, ".ci/review")
	// What takes minutes is replaced: only what the script makes of it counts here. As the real one, this cwtool refuses folders
	// without templates.
	r.write("bin/go", "#!/bin/sh\n")
	r.write("bin/cdk", `#!/bin/bash
mkdir -p "${@: -1}"
printf '{\n "Resources": {\n  "A": {\n   "Type": "AWS::SNS::Topic",\n   "Properties": {\n    "Type": "x"\n   }\n  }\n }\n}\n' >"${@: -1}/a.template.json"
`)
	r.write(".gitignore", ".local\n")
	r.write(".local/bin/cwtool", `#!/bin/sh
for folder; do case $folder in old/*|new/*) ls "$folder"/*.template.json >/dev/null || exit 2 ;; esac; done
echo "ran $*"
[ "$1" != diff ]
`)
	r.write("environments/kept.yaml", "runbooks: x\n")
	r.write("environments/gone.yaml", "runbooks: x\n")
	base := r.commit("before")
	r.write("environments/added.yaml", "runbooks: x\n")
	r.git("rm", "-q", "environments/gone.yaml")
	r.commit("after")
	out, err := r.run(".ci/review", base)
	if err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	text, err := os.ReadFile(filepath.Join(r.dir, ".local/review/comment.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, sections, _ := strings.Cut(string(text), "## ")
	for i, s := range strings.Split(sections, "\n## ") {
		name := []string{"added", "gone", "kept"}[i]
		for part, in := range map[string][]string{
			"New environment":           {"added"},
			"Removed environment":       {"gone"},
			"| 1 | AWS::SNS::Topic |\n": {"added", "gone"},
			"ran diff -format markdown old/" + name + " new/" + name: {"kept"},
			"ran cost -format markdown new/" + name:                  {"added", "kept"},
		} {
			if !strings.HasPrefix(s, name) || strings.Contains(s, part) != slices.Contains(in, name) {
				t.Errorf("%s: %q is only in %v\n%s", name, part, in, s)
			}
		}
	}
	for _, name := range []string{"added", "kept"} {
		if !regexp.MustCompile(`ran lint .* new/` + name + "\n").MatchString(out) {
			t.Errorf("%s is not linted\n%s", name, out)
		}
	}
}

// pullRequests stands in for GitHub's API, with one open pull request and more than a page of other people's comments.
type pullRequests struct {
	comments []map[string]any
	calls    []string
}

func (p *pullRequests) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.calls = append(p.calls, r.Method+" "+r.URL.Path)
	var body struct{ Body string }
	if r.Method != http.MethodGet {
		if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
	}
	var answer any
	switch {
	case r.Header.Get("Authorization") != "Bearer token":
		http.Error(w, "no token", http.StatusUnauthorized)
		return
	case r.URL.Path == "/repos/owner/name/pulls" && r.URL.Query().Get("head") == "forker:feature/a&b":
		answer = []any{
			map[string]any{"number": 6, "head": map[string]any{"sha": "another"}},
			map[string]any{"number": 7, "head": map[string]any{"sha": "abc"}},
		}
	case r.Method == http.MethodGet:
		page := 0
		if _, err := fmt.Sscan(r.URL.Query().Get("page"), &page); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		answer = p.comments[min(len(p.comments), (page-1)*100):min(len(p.comments), page*100)]
	case r.Method == http.MethodPost && r.URL.Path == "/repos/owner/name/issues/7/comments":
		made := map[string]any{"id": len(p.comments), "body": body.Body, "user": map[string]any{"login": "github-actions[bot]"}}
		p.comments = append(p.comments, made)
		answer = made
	case r.Method == http.MethodPatch:
		id := 0
		if _, err := fmt.Sscanf(r.URL.Path, "/repos/owner/name/issues/comments/%d", &id); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		p.comments[id]["body"] = body.Body
		answer = p.comments[id]
	}
	if err := json.NewEncoder(w).Encode(answer); err != nil {
		panic(err)
	}
}

func TestAReviewIsOneCommentThatIsUpdated(t *testing.T) {
	api := &pullRequests{}
	for i := range 120 {
		// Somebody quotes the review: not the comment to update.
		api.comments = append(api.comments, map[string]any{"id": i, "body": "<!-- core-api-monitoring review -->\nquoted", "user": map[string]any{"login": "somebody"}})
	}
	server := httptest.NewServer(api)
	defer server.Close()
	file := filepath.Join(t.TempDir(), "comment.md")
	post := func(text, sha string) string {
		t.Helper()
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(filepath.Join(root, ".ci/comment"), file)
		cmd.Env = append(os.Environ(), "GITHUB_API_URL="+server.URL, "GITHUB_REPOSITORY=owner/name", "GITHUB_TOKEN=token",
			"HEAD_OWNER=forker", "HEAD_BRANCH=feature/a&b", "HEAD_SHA="+sha)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("%v\n%s", err, out)
		}
		return string(out)
	}
	if said := post("first", "abc"); !strings.Contains(said, "pull request 7: posted") || len(api.comments) != 121 {
		t.Fatalf("%s, %d comments", said, len(api.comments))
	}
	long := "second, for @everyone\n" + strings.Repeat("x", 300_000)
	if said := post(long, "abc"); !strings.Contains(said, "pull request 7: updated") || len(api.comments) != 121 {
		t.Errorf("%s, %d comments; want the first one changed", said, len(api.comments))
	}
	got := fmt.Sprint(api.comments[120]["body"])
	if !strings.Contains(got, "second") || strings.Contains(got, "@everyone") || len([]rune(got)) != 65_536 || !strings.Contains(got, "cut: GitHub takes no more") {
		t.Errorf("%d characters: %.80s", len([]rune(got)), got)
	}
	if api.comments[119]["body"] != "<!-- core-api-monitoring review -->\nquoted" {
		t.Error("another person's comment is changed")
	}
	before := len(api.comments)
	if said := post("outdated", "older"); !strings.Contains(said, "no open pull request") || len(api.comments) != before {
		t.Errorf("%s; a run of an older commit must say nothing", said)
	}
}

// What is published is what the tag names, with what the changelog says of it.
func TestAReleaseIsWhatItsTagNames(t *testing.T) {
	script, err := os.ReadFile(filepath.Join(root, ".ci/release"))
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	for name, text := range map[string]string{
		".ci/release": string(script), "bin/gh": "#!/bin/sh\nprintf '%s|' \"$@\"\n", ".local/dist/cwtool-1.2.3.tgz": "", ".local/dist/SHA256SUMS": "",
		"cwtool/CHANGELOG.md": "# Changelog\n\n## v1.3.0\n\nNewer.\n\n## v1.2.3 (2026-11-25)\n\nWhat is new.\n\n## v1.2.2\n\nOlder.\n",
	} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for tag, want := range map[string]string{
		"cwtool/v1.2.3": "release|create|cwtool/v1.2.3|--verify-tag|--title|cwtool v1.2.3|--notes|\nWhat is new.|.local/dist/SHA256SUMS|.local/dist/cwtool-1.2.3.tgz|",
		"cwtool/v9.9.9": "cwtool/CHANGELOG.md says nothing of v9.9.9",
		"cwtool/v1.3.0": ".local/dist is not the release v1.3.0",
	} {
		cmd := exec.Command(filepath.Join(dir, ".ci/release"))
		cmd.Env = []string{"GITHUB_REF_NAME=" + tag, "PATH=" + filepath.Join(dir, "bin") + ":" + os.Getenv("PATH")}
		if out, _ := cmd.CombinedOutput(); !strings.Contains(string(out), want) {
			t.Errorf("%s: %s", tag, out)
		}
	}
}
