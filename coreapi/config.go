package coreapi

import (
	"errors"
	"fmt"
	"log/slog"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Config is what an Instance must know. Names are those of the environment's file, so that what is published meets its alarms.
type Config struct {
	// Environment is the environment's name: prod for environments/prod.yaml.
	Environment string
	// Phase is the environment's growth phase, 1 to 4. It decides which metrics are published.
	Phase int
	// Replicas are the environment's read replicas; from phase 2.
	Replicas []Replica
	// Shards are the environment's enterprise shards; from phase 3.
	Shards []Shard
	// MaxInstances is how many instances of the service autoscaling may start. Together they must fit the server: see Instance.Pool.
	MaxInstances int
	// AllowOverbooking lets an instance start whose pools could not all be filled, with an error in the log instead of one returned.
	AllowOverbooking bool

	// Client sends to CloudWatch. Exactly one of Client and Output is set.
	Client CloudWatch
	// Output takes what is published, instead of CloudWatch.
	Output Output

	// QueryTimeout is after which time the server cancels a query; 0 means 5 s. LongQueryTimeout is the same for queries in requests of the
	// category ExportReport and under a context of Long; 0 means 30 s.
	QueryTimeout, LongQueryTimeout time.Duration
	// ProbeTimeout is after which time without an answer a database or Redis counts as unreachable; 0 means 2 s.
	ProbeTimeout time.Duration

	// Logger gets what the library has to say; nil means slog.Default().
	Logger *slog.Logger
	// Clock is for tests; nil means the system's.
	Clock Clock
}

// The defaults of Config and Timeouts.
const (
	defaultQueryTimeout     = 5 * time.Second
	defaultLongQueryTimeout = 30 * time.Second
	defaultProbeTimeout     = 2 * time.Second
	defaultRequestTimeout   = 30 * time.Second
	defaultLongTimeout      = 2 * time.Minute
)

var (
	environmentNames = regexp.MustCompile(`^[a-z]([a-z0-9-]{0,18}[a-z0-9])?$`)
	replicaNames     = regexp.MustCompile(`^replica-[1-9][0-9]?$`)
	shardNames       = regexp.MustCompile(`^[a-z]([a-z0-9-]{0,28}[a-z0-9])?$`)
)

// validate returns everything that is wrong with the configuration.
func (c *Config) validate() error {
	var problems []error
	report := func(format string, args ...any) {
		problems = append(problems, fmt.Errorf("coreapi.Config: "+format, args...))
	}
	if !environmentNames.MatchString(c.Environment) {
		report("Environment %q; expected the name of an environment's file, such as prod", c.Environment)
	}
	if c.Phase < 1 || c.Phase > 4 {
		report("Phase %d; allowed: 1 to 4", c.Phase)
	}
	if c.MaxInstances < 1 {
		report("MaxInstances %d; expected the service's autoscaling maximum, at least 1", c.MaxInstances)
	}
	if (c.Client == nil) == (c.Output == nil) {
		report("exactly one of Client and Output is expected")
	}
	for i, name := range c.Replicas {
		checkName(report, "Replicas", string(name), replicaNames, "replica-1", slices.Contains(c.Replicas[:i], name))
	}
	for i, name := range c.Shards {
		checkName(report, "Shards", string(name), shardNames, "acme", slices.Contains(c.Shards[:i], name))
	}
	if len(c.Replicas) > 0 && c.Phase == 1 {
		report("Replicas in phase 1; allowed: from phase 2")
	}
	if len(c.Shards) > 0 && c.Phase < 3 {
		report("Shards in phase %d; allowed: from phase 3", c.Phase)
	}
	for _, d := range []time.Duration{c.QueryTimeout, c.LongQueryTimeout, c.ProbeTimeout} {
		if d < 0 {
			report("timeout %s; expected one over 0, or 0 for the default", d)
		}
	}
	return errors.Join(problems...)
}

func checkName(report func(string, ...any), field, name string, allowed *regexp.Regexp, example string, twice bool) {
	switch {
	case !allowed.MatchString(name):
		report("%s: %q; expected a name such as %s", field, name, example)
	case twice:
		report("%s: %q is listed twice", field, name)
	}
}

func (c *Config) setDefaults() {
	for _, d := range []struct {
		field *time.Duration
		value time.Duration
	}{
		{&c.QueryTimeout, defaultQueryTimeout}, {&c.LongQueryTimeout, defaultLongQueryTimeout}, {&c.ProbeTimeout, defaultProbeTimeout},
	} {
		if *d.field == 0 {
			*d.field = d.value
		}
	}
	if c.Logger == nil {
		c.Logger = slog.New(defaultLog{})
	}
	if c.Clock == nil {
		c.Clock = systemClock{}
	}
	if c.Client != nil {
		c.Output = cloudWatchOutput{c.Client}
	}
}

// unknownName returns an error for a name that the configuration does not list.
func unknownName[N ~string](field string, name N, listed []N) error {
	if len(listed) == 0 {
		return fmt.Errorf("%q is not in coreapi.Config.%s, which is empty", name, field)
	}
	var names []string
	for _, n := range listed {
		names = append(names, string(n))
	}
	return fmt.Errorf("%q is not in coreapi.Config.%s; allowed: %s", name, field, strings.Join(names, ", "))
}
