// Package config is what an environment file says, parsed and validated once. Whoever holds an Environment from Load may rely
// on every rule of the schema and of validate.go.
package config

import (
	"cmp"
	"fmt"
)

// Environment is one deployment of the Core API: where it is, how far it has grown, what there is to watch and whom to tell.
type Environment struct {
	Name        string  `yaml:"-"` // the file's name without its ending
	Account     string  `yaml:"account"`
	Region      string  `yaml:"region"`
	PhaseNumber int     `yaml:"phase"`
	Service     Service `yaml:"service"`
	LogGroup    string  `yaml:"logGroup"`
	// LogRetentionDays is 0 where it is DefaultLogRetentionDays.
	LogRetentionDays int           `yaml:"logRetentionDays"`
	Database         Database      `yaml:"database"`
	Shards           []Shard       `yaml:"shards"`
	Notifications    Notifications `yaml:"notifications"`
	// ExternalCheck is nil where nobody looks from outside.
	ExternalCheck      *ExternalCheck `yaml:"externalCheck"`
	ApplicationSignals bool           `yaml:"applicationSignals"`
	Runbooks           string         `yaml:"runbooks"`
	Tags               Tags           `yaml:"tags"`
	// Deployer is nil where people deploy with their own credentials.
	Deployer *Deployer `yaml:"deployer"`
}

// Phase returns the environment's growth phase.
func (e *Environment) Phase() Phase {
	p, _ := FindPhase(e.PhaseNumber)
	return p
}

// Deployer is who deploys the environment without stored keys: the workflows of a GitHub repository.
type Deployer struct {
	// Repository is as in the subject of its tokens: owner/name, or owner@id/name@id, which no other repository can ever be.
	Repository string `yaml:"repository"`
	// Provider is the ARN of the account's OpenID Connect provider for GitHub, or empty where the deployer's stack makes it: an
	// account has one.
	Provider string `yaml:"provider"`
}

// DeployerRole is the name of the role that deploys. IAM knows no Regions, so its names carry the environment's.
func (e *Environment) DeployerRole() string { return "coreapi-" + e.Name + "-deployer" }

// ReviewerRole is the name of the role that only looks.
func (e *Environment) ReviewerRole() string { return "coreapi-" + e.Name + "-reviewer" }

// ExecutionPolicies returns the names of the policies that say what CloudFormation may do when it deploys.
func (e *Environment) ExecutionPolicies() []string {
	return []string{"coreapi-" + e.Name + "-execution", "coreapi-" + e.Name + "-execution-platform"}
}

// RoleBoundary is the name of the most that a role may do which is deployed.
func (e *Environment) RoleBoundary() string { return "coreapi-" + e.Name + "-boundary" }

// ReviewEnvironment is the GitHub environment of the jobs that only look; those that deploy run on the one of the same name.
func (e *Environment) ReviewEnvironment() string { return e.Name + "-review" }

// Tags are put on the environment's stacks, from which CloudFormation passes them on to the resources.
type Tags map[string]string

// Service is the App Runner service: exactly one of the two is set.
type Service struct {
	Existing *ExistingService `yaml:"existing"`
	Managed  *ManagedService  `yaml:"managed"`
}

// ExistingService is deployed by something else.
type ExistingService struct {
	Name string `yaml:"name"`
	ID   string `yaml:"id"`
}

// ManagedService is deployed by this project.
type ManagedService struct {
	Name         string            `yaml:"name"`
	Image        string            `yaml:"image"`
	Port         int               `yaml:"port"`
	CPU          int               `yaml:"cpu"`    // 1/1024 vCPU
	Memory       int               `yaml:"memory"` // MB
	InstanceRole string            `yaml:"instanceRole"`
	VPCConnector string            `yaml:"vpcConnector"`
	Autoscaling  Autoscaling       `yaml:"autoscaling"`
	Secrets      map[string]string `yaml:"secrets"` // variable to ARN
}

// Autoscaling is in instances, and in requests at once per instance.
type Autoscaling struct {
	MinInstances   int `yaml:"minInstances"`
	MaxInstances   int `yaml:"maxInstances"`
	MaxConcurrency int `yaml:"maxConcurrency"`
}

// ServiceIDParameter stands for the id of a managed service, which is known only once AWS has created it. It is a parameter of
// the stacks that need it, read from ServiceIDPath when they are deployed.
const ServiceIDParameter = "${ServiceId}"

// ServiceIDPath is the SSM parameter in which the service's stack leaves the id.
func (e *Environment) ServiceIDPath() string { return "/coreapi/" + e.Name + "/service-id" }

// Name is the service's name.
func (s Service) Name() string {
	if s.Managed != nil {
		return s.Managed.Name
	}
	return s.Existing.Name
}

// ID is the service's id, or ServiceIDParameter.
func (s Service) ID() string {
	if s.Managed != nil {
		return ServiceIDParameter
	}
	return s.Existing.ID
}

// ExternalCheck asks the API's /health from outside AWS's Region.
type ExternalCheck struct {
	Host string `yaml:"host"`
}

// ExternalCheckReference stands for the id of the health check, which is known only once AWS has created it, within its stack.
// DatabaseCheckReference does for the check beside it that follows the database's alarm.
const (
	ExternalCheckReference = "${ExternalCheck}"
	DatabaseCheckReference = "${DatabaseCheck}"
)

// Database is the shared tier's.
type Database struct {
	Primary  Primary   `yaml:"primary"`
	Replicas []Replica `yaml:"replicas"`
}

// Primary is the RDS instance that takes the writes.
type Primary struct {
	Instance           string `yaml:"instance"`
	AllocatedStorageGB int    `yaml:"allocatedStorageGB"`
}

// Replica is a read replica of the primary.
type Replica struct {
	Name     string `yaml:"name"`
	Instance string `yaml:"instance"`
	// AllocatedStorageGB is 0 where it is the primary's.
	AllocatedStorageGB int `yaml:"allocatedStorageGB"`
}

// Shard is an enterprise customer's own database.
type Shard struct {
	Name               string `yaml:"name"`
	Instance           string `yaml:"instance"`
	AllocatedStorageGB int    `yaml:"allocatedStorageGB"`
}

// Instance is an RDS instance of an environment.
type Instance struct {
	// Name is primary, or the replica's or shard's name.
	Name, ID string
	// Connections is its max_connections, in the environment's phase.
	Connections        int
	AllocatedStorageGB int
	Shard              bool
}

// Instances returns all RDS instances: the primary, the replicas, the shards.
func (e *Environment) Instances() []Instance {
	most, primary := e.Phase().MaxConnections, e.Database.Primary
	list := []Instance{{Name: PrimaryName, ID: primary.Instance, Connections: most.Primary, AllocatedStorageGB: primary.AllocatedStorageGB}}
	for _, r := range e.Database.Replicas {
		// RDS gives a replica the primary's storage.
		list = append(list, Instance{Name: r.Name, ID: r.Instance, Connections: most.Replica, AllocatedStorageGB: cmp.Or(r.AllocatedStorageGB, primary.AllocatedStorageGB)})
	}
	for _, s := range e.Shards {
		list = append(list, Instance{Name: s.Name, ID: s.Instance, Connections: most.Shard, AllocatedStorageGB: s.AllocatedStorageGB, Shard: true})
	}
	return list
}

// PrimaryName is the primary's, and its pool's, name in alarms and in the dimension Pool.
const PrimaryName = "primary"

// ApplicationLogGroup is the log group with the application's log.
func (e *Environment) ApplicationLogGroup() string {
	if e.LogGroup != "" {
		return e.LogGroup
	}
	return fmt.Sprintf("/aws/apprunner/%s/%s/application", e.Service.Name(), e.Service.ID())
}

// DefaultLogRetentionDays is how long logs are kept unless an environment says otherwise: as long as an error budget's window.
const DefaultLogRetentionDays = 30

// LogRetention returns how many days logs are kept. App Runner makes its log groups without an end, so make retention sets it.
func (e *Environment) LogRetention() int { return cmp.Or(e.LogRetentionDays, DefaultLogRetentionDays) }

// LogGroupPrefix returns what the names of the environment's log groups begin with: those of the service, or the one that the file names.
func (e *Environment) LogGroupPrefix() string {
	if e.LogGroup != "" {
		return e.LogGroup
	}
	prefix := "/aws/apprunner/" + e.Service.Name() + "/"
	if e.Service.Existing != nil {
		prefix += e.Service.Existing.ID + "/"
	}
	return prefix
}
