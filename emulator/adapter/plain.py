"""The types of which the schemas tell everything, or all but a name."""

from .resource import Resource

# Type -> what stands in its class; see Resource.
PLAIN: dict[str, dict] = {
    "AWS::KMS::Alias": {},
    "AWS::Logs::MetricFilter": {},
    "AWS::Logs::QueryDefinition": {},
    "AWS::SSM::Parameter": {
        "ARN": "arn:aws:ssm:{region}:{account}:parameter/{path}",
        "AGAIN": {"Overwrite": True},
        "TAGGED": {"ResourceType": "Parameter"},
    },
    "AWS::AppRunner::Service": {},
    "AWS::AppRunner::AutoScalingConfiguration": {},
    "AWS::Chatbot::SlackChannelConfiguration": {
        "RENAMED": {"GuardrailPolicies": "GuardrailPolicyArns", "SlackWorkspaceId": "SlackTeamId", "UserRoleRequired": "UserAuthorizationRequired"},
        "DEFAULTS": {"LoggingLevel": "NONE", "SnsTopicArns": [], "GuardrailPolicies": [], "UserRoleRequired": False},
    },
    "AWS::ApplicationSignals::ServiceLevelObjective": {
        "RENAMED": {
            "Sli": "SliConfig",
            "SliMetric": "SliMetricConfig",
            "RequestBasedSli": "RequestBasedSliConfig",
            "RequestBasedSliMetric": "RequestBasedSliMetricConfig",
        },
    },
}

for type_, exceptions in PLAIN.items():
    type(type_.rsplit("::", 1)[1], (Resource,), {"TYPE": type_, "__module__": __name__} | exceptions)
