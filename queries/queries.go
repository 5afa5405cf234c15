package queries

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/restartix/core-api-monitoring/config"
)

//go:embed *.cwli
var files embed.FS

// Query is a saved Logs Insights query: a .cwli file of this folder, whose first line is a comment that says what it shows.
type Query struct {
	Slug  string // the file's name
	About string
	Text  string
}

// Limits of a query definition. Source: API reference of PutQueryDefinition.
const (
	maxName = 255
	maxText = 10_000
)

// All reads the saved queries, sorted by slug. The error lists everything that is wrong with them, as file:line: problem.
func All() ([]Query, error) { return read(files) }

func read(dir fs.FS) ([]Query, error) {
	names, err := fs.Glob(dir, "*.cwli")
	if err != nil {
		return nil, err
	}
	var list []Query
	var problems []error
	for _, name := range names {
		text, err := fs.ReadFile(dir, name)
		if err != nil {
			return nil, err
		}
		q := Query{Slug: strings.TrimSuffix(name, ".cwli"), Text: strings.TrimSpace(string(text))}
		first, _, _ := strings.Cut(q.Text, "\n")
		q.About = strings.TrimSpace(strings.TrimPrefix(first, "#"))
		problems = append(problems, check("queries/"+name, q.Text)...)
		list = append(list, q)
	}
	return list, errors.Join(problems...)
}

// Name is the query's name in an environment; the part before the slash is the folder that the console shows.
func (q Query) Name(e *config.Environment) string {
	return fmt.Sprintf("coreapi-%s/%s", e.Name, q.Slug)
}

// LogicalID is the query's logical id in CloudFormation.
func (q Query) LogicalID() string {
	id := "Query"
	for part := range strings.SplitSeq(q.Slug, "-") {
		id += strings.ToUpper(part[:1]) + part[1:]
	}
	return id
}
