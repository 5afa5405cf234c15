"""Chatbot (Amazon Q Developer in chat applications): Slack channel configurations. Nothing is posted."""

from collections import defaultdict

from moto.core.responses import ActionResult

from .resource import Resource
from .services import Service, ServiceError

# account -> ARN -> configuration; Chatbot is global, whichever region a request is signed for.
CHANNELS: dict[str, dict[str, dict]] = defaultdict(dict)


class Chatbot(Service):
    SERVICE = "chatbot"

    @property
    def channels(self) -> dict[str, dict]:
        return CHANNELS[self.current_account]

    def find(self) -> dict:
        arn = self._get_param("ChatConfigurationArn")
        if arn not in self.channels:
            raise ServiceError("ResourceNotFoundException", f"{arn} does not exist")
        return self.channels[arn]

    def create_slack_channel_configuration(self) -> ActionResult:
        params = dict(self._get_params())
        arn = f"arn:aws:chatbot::{self.current_account}:chat-configuration/slack-channel/{params['ConfigurationName']}"
        if arn in self.channels:
            raise ServiceError("ConflictException", f"{arn} already exists")
        self.channels[arn] = (
            {"LoggingLevel": "NONE", "SnsTopicArns": []}
            | params
            | {
                "ChatConfigurationArn": arn,
                "SlackTeamName": params["SlackTeamId"],
                "State": "ENABLED",
            }
        )
        return ActionResult({"ChannelConfiguration": self.channels[arn]})

    def update_slack_channel_configuration(self) -> ActionResult:
        channel = self.find()
        channel.update(self._get_params())
        return ActionResult({"ChannelConfiguration": channel})

    def describe_slack_channel_configurations(self) -> ActionResult:
        found = [self.find()] if self._get_param("ChatConfigurationArn") else list(self.channels.values())
        return ActionResult({"SlackChannelConfigurations": found})

    def delete_slack_channel_configuration(self) -> ActionResult:
        del self.channels[self.find()["ChatConfigurationArn"]]
        return ActionResult({})


class SlackChannelConfiguration(Resource):
    TYPE = "AWS::Chatbot::SlackChannelConfiguration"
    READ_WITH = "chatbot DescribeSlackChannelConfigurations"
    API_NAMES = {
        "ConfigurationName": "ConfigurationName",
        "GuardrailPolicies": "GuardrailPolicyArns",
        "IamRoleArn": "IamRoleArn",
        "LoggingLevel": "LoggingLevel",
        "SlackChannelId": "SlackChannelId",
        "SlackWorkspaceId": "SlackTeamId",
        "SnsTopicArns": "SnsTopicArns",
        "UserRoleRequired": "UserAuthorizationRequired",
    }
    PROPERTIES = ("Tags", *API_NAMES)
    REPLACED_BY = ("SlackWorkspaceId", "ConfigurationName")

    def create(self, properties: dict, generated_name: str) -> None:
        tags = {"Tags": self.tag_list("TagKey", "TagValue")} if self.tags else {}
        made = self.call("chatbot", "CreateSlackChannelConfiguration", **self.as_api(properties), **tags)
        self.physical_resource_id = made["ChannelConfiguration"]["ChatConfigurationArn"]
        self.attributes["Arn"] = self.physical_resource_id

    def update(self, properties: dict, previous: dict) -> None:
        given = {name: value for name, value in properties.items() if name not in self.REPLACED_BY}
        # What a new template leaves out goes back to its default.
        given = {"LoggingLevel": "NONE", "SnsTopicArns": [], "GuardrailPolicies": [], "UserRoleRequired": False} | given
        arn = self.physical_resource_id
        self.call("chatbot", "UpdateSlackChannelConfiguration", ChatConfigurationArn=arn, **self.as_api(given))

    def as_api(self, properties: dict) -> dict:
        return {self.API_NAMES[name]: value for name, value in properties.items() if name != "Tags"}

    def delete(self) -> None:
        self.drop("chatbot", "DeleteSlackChannelConfiguration", ChatConfigurationArn=self.physical_resource_id)
