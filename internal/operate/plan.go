package operate

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation"

	"github.com/restartix/core-api-monitoring/config"
)

// Change is what a deployment does to one stack.
type Change struct {
	Stack                         config.Stack
	New                           bool
	Resources                     int // of the new template
	Added, Changed, Removed, Same int
	Deployed                      string // the template that AWS has
}

// Plan compares the synthesized templates in a folder with those that AWS has, stack by stack in the order in which they are deployed, and
// returns the environment's stacks that AWS has beside them too.
func Plan(ctx context.Context, cfg aws.Config, e *config.Environment, folder string) (changes []Change, left []Stack, err error) {
	for _, s := range inOrder(e.Stacks()) {
		text, err := os.ReadFile(filepath.Join(folder, s.Name+".template.json"))
		if err != nil {
			return nil, nil, err
		}
		deployed, err := template(ctx, in(cfg, s.Region), s.Name)
		if err != nil {
			return nil, nil, fmt.Errorf("stack %s in %s: %w", s.Name, s.Region, err)
		}
		c, err := compare(string(text), deployed)
		if err != nil {
			return nil, nil, fmt.Errorf("stack %s: %w", s.Name, err)
		}
		c.Stack = s
		changes = append(changes, c)
	}
	for _, region := range slices.Compact(slices.Sorted(slices.Values([]string{e.Region, config.EdgeRegion}))) {
		d := &Environment{}
		if err := d.listStacks(ctx, in(cfg, region), e); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", region, err)
		}
		for _, s := range d.Stacks {
			if s.Name != e.DeployerStack().Name && !slices.ContainsFunc(changes, func(c Change) bool { return c.Stack.Name == s.Name }) {
				left = append(left, s)
			}
		}
	}
	return changes, left, nil
}

// inOrder returns stacks in an order in which each comes after those that it is deployed after.
func inOrder(stacks []config.Stack) []config.Stack {
	var list []config.Stack
	waiting := slices.Clone(stacks)
	for len(waiting) > 0 {
		i := max(0, slices.IndexFunc(waiting, func(s config.Stack) bool {
			return !slices.ContainsFunc(waiting, func(o config.Stack) bool { return s.Role.After[o.Role.Name] != "" })
		}))
		list = append(list, waiting[i])
		waiting = slices.Delete(waiting, i, i+1)
	}
	return list
}

// template returns the template of a deployed stack, or nothing where there is no such stack.
func template(ctx context.Context, cfg aws.Config, stack string) (string, error) {
	out, err := cloudformation.NewFromConfig(cfg).GetTemplate(ctx, &cloudformation.GetTemplateInput{StackName: aws.String(stack)})
	if err != nil && strings.Contains(err.Error(), "does not exist") {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	return aws.ToString(out.TemplateBody), nil
}

// compare counts the resources that differ between a template and the deployed one, by logical id.
func compare(text, deployed string) (Change, error) {
	c := Change{New: deployed == "", Deployed: deployed}
	after, err := resourcesOf(text)
	if err != nil {
		return c, err
	}
	before, err := resourcesOf(deployed)
	if err != nil {
		return c, fmt.Errorf("as deployed: %w", err)
	}
	c.Resources = len(after)
	for id, r := range after {
		old, ok := before[id]
		switch {
		case !ok:
			c.Added++
		case reflect.DeepEqual(old, r):
			c.Same++
		default:
			c.Changed++
		}
	}
	c.Removed = len(before) - c.Same - c.Changed
	return c, nil
}

func resourcesOf(text string) (map[string]any, error) {
	if text == "" {
		return nil, nil
	}
	var t struct{ Resources map[string]any }
	if err := json.Unmarshal([]byte(text), &t); err != nil {
		return nil, fmt.Errorf("the template is not JSON: %w", err)
	}
	return t.Resources, nil
}

// String returns one line of a plan.
func (c Change) String() string {
	switch {
	case c.New:
		return fmt.Sprintf("new, %d resources", c.Resources)
	case c.Added+c.Changed+c.Removed == 0:
		return fmt.Sprintf("unchanged, %d resources", c.Resources)
	}
	return fmt.Sprintf("%d added, %d changed, %d removed, %d unchanged", c.Added, c.Changed, c.Removed, c.Same)
}
