package config

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/restartix/core-api-monitoring/cwtool/yamlcheck"
)

var environmentName = regexp.MustCompile(`^[a-z]([a-z0-9-]{0,18}[a-z0-9])?$`)

// validate reports what the schema cannot say: rules between values.
func validate(e *Environment, doc *yamlcheck.Document, problems *yamlcheck.Problems) {
	if !environmentName.MatchString(e.Name) {
		problems.Add(1, "the file's name %q is not allowed; expected the environment's name: lower case letters, digits and hyphens, at most 20 characters", e.Name)
	}
	if e.Deployer != nil && strings.HasSuffix(e.Name, "-review") {
		problems.Add(1, "the file's name %q is not allowed with a deployer; expected another ending than -review, which is that of the GitHub environments that only look", e.Name)
	}
	validateService(e, doc, problems)
	validatePhase(e, doc, problems)
	validateNames(e, doc, problems)
	validateChannels(e, doc, problems)
	if e.Deployer != nil && e.Deployer.Provider != "" && len(e.Account) == 12 && !strings.Contains(e.Deployer.Provider, ":"+e.Account+":") {
		problems.Add(doc.Line("deployer", "provider"), "deployer.provider: it is in another account; expected one in account %s", e.Account)
	}
}

func validateService(e *Environment, doc *yamlcheck.Document, problems *yamlcheck.Problems) {
	if doc.Has("service") && (e.Service.Existing == nil) == (e.Service.Managed == nil) {
		problems.Add(doc.Line("service"), "service: expected exactly one of existing (name, id) and managed (name, image, …)")
	}
	if m := e.Service.Managed; m != nil && m.Autoscaling.MinInstances > m.Autoscaling.MaxInstances && m.Autoscaling.MaxInstances > 0 {
		problems.Add(doc.Line("service", "managed", "autoscaling", "minInstances"),
			"service.managed.autoscaling.minInstances: %d is more than maxInstances; allowed: at most %d", m.Autoscaling.MinInstances, m.Autoscaling.MaxInstances)
	}
}

// validatePhase holds what there is against the phase, which says by its connections what it may have and must have.
func validatePhase(e *Environment, doc *yamlcheck.Document, problems *yamlcheck.Problems) {
	if !doc.Has("phase") {
		return
	}
	withReplicas := firstPhase(func(p Phase) bool { return p.MaxConnections.Replica > 0 })
	withShards := firstPhase(func(p Phase) bool { return p.MaxConnections.Shard > 0 })
	check := func(path []string, count, since int) {
		name := yamlcheck.Path(path...)
		switch {
		case e.PhaseNumber < since && count > 0:
			problems.Add(doc.Line(path...), "%s: %d in phase %d; allowed: none before phase %d (remove them, or write phase: %d)",
				name, count, e.PhaseNumber, since, since)
		case e.PhaseNumber >= since && count == 0:
			problems.Add(doc.Line(path...), "%s: none in phase %d; expected at least one from phase %d on (add it, or write phase: %d)",
				name, e.PhaseNumber, since, since-1)
		}
	}
	if len(e.Database.Replicas) > 0 || doc.Has("database") {
		check([]string{"database", "replicas"}, len(e.Database.Replicas), withReplicas)
	}
	check([]string{"shards"}, len(e.Shards), withShards)
}

// validateNames holds names apart that would end in the same alarm name or logical id, and instances that are watched twice.
func validateNames(e *Environment, doc *yamlcheck.Document, problems *yamlcheck.Problems) {
	names, instances := map[string]string{plain(PrimaryName): "database.primary"}, map[string]string{}
	name := func(value string, path ...string) {
		key := plain(value)
		if other, taken := names[key]; taken && value != "" {
			problems.Add(doc.Line(path...), "%s: %q is the name of %s, or too like it; expected a name of its own", yamlcheck.Path(path...), value, other)
			return
		}
		names[key] = yamlcheck.Path(path[:len(path)-1]...)
	}
	instance := func(value string, path ...string) {
		if other, taken := instances[value]; taken && value != "" {
			problems.Add(doc.Line(path...), "%s: %q is already the instance of %s; expected an instance of its own", yamlcheck.Path(path...), value, other)
			return
		}
		instances[value] = yamlcheck.Path(path[:len(path)-1]...)
	}
	instance(e.Database.Primary.Instance, "database", "primary", "instance")
	for i, r := range e.Database.Replicas {
		name(r.Name, "database", "replicas", fmt.Sprint(i), "name")
		instance(r.Instance, "database", "replicas", fmt.Sprint(i), "instance")
	}
	for i, s := range e.Shards {
		name(s.Name, "shards", fmt.Sprint(i), "name")
		instance(s.Instance, "shards", fmt.Sprint(i), "instance")
	}
}

// plain is a name as it ends up in a logical id, which has letters and digits only.
func plain(name string) string { return strings.ReplaceAll(strings.ToLower(name), "-", "") }

// validateChannels: AWS takes one configuration for each Slack channel.
func validateChannels(e *Environment, doc *yamlcheck.Document, problems *yamlcheck.Problems) {
	channels := map[string]Destination{}
	for _, d := range Destinations {
		channel := e.Notifications.Listener(d).Channel
		if channel == "" {
			continue
		}
		if other, taken := channels[channel]; taken {
			problems.Add(doc.Line("notifications", d.Name, "channel"),
				"notifications.%s.channel: %q is already the channel of %s; expected a channel of its own", d, channel, other)
		}
		channels[channel] = d
	}
}
