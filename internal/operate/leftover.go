package operate

import (
	"fmt"
	"slices"
	"strings"

	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/monitoring"
)

// Leftover is a stack, or an alarm outside of every stack, that nothing in the environment's file or definitions asks for any more.
// CloudFormation leaves such stacks alone, and their alarms go on.
type Leftover struct {
	Stack  Stack
	Shard  string // whose stack it is
	Alarm  string // instead of a stack
	Region string
}

// Leftovers returns them in an order in which they can be deleted: stacks first, then alarms, composites before those that they name.
func (d *Environment) Leftovers(m *monitoring.Monitoring) []Leftover {
	var list []Leftover
	owned := map[string]bool{}
	for _, a := range m.Alarms {
		owned[a.Name] = true
	}
	for _, s := range d.Stacks {
		for _, a := range s.alarms {
			owned[a] = true // CloudFormation owns it
		}
		if s.Name == m.DeployerStack().Name || slices.ContainsFunc(m.Stacks(), func(want config.Stack) bool { return want.Name == s.Name }) {
			continue
		}
		shard, _ := strings.CutPrefix(s.Name, "coreapi-"+m.Name+"-"+config.ShardKey(""))
		if shard == s.Name {
			shard = ""
		}
		list = append(list, Leftover{Stack: s, Shard: shard, Region: s.Region})
	}
	for _, composite := range []bool{true, false} {
		for _, a := range d.Alarms {
			if !owned[a.Name] && (a.Rule != nil) == composite {
				list = append(list, Leftover{Alarm: a.Name, Region: d.regions[a.Name]})
			}
		}
	}
	return list
}

// runs reports whether deleting it would end something that runs: the App Runner service.
func (l Leftover) runs(m *monitoring.Monitoring) bool {
	return l.Stack.Name == "coreapi-"+m.Name+"-"+config.ServiceRole.Name
}

func (l Leftover) String() string {
	if l.Alarm != "" {
		return "alarm " + l.Alarm
	}
	return fmt.Sprintf("stack %s with %d alarms", l.Stack.Name, len(l.Stack.alarms))
}

// leftoverFindings says what is left over, and what removes it.
func (d *Environment) leftoverFindings(m *monitoring.Monitoring) []Finding {
	var list []Finding
	for _, l := range d.Leftovers(m) {
		how := "make retire ENV=" + m.Name
		switch {
		case l.runs(m):
			how = fmt.Sprintf("it is the running App Runner service; if nobody uses it any more: aws cloudformation delete-stack --region %s --stack-name %s", l.Region, l.Stack.Name)
		case l.Shard != "":
			how += " SHARD=" + l.Shard
		}
		list = append(list, remark("%s in %s: no definition owns it, and it goes on until it is deleted: %s", l, l.Region, how))
	}
	return list
}
