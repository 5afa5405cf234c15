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

func validatePhase(e *Environment, doc *yamlcheck.Document, problems *yamlcheck.Problems) {
	if !doc.Has("phase") {
		return
	}
	replicas, shards := len(e.Database.Replicas), len(e.Shards)
	switch {
	case e.PhaseNumber < 2 && replicas > 0:
		problems.Add(doc.Line("database", "replicas"), "database.replicas: %d in phase %d; allowed: none before phase 2 (remove them, or write phase: 2)", replicas, e.PhaseNumber)
	case e.PhaseNumber >= 2 && replicas == 0 && doc.Has("database"):
		problems.Add(doc.Line("database", "replicas"), "database.replicas: none in phase %d; expected at least one from phase 2 on (add it, or write phase: 1)", e.PhaseNumber)
	}
	switch {
	case e.PhaseNumber < 3 && shards > 0:
		problems.Add(doc.Line("shards"), "shards: %d in phase %d; allowed: none before phase 3 (remove them, or write phase: 3)", shards, e.PhaseNumber)
	case e.PhaseNumber >= 3 && shards == 0:
		problems.Add(doc.Line("shards"), "shards: none in phase %d; expected at least one from phase 3 on (add it, or write phase: 2)", e.PhaseNumber)
	}
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
		channel := e.Notifications.Channel(d)
		if channel == "" {
			continue
		}
		if other, taken := channels[channel]; taken {
			problems.Add(doc.Line("notifications", string(d), "channel"),
				"notifications.%s.channel: %q is already the channel of %s; expected a channel of its own", d, channel, other)
		}
		channels[channel] = d
	}
}
