package constructs

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsapprunner"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsiam"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsssm"
	"github.com/aws/jsii-runtime-go"

	"github.com/restartix/core-api-monitoring/access"
	"github.com/restartix/core-api-monitoring/config"
)

// Service declares the managed App Runner service with its health check, and leaves its id in SSM. All that is known of App
// Runner is in this file, since AWS has closed it to new customers and a successor will come.
func Service(stack awscdk.Stack, e *config.Environment) {
	m := e.Service.Managed
	role := imageRole(stack, e)
	scaling := awsapprunner.NewCfnAutoScalingConfiguration(stack, jsii.String("Autoscaling"), &awsapprunner.CfnAutoScalingConfigurationProps{
		AutoScalingConfigurationName: jsii.String("coreapi-" + e.Name),
		MinSize:                      number(m.Autoscaling.MinInstances),
		MaxSize:                      number(m.Autoscaling.MaxInstances),
		MaxConcurrency:               number(m.Autoscaling.MaxConcurrency),
	})
	service := awsapprunner.NewCfnService(stack, jsii.String("Service"), &awsapprunner.CfnServiceProps{
		ServiceName: jsii.String(m.Name),
		SourceConfiguration: &awsapprunner.CfnService_SourceConfigurationProperty{
			AuthenticationConfiguration: &awsapprunner.CfnService_AuthenticationConfigurationProperty{AccessRoleArn: role.RoleArn()},
			AutoDeploymentsEnabled:      jsii.Bool(false),
			ImageRepository: &awsapprunner.CfnService_ImageRepositoryProperty{
				ImageIdentifier:     jsii.String(m.Image),
				ImageRepositoryType: jsii.String("ECR"),
				ImageConfiguration: &awsapprunner.CfnService_ImageConfigurationProperty{
					Port:                      jsii.String(fmt.Sprint(m.Port)),
					RuntimeEnvironmentSecrets: secrets(m.Secrets),
				},
			},
		},
		InstanceConfiguration: &awsapprunner.CfnService_InstanceConfigurationProperty{
			Cpu:             jsii.String(fmt.Sprint(m.CPU)),
			Memory:          jsii.String(fmt.Sprint(m.Memory)),
			InstanceRoleArn: jsii.String(m.InstanceRole),
		},
		NetworkConfiguration:        network(m),
		AutoScalingConfigurationArn: scaling.AttrAutoScalingConfigurationArn(),
		HealthCheckConfiguration:    healthCheck(e.Phase().HealthCheck),
	})
	// Tags of a service can only be set when it is created: a tag added to the app would replace the running service.
	service.AddPropertyDeletionOverride(jsii.String("Tags"))
	scaling.AddPropertyDeletionOverride(jsii.String("Tags"))
	awsssm.NewCfnParameter(stack, jsii.String("ServiceIdParameter"), &awsssm.CfnParameterProps{
		Name:        jsii.String(e.ServiceIDPath()),
		Description: jsii.String("Id of the App Runner service, for the alarms and log queries of " + e.Name),
		Type:        jsii.String("String"),
		Value:       service.AttrServiceId(),
	})
}

func healthCheck(h config.HealthCheck) *awsapprunner.CfnService_HealthCheckConfigurationProperty {
	return &awsapprunner.CfnService_HealthCheckConfigurationProperty{
		Protocol:           jsii.String(h.Protocol),
		Path:               jsii.String(h.Path),
		Interval:           number(h.Interval),
		Timeout:            number(h.Timeout),
		HealthyThreshold:   number(h.HealthyThreshold),
		UnhealthyThreshold: number(h.UnhealthyThreshold),
	}
}

func network(m *config.ManagedService) any {
	if m.VPCConnector == "" {
		return nil
	}
	return &awsapprunner.CfnService_NetworkConfigurationProperty{
		EgressConfiguration: &awsapprunner.CfnService_EgressConfigurationProperty{
			EgressType:      jsii.String("VPC"),
			VpcConnectorArn: jsii.String(m.VPCConnector),
		},
	}
}

func secrets(list map[string]string) []*awsapprunner.CfnService_KeyValuePairProperty {
	var out []*awsapprunner.CfnService_KeyValuePairProperty
	for _, name := range slices.Sorted(maps.Keys(list)) {
		out = append(out, &awsapprunner.CfnService_KeyValuePairProperty{Name: jsii.String(name), Value: jsii.String(list[name])})
	}
	return out
}

// imageRole may pull the service's image, and nothing else.
func imageRole(stack awscdk.Stack, e *config.Environment) awsiam.Role {
	m := e.Service.Managed
	role := awsiam.NewRole(stack, jsii.String("ImageRole"), &awsiam.RoleProps{
		AssumedBy:           awsiam.NewServicePrincipal(jsii.String("build.apprunner.amazonaws.com"), nil),
		Description:         jsii.String("Lets App Runner pull the image of " + m.Name),
		PermissionsBoundary: boundary(stack, e),
		InlinePolicies: &map[string]awsiam.PolicyDocument{
			"PullImage": awsiam.NewPolicyDocument(&awsiam.PolicyDocumentProps{Statements: &[]awsiam.PolicyStatement{
				awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
					Actions:   jsii.Strings(access.PullImage...),
					Resources: jsii.Strings(repositoryARN(m.Image)),
				}),
				awsiam.NewPolicyStatement(&awsiam.PolicyStatementProps{
					Actions:   jsii.Strings(access.LogInToECR...),
					Resources: jsii.Strings("*"), // the action knows no resources
				}),
			}}),
		},
	})
	named(role, "ImageRole")
	return role
}

// repositoryARN is the ARN of the repository in an image's name: <account>.dkr.ecr.<region>.amazonaws.com/<repository>:<tag>.
func repositoryARN(image string) string {
	registry, repository, _ := strings.Cut(image, "/")
	repository = repository[:strings.IndexAny(repository, ":@")]
	host := strings.Split(registry, ".")
	return fmt.Sprintf("arn:aws:ecr:%s:%s:repository/%s", host[3], host[0], repository)
}
