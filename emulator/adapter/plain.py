"""The types of which the schemas tell everything, or all but what stands here."""

from .cloudwatch import API
from .resource import Resource

ALARM = {"ARN": "arn:aws:cloudwatch:{region}:{account}:alarm:{name}", "there": lambda self: API.alarms[self.region]}

# Type -> what stands in its class; see Resource.
PLAIN: dict[str, dict] = {
    "AWS::CloudWatch::Alarm": ALARM,
    "AWS::CloudWatch::CompositeAlarm": ALARM,
    "AWS::CloudWatch::LogAlarm": ALARM,
    "AWS::CloudWatch::Dashboard": {"ARN": "arn:aws:cloudwatch::{account}:dashboard/{name}", "there": lambda self: API.dashboards},
    "AWS::CloudWatch::AlarmMuteRule": {
        "ARN": "arn:aws:cloudwatch:{region}:{account}:alarm-mute-rule:{name}",
        "there": lambda self: API.mute_rules[self.region],
    },
    "AWS::SNS::Topic": {
        "RENAMED": {"TopicName": "Name"},
        "APART": dict.fromkeys(("DisplayName", "KmsMasterKeyId", "SignatureVersion", "TracingConfig"), ("SetTopicAttributes",)),
        "DEFAULTS": {"DisplayName": "", "KmsMasterKeyId": "", "SignatureVersion": "1", "TracingConfig": "PassThrough"},
    },
    "AWS::KMS::Key": {
        "RENAMED": {"KeyPolicy": "Policy"},
        "APART": {
            "KeyPolicy": ("PutKeyPolicy",),
            "RotationPeriodInDays": ("EnableKeyRotation",),
            "EnableKeyRotation": ("EnableKeyRotation", "DisableKeyRotation"),
            "Enabled": ("EnableKey", "DisableKey"),
            "PendingWindowInDays": None,
        },
        "DEFAULTS": {"Description": "", "Enabled": True},
        "CONSTANTS": {"PolicyName": "default"},
    },
    "AWS::KMS::Alias": {},
    "AWS::IAM::OIDCProvider": {"REMADE": True},
    "AWS::Logs::MetricFilter": {},
    "AWS::Logs::QueryDefinition": {},
    "AWS::ECR::Repository": {"APART": {"LifecyclePolicy": None, "RepositoryPolicyText": None}},
    "AWS::SSM::Parameter": {
        "ARN": "arn:aws:ssm:{region}:{account}:parameter/{path}",
        "AGAIN": {"Overwrite": True},
        "CONSTANTS": {"ResourceType": "Parameter"},
    },
    "AWS::AppRunner::Service": {},
    "AWS::AppRunner::AutoScalingConfiguration": {},
    "AWS::Chatbot::SlackChannelConfiguration": {
        "RENAMED": {
            "GuardrailPolicies": "GuardrailPolicyArns",
            "SlackWorkspaceId": "SlackTeamId",
            "UserRoleRequired": "UserAuthorizationRequired",
        },
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
