package config

import (
	"slices"
	"strings"
)

// EdgeRegion is where Route 53 publishes the metrics of its health checks, and so where their alarms and topics must be.
const EdgeRegion = "us-east-1"

// Role is what a stack is for. An environment has one stack of each role that applies to it, or one for each enterprise shard.
type Role struct {
	// Name is that of the stack, after coreapi-<environment>-, followed by the shard's where there is one for each.
	Name string
	// About is what the stack holds, for its description.
	About string
	// PerShard says that each enterprise shard has a stack of its own.
	PerShard bool
	// Edge says that the stack is in EdgeRegion, and only there where the environment has a check from outside.
	Edge bool
	// Managed says that only an environment whose service this project deploys has the stack.
	Managed bool
	// Untagged says that its resources take no tags from the stack.
	Untagged bool
	// Apart says that it is synthesized and deployed only when asked for, never together with the others.
	Apart bool
	// After are the stacks that are deployed before it, as far as the environment has them, by their role, with the reason.
	After map[string]string
}

// The roles of an environment's stacks.
var (
	MonitoringRole = Role{
		Name: "monitoring", About: "Alarms, notifications and saved queries",
		After: map[string]string{"service": "the service's id and log group"},
	}
	DashboardsRole = Role{
		Name: "dashboards", About: "Dashboards",
		After: map[string]string{"service": "the service's id and log group"},
	}
	ServiceRole = Role{
		Name: "service", About: "The App Runner service and its health check", Managed: true,
		// A tag that is added to a running App Runner service replaces it.
		Untagged: true,
	}
	EdgeRole = Role{
		Name: "edge", About: "The check from outside", Edge: true,
		After: map[string]string{"monitoring": "the alarm that its second check follows"},
	}
	SlackRole = Role{
		Name: "slack", About: "Slack channels that listen to the topics",
		After: map[string]string{"monitoring": "its topics", "edge": "its topics"},
	}
	ShardRole = Role{
		Name: "shard", About: "Alarms of the enterprise shard", PerShard: true,
		After: map[string]string{"monitoring": "the topics"},
	}
	DeployerRole = Role{Name: "deployer", About: "Who may deploy the monitoring", Apart: true}
)

// Roles are all of them, in the order in which an environment's stacks are declared.
var Roles = []Role{MonitoringRole, DashboardsRole, ServiceRole, EdgeRole, SlackRole, ShardRole, DeployerRole}

// Stack is one CloudFormation stack of an environment.
type Stack struct {
	Role  Role
	Shard string // of a role that has a stack for each
	// Name is coreapi-<environment>-<role>, with -<shard> where there is one for each.
	Name        string
	Region      string
	Description string
	Tags        Tags
}

// Key returns what the stack's name ends with: its role, with its shard's name where there is one for each.
func (s Stack) Key() string {
	if s.Role.PerShard {
		return ShardKey(s.Shard)
	}
	return s.Role.Name
}

// ShardKey returns the key of an enterprise shard's stack.
func ShardKey(shard string) string { return ShardRole.Name + "-" + shard }

// Stacks returns the stacks that are deployed together, in the order in which they are declared.
func (e *Environment) Stacks() []Stack {
	var list []Stack
	for _, r := range Roles {
		switch {
		case r.Apart, r.Managed && e.Service.Managed == nil, r.Edge && e.ExternalCheck == nil:
		case r.PerShard:
			for _, s := range e.Shards {
				list = append(list, e.stack(r, s.Name))
			}
		default:
			list = append(list, e.stack(r, ""))
		}
	}
	return list
}

// DeployerStack returns the stack that says who may deploy the environment.
func (e *Environment) DeployerStack() Stack { return e.stack(DeployerRole, "") }

func (e *Environment) stack(r Role, shard string) Stack {
	s := Stack{Role: r, Shard: shard, Region: e.Region, Tags: e.Tags}
	s.Name = "coreapi-" + e.Name + "-" + s.Key()
	about := r.About
	if r.PerShard {
		about += " " + shard
	}
	s.Description = about + " of the RestartiX Core API in " + e.Name
	if r.Edge {
		s.Region = EdgeRegion
	}
	if r.Untagged {
		s.Tags = nil
	}
	return s
}

// OwnStack reports whether a stack of that name is the environment's, be it of a shard that it no longer has. It tells them from
// those of an environment whose name begins with this one's: prod and prod-eu.
func (e *Environment) OwnStack(name string) bool {
	key, ok := strings.CutPrefix(name, "coreapi-"+e.Name+"-")
	return ok && slices.ContainsFunc(Roles, func(r Role) bool {
		return key == r.Name && !r.PerShard || r.PerShard && strings.HasPrefix(key, r.Name+"-")
	})
}

// Regions returns where the environment has stacks, its own Region first.
func (e *Environment) Regions() []string {
	list := []string{e.Region}
	for _, s := range e.Stacks() {
		if !slices.Contains(list, s.Region) {
			list = append(list, s.Region)
		}
	}
	return list
}
