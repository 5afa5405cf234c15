"""SNS: topics, topic policies, subscriptions."""

import json

from moto.core.responses import ActionResult
from moto.sns.models import Subscription as MotoSubscription
from moto.sns.responses import SNSResponse

from .resource import Resource, extends

PUBLISH = MotoSubscription.publish
GET_TOPIC_ATTRIBUTES = SNSResponse.get_topic_attributes


@extends(MotoSubscription)
class Delivery:
    def publish(self, *args, **kwargs) -> None:
        """moto posts to the real https endpoint of a subscription; the emulator sends nothing out."""
        if self.protocol not in ("http", "https"):
            PUBLISH(self, *args, **kwargs)


@extends(SNSResponse)
class Api:
    def get_topic_attributes(self) -> ActionResult:
        """moto stores these two and leaves them out of its answer."""
        result = GET_TOPIC_ATTRIBUTES(self).result
        topic = self.backend.get_topic(self._get_param("TopicArn"))
        for name, field in (("SignatureVersion", "signature_version"), ("TracingConfig", "tracing_config")):
            if hasattr(topic, field):
                result["Attributes"][name] = getattr(topic, field)
        return ActionResult(result)


def as_text(value) -> str:
    if isinstance(value, (dict, list)):
        return json.dumps(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


class Topic(Resource):
    TYPE = "AWS::SNS::Topic"
    READ_WITH = "sns ListTopics, GetTopicAttributes"
    # A property a new template leaves out goes back to this value.
    SETTINGS = {
        "DisplayName": "",
        "KmsMasterKeyId": "",
        "ContentBasedDeduplication": "false",
        "SignatureVersion": "1",
        "TracingConfig": "PassThrough",
    }
    PROPERTIES = ("TopicName", "FifoTopic", "Subscription", "Tags", *SETTINGS)
    REPLACED_BY = ("TopicName", "FifoTopic")

    def create(self, properties: dict, generated_name: str) -> None:
        name = properties.get("TopicName") or generated_name
        fifo = properties.get("FifoTopic")
        if fifo and not name.endswith(".fifo"):
            name += ".fifo"
        settings = {key: as_text(properties[key]) for key in ("FifoTopic", *self.SETTINGS) if key in properties}
        arn = self.call("sns", "CreateTopic", Name=name, Attributes=settings, Tags=self.tag_list())["TopicArn"]
        self.physical_resource_id = arn
        self.attributes = {"TopicArn": arn, "TopicName": name}
        self.subscribe(properties.get("Subscription", []), [])

    def update(self, properties: dict, previous: dict) -> None:
        arn = self.physical_resource_id
        for key, default in self.SETTINGS.items():
            if properties.get(key) != previous.get(key):
                value = as_text(properties.get(key, default))
                self.call("sns", "SetTopicAttributes", TopicArn=arn, AttributeName=key, AttributeValue=value)
        self.subscribe(properties.get("Subscription", []), previous.get("Subscription", []))
        if self.gone_tags():
            self.call("sns", "UntagResource", ResourceArn=arn, TagKeys=self.gone_tags())
        self.call("sns", "TagResource", ResourceArn=arn, Tags=self.tag_list())

    def subscribe(self, wanted: list[dict], previous: list[dict]) -> None:
        """The subscriptions written inside the topic."""
        for each in wanted:
            self.call("sns", "Subscribe", TopicArn=self.physical_resource_id, **each)
        dropped = [each for each in previous if each not in wanted]
        if dropped:
            existing = self.call("sns", "ListSubscriptionsByTopic", TopicArn=self.physical_resource_id)
            for subscription in existing["Subscriptions"]:
                if {"Endpoint": subscription["Endpoint"], "Protocol": subscription["Protocol"]} in dropped:
                    self.drop("sns", "Unsubscribe", SubscriptionArn=subscription["SubscriptionArn"])

    def delete(self) -> None:
        self.drop("sns", "DeleteTopic", TopicArn=self.physical_resource_id)


class TopicPolicy(Resource):
    TYPE = "AWS::SNS::TopicPolicy"
    READ_WITH = "sns GetTopicAttributes (Policy)"
    PROPERTIES = ("PolicyDocument", "Topics")

    def create(self, properties: dict, generated_name: str) -> None:
        # A deleted policy gives way to the one each topic had before.
        self.before = {}
        self.put(properties)
        self.physical_resource_id = generated_name
        self.attributes["Id"] = generated_name

    def update(self, properties: dict, previous: dict) -> None:
        self.restore([arn for arn in previous["Topics"] if arn not in properties["Topics"]])
        self.put(properties)

    def put(self, properties: dict) -> None:
        for arn in properties["Topics"]:
            if arn not in self.before:
                attributes = self.call("sns", "GetTopicAttributes", TopicArn=arn)["Attributes"]
                self.before[arn] = attributes["Policy"]
            self.set(arn, as_text(properties["PolicyDocument"]))

    def restore(self, topics: list[str]) -> None:
        for arn in topics:
            self.set(arn, self.before.pop(arn))

    def set(self, arn: str, policy: str) -> None:
        self.call("sns", "SetTopicAttributes", TopicArn=arn, AttributeName="Policy", AttributeValue=policy)

    def delete(self) -> None:
        self.restore(list(self.before))


class Subscription(Resource):
    TYPE = "AWS::SNS::Subscription"
    READ_WITH = "sns ListSubscriptions, GetSubscriptionAttributes"
    SETTINGS = ("DeliveryPolicy", "FilterPolicy", "FilterPolicyScope", "RawMessageDelivery", "RedrivePolicy")
    PROPERTIES = ("TopicArn", "Protocol", "Endpoint", "Region", "SubscriptionRoleArn", *SETTINGS)
    REPLACED_BY = ("TopicArn", "Protocol", "Endpoint")

    def create(self, properties: dict, generated_name: str) -> None:
        # A topic of another region is subscribed to there.
        self.region = properties.get("Region", self.region)
        arn = self.call(
            "sns",
            "Subscribe",
            TopicArn=properties["TopicArn"],
            Protocol=properties["Protocol"],
            Endpoint=properties["Endpoint"],
            Attributes={key: as_text(properties[key]) for key in self.SETTINGS if key in properties},
            ReturnSubscriptionArn=True,
        )["SubscriptionArn"]
        self.physical_resource_id = arn
        self.attributes["Arn"] = arn

    def update(self, properties: dict, previous: dict) -> None:
        for key in self.SETTINGS:
            if properties.get(key) != previous.get(key):
                self.call(
                    "sns",
                    "SetSubscriptionAttributes",
                    SubscriptionArn=self.physical_resource_id,
                    AttributeName=key,
                    AttributeValue=as_text(properties[key]) if key in properties else "",
                )

    def delete(self) -> None:
        self.drop("sns", "Unsubscribe", SubscriptionArn=self.physical_resource_id)
