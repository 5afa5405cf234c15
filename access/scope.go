package access

import (
	"fmt"
	"slices"
	"strings"

	"github.com/restartix/core-api-monitoring/config"
)

// A scope returns the ARNs of an environment's resources of a kind, in all its Regions; * stands for any part that AWS chooses.
type scope func(*config.Environment) []string

// The resources of an environment, and those that AWS gives ids of its own: the latter are all of the account.
var (
	alarms             = in("cloudwatch", "alarm:coreapi-%s-*")
	dashboards         = global("cloudwatch", "dashboard/coreapi-%s-*")
	topics             = in("sns", "coreapi-%s-*")
	aliases            = in("kms", "alias/coreapi-%s-*")
	keys               = in("kms", "key/*")
	eventSubscriptions = in("rds", "es:coreapi-%s-*")
	slackChannels      = global("chatbot", "chat-configuration/slack-channel/coreapi-%s-*")
	slackRoles         = global("iam", "role/coreapi-%s-slack-*")
	serviceRoles       = global("iam", "role/coreapi-%s-service-*")
	parameters         = in("ssm", "parameter/coreapi/%s/*")
	scaling            = in("apprunner", "autoscalingconfiguration/coreapi-%s/*")
	anyScaling         = in("apprunner", "autoscalingconfiguration/*") // a service that something else deploys has one of another name
	instances          = in("rds", "db:*")                             // RDS lists all or one
	objectives         = in("application-signals", "slo/coreapi-%s*")
	stacks             = in("cloudformation", "stack/coreapi-%s-*")
)

// everywhere is for actions that take no resources, or that AWS refuses on fewer than all.
func everywhere(*config.Environment) []string { return []string{"*"} }

// healthChecks have ids of Route 53's own.
func healthChecks(*config.Environment) []string { return []string{"arn:aws:route53:::healthcheck/*"} }

// service returns the App Runner service's ARN but for its id.
func service(e *config.Environment) []string {
	return in("apprunner", "service/"+e.Service.Name()+"/*")(e)
}

// network returns the connector through which a managed service reaches its database, if it has one.
func network(e *config.Environment) []string {
	if m := e.Service.Managed; m != nil && m.VPCConnector != "" {
		return []string{m.VPCConnector}
	}
	return nil
}

// instanceRole returns the role that a managed service runs as, which something else makes.
func instanceRole(e *config.Environment) []string {
	if m := e.Service.Managed; m != nil {
		return []string{m.InstanceRole}
	}
	return nil
}

// logGroups returns the application's log group, as IAM names it with and without its streams.
func logGroups(e *config.Environment) []string {
	group := strings.ReplaceAll(e.ApplicationLogGroup(), config.ServiceIDParameter, "*")
	return concat(in("logs", "log-group:"+group), in("logs", "log-group:"+group+":*"))(e)
}

// serviceLogs returns all log groups of the service, or the one that the environment's file names.
func serviceLogs(e *config.Environment) []string {
	return in("logs", "log-group:"+e.LogGroupPrefix()+"*")(e)
}

// pagerDutyKeys returns the secrets with the integration keys.
func pagerDutyKeys(e *config.Environment) []string {
	var list []string
	for _, d := range config.Destinations {
		secret := e.Notifications.Secret(d)
		if secret == "" {
			continue
		}
		if !strings.HasPrefix(secret, "arn:") {
			// Secrets Manager puts six characters of its own behind a name.
			secret = in("secretsmanager", "secret:"+secret+"-??????")(e)[0]
		}
		if !slices.Contains(list, secret) {
			list = append(list, secret)
		}
	}
	return list
}

// in returns the scope of a service's resources; %s in the resource is the environment's name.
func in(service, resource string) scope {
	return func(e *config.Environment) []string {
		return []string{fmt.Sprintf("arn:aws:%s:*:%s:%s", service, e.Account, strings.ReplaceAll(resource, "%s", e.Name))}
	}
}

// global returns the same of a service without Regions.
func global(service, resource string) scope {
	return func(e *config.Environment) []string {
		return []string{fmt.Sprintf("arn:aws:%s::%s:%s", service, e.Account, strings.ReplaceAll(resource, "%s", e.Name))}
	}
}

// linkedRole returns the scope of the role that AWS makes for a service in an account, the first time it is used there.
func linkedRole(service string) scope {
	return global("iam", "role/aws-service-role/"+service+".amazonaws.com/*")
}

// concat returns the scope of all resources of several.
func concat(scopes ...scope) scope {
	return func(e *config.Environment) (list []string) {
		for _, s := range scopes {
			list = append(list, s(e)...)
		}
		return list
	}
}
