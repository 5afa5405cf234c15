"""Chatbot's API (Amazon Q Developer in chat applications): Slack channel configurations. Nothing is posted."""

from .wire import OWN, Refusal, Shelf, Tags, account


class Chatbot(Tags):
    """Chatbot is global, whichever Region a request is signed for."""

    def __init__(self) -> None:
        super().__init__()
        self.channels = Shelf("Slack channel configuration")
        self.workspaces: dict[str, dict] = {}

    def create_slack_channel_configuration(self, region: str, params: dict) -> dict:
        arn = f"arn:aws:chatbot::{account()}:chat-configuration/slack-channel/{params['ConfigurationName']}"
        if arn in self.channels:
            raise Refusal("ConflictException", f"{arn} already exists")
        self.tag_resource(region, {"ResourceARN": arn, "Tags": params.pop("Tags", [])})
        made = {"ChatConfigurationArn": arn, "SlackTeamName": params["SlackTeamId"], "State": "ENABLED"}
        self.channels[arn] = {"LoggingLevel": "NONE", "SnsTopicArns": []} | params | made
        return {"ChannelConfiguration": self.channels[arn]}

    def update_slack_channel_configuration(self, region: str, params: dict) -> dict:
        channel = self.channels.find(params["ChatConfigurationArn"])
        channel.update(params)
        return {"ChannelConfiguration": channel}

    def describe_slack_channel_configurations(self, region: str, params: dict) -> dict:
        arn = params.get("ChatConfigurationArn")
        return {"SlackChannelConfigurations": [self.channels.find(arn)] if arn else list(self.channels.values())}

    def delete_slack_channel_configuration(self, region: str, params: dict) -> None:
        self.channels.find(params["ChatConfigurationArn"])
        del self.channels[params["ChatConfigurationArn"]]

    def describe_slack_workspaces(self, region: str, params: dict) -> dict:
        return {"SlackWorkspaces": list(self.workspaces.values())}

    def authorize(self, workspace: str) -> None:
        """Authorizes a workspace, as a person does in the console; no API of AWS does."""
        self.workspaces[workspace] = {"SlackTeamId": workspace, "SlackTeamName": workspace, "State": "ENABLED"}

    def set_state(self, name: str, state: str, reason: str) -> None:
        """Enables or disables a configuration, as happens when the workspace's authorization is taken back."""
        if state not in ("ENABLED", "DISABLED"):
            raise Refusal("", f"State is ENABLED or DISABLED, not {state}")
        found = [each for each in self.channels.values() if each["ConfigurationName"] == name]
        if not found:
            names = ", ".join(each["ConfigurationName"] for each in self.channels.values())
            raise Refusal("", f"no Slack channel configuration is called {name}; there are: {names}", 404)
        found[0].update(State=state, StateReason=reason)


API = OWN["chatbot"] = Chatbot()
