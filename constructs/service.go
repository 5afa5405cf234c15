package constructs

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"

	"github.com/restartix/core-api-monitoring/access"
	"github.com/restartix/core-api-monitoring/config"
)

// Service declares the managed App Runner service with its health check, and leaves its id in SSM. All that is known of App
// Runner is in this file, since AWS has closed it to new customers and a successor will come.
func Service(stack awscdk.Stack, e *config.Environment) {
	const image, scaling, service = "ImageRole", "Autoscaling", "Service"
	m := e.Service.Managed
	role(stack, e, image, "build.apprunner.amazonaws.com", "Lets App Runner pull the image of "+m.Name,
		"PullImage",
		allow(access.PullImage, []string{repositoryARN(m.Image)}),
		allow(access.LogInToECR, []string{"*"})) // the action takes no resources
	resource(stack, scaling, "AWS::AppRunner::AutoScalingConfiguration", object{
		"AutoScalingConfigurationName": "coreapi-" + e.Name,
		"MinSize":                      m.Autoscaling.MinInstances,
		"MaxSize":                      m.Autoscaling.MaxInstances,
		"MaxConcurrency":               m.Autoscaling.MaxConcurrency,
	})
	properties := object{
		"ServiceName": m.Name,
		"SourceConfiguration": object{
			"AuthenticationConfiguration": object{"AccessRoleArn": attribute(image, "Arn")},
			"AutoDeploymentsEnabled":      false,
			"ImageRepository": object{
				"ImageIdentifier":     m.Image,
				"ImageRepositoryType": "ECR",
				"ImageConfiguration": object{
					"Port":                      strconv.Itoa(m.Port),
					"RuntimeEnvironmentSecrets": secrets(m.Secrets),
				},
			},
		},
		"InstanceConfiguration": object{
			"Cpu": strconv.Itoa(m.CPU), "Memory": strconv.Itoa(m.Memory), "InstanceRoleArn": m.InstanceRole,
		},
		"AutoScalingConfigurationArn": attribute(scaling, "AutoScalingConfigurationArn"),
		"HealthCheckConfiguration":    serviceHealthCheck(e.Phase().HealthCheck),
	}
	if m.VPCConnector != "" {
		properties["NetworkConfiguration"] = object{
			"EgressConfiguration": object{"EgressType": "VPC", "VpcConnectorArn": m.VPCConnector},
		}
	}
	resource(stack, service, "AWS::AppRunner::Service", properties)
	resource(stack, "ServiceIdParameter", "AWS::SSM::Parameter", object{
		"Name":        e.ServiceIDPath(),
		"Description": "Id of the App Runner service, for the alarms and log queries of " + e.Name,
		"Type":        "String",
		"Value":       attribute(service, "ServiceId"),
	})
}

func serviceHealthCheck(h config.HealthCheck) object {
	return object{
		"Protocol": h.Protocol, "Path": h.Path, "Interval": h.Interval, "Timeout": h.Timeout,
		"HealthyThreshold": h.HealthyThreshold, "UnhealthyThreshold": h.UnhealthyThreshold,
	}
}

func secrets(named map[string]string) (list []object) {
	for _, name := range slices.Sorted(maps.Keys(named)) {
		list = append(list, object{"Name": name, "Value": named[name]})
	}
	return list
}

// repositoryARN is the ARN of the repository in an image's name: <account>.dkr.ecr.<region>.amazonaws.com/<repository>:<tag>.
func repositoryARN(image string) string {
	registry, repository, _ := strings.Cut(image, "/")
	repository = repository[:strings.IndexAny(repository, ":@")]
	host := strings.Split(registry, ".")
	return fmt.Sprintf("arn:aws:ecr:%s:%s:repository/%s", host[3], host[0], repository)
}
