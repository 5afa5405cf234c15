package access

import (
	"fmt"

	"github.com/restartix/core-api-monitoring/config"
	"github.com/restartix/core-api-monitoring/metrics"
)

// Instance returns what the role of the Core API's instances needs to keep its half of the contract: it publishes metrics in the
// contract's namespace and, for the age of backups, asks RDS about its own databases. Something else makes the role, so this is what that
// attaches.
func Instance(e *config.Environment) []Grant {
	databases := []string{database(e, e.Database.Primary.Instance)}
	for _, s := range e.Shards {
		databases = append(databases, database(e, s.Instance))
	}
	return []Grant{
		{Actions: []string{"cloudwatch:PutMetricData"}, Resources: []string{"*"}, Namespace: metrics.Namespace},
		{Actions: []string{"rds:DescribeDBInstances"}, Resources: databases},
	}
}

func database(e *config.Environment, instance string) string {
	return fmt.Sprintf("arn:aws:rds:%s:%s:db:%s", e.Region, e.Account, instance)
}
