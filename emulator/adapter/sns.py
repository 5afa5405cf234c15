"""SNS: topics, topic policies, subscriptions, and who confirms them. Nothing is delivered to an https endpoint or by email."""

import re

from moto.core.responses import ActionResult
from moto.sns.exceptions import SNSInvalidParameter
from moto.sns.models import SNSBackend
from moto.sns.models import Subscription as MotoSubscription
from moto.sns.responses import SNSResponse

from .resource import Resource, extends

PUBLISH = MotoSubscription.publish
GET_TOPIC_ATTRIBUTES = SNSResponse.get_topic_attributes
SUBSCRIBE = SNSBackend.subscribe
SUBSCRIBE_CALL = SNSResponse.subscribe

# Whoever has an endpoint of these protocols is asked first.
ASKED = ("http", "https", "email", "email-json")
# Endpoints that confirm by themselves, the last that matches counts. PagerDuty's integrations do; its events API, and webhooks of chat
# programs, never do.
CONFIRMS: list[tuple[re.Pattern, bool]] = [
    (re.compile(r"https://events\.(eu\.)?pagerduty\.com/(integration|adapter)/.+"), True),
    (re.compile(r"https://global\.sns-api\.chatbot\.amazonaws\.com"), True),
]


def confirms(protocol: str, endpoint: str) -> bool:
    matching = [confirmed for pattern, confirmed in CONFIRMS if pattern.search(endpoint)]
    return protocol not in ASKED or bool(matching) and matching[-1]


def set_confirms(backends, expression: str, confirmed: bool) -> int:
    """Decides for the endpoints that a regular expression matches, now and later; returns how many subscriptions it changes."""
    pattern = re.compile(expression)
    CONFIRMS.append((pattern, confirmed))
    found = [each for backend in backends for each in backend.subscriptions.values() if pattern.search(each.endpoint)]
    changed = [each for each in found if each.protocol in ASKED and is_pending(each) == confirmed]
    for each in changed:
        each.attributes["PendingConfirmation"] = not confirmed
    return len(changed)


def is_pending(subscription: MotoSubscription) -> bool:
    return bool(subscription.attributes["PendingConfirmation"])


@extends(MotoSubscription)
class Delivery:
    def publish(self, *args, **kwargs) -> None:
        """moto posts to the real https endpoint of a subscription; the emulator sends nothing out."""
        if self.protocol not in ("http", "https"):
            PUBLISH(self, *args, **kwargs)


@extends(SNSBackend)
class Backend:
    def subscribe(self, topic_arn: str, endpoint: str, protocol: str) -> MotoSubscription:
        subscription = SUBSCRIBE(self, topic_arn, endpoint, protocol)
        if is_pending(subscription) or "asked" not in vars(subscription):
            subscription.asked = True
            subscription.attributes["PendingConfirmation"] = not confirms(protocol, endpoint)
        return subscription


@extends(SNSResponse)
class Api:
    def get_topic_attributes(self) -> ActionResult:
        """moto stores these two and leaves them out of its answer, and counts no subscription."""
        attributes = GET_TOPIC_ATTRIBUTES(self).result["Attributes"]
        topic = self.backend.get_topic(self._get_param("TopicArn"))
        for name, field in (("SignatureVersion", "signature_version"), ("TracingConfig", "tracing_config")):
            if hasattr(topic, field):
                attributes[name] = getattr(topic, field)
        pending = [is_pending(each) for each in self.backend.subscriptions.values() if each.topic_arn == topic.arn]
        attributes |= {"SubscriptionsPending": sum(pending), "SubscriptionsConfirmed": len(pending) - sum(pending)}
        return ActionResult({"Attributes": attributes})

    def subscribe(self) -> ActionResult:
        result = SUBSCRIBE_CALL(self).result
        if is_pending(self.backend.subscriptions[result["SubscriptionArn"]]) and not self._get_bool_param("ReturnSubscriptionArn"):
            result["SubscriptionArn"] = "pending confirmation"
        return ActionResult(result)

    def list_subscriptions(self) -> ActionResult:
        return self.listed(self.backend.list_subscriptions(next_token=self._get_param("NextToken")))

    def list_subscriptions_by_topic(self) -> ActionResult:
        return self.listed(self.backend.list_subscriptions_by_topic(self._get_param("TopicArn"), next_token=self._get_param("NextToken")))

    def listed(self, page: tuple[list[MotoSubscription], str | None]) -> ActionResult:
        """As AWS: of a subscription that is not confirmed the ARN is not told."""
        found = [
            {
                "SubscriptionArn": "PendingConfirmation" if is_pending(each) else each.arn,
                "Owner": each.owner,
                "Protocol": each.protocol,
                "Endpoint": each.endpoint,
                "TopicArn": each.topic_arn,
            }
            for each in page[0]
        ]
        return ActionResult({"Subscriptions": found, "NextToken": page[1]})

    def confirm_subscription(self) -> ActionResult:
        """The token, which SNS sends to the endpoint, is the last part of the subscription's ARN."""
        arn = f"{self._get_param('TopicArn')}:{self._get_param('Token')}"
        if arn not in self.backend.subscriptions:
            raise SNSInvalidParameter("Invalid parameter: Token")
        self.backend.subscriptions[arn].attributes["PendingConfirmation"] = False
        return ActionResult({"SubscriptionArn": arn})


class TopicPolicy(Resource):
    TYPE = "AWS::SNS::TopicPolicy"
    READ_WITH = "sns GetTopicAttributes"

    def create(self, properties: dict, generated_name: str) -> None:
        # A deleted policy gives way to the one each topic had before.
        self.before = {}
        self.physical_resource_id = self.attributes["Id"] = generated_name
        self.update(properties, {})

    def update(self, properties: dict, previous: dict) -> None:
        for arn in properties.get("Topics", []):
            if arn not in self.before:
                self.before[arn] = self.call("GetTopicAttributes", TopicArn=arn)["Attributes"]["Policy"]
            self.put(arn, properties["PolicyDocument"])
        for arn in [arn for arn in self.before if arn not in properties.get("Topics", [])]:
            self.put(arn, self.before.pop(arn))

    def put(self, arn: str, policy: dict | str) -> None:
        self.call("SetTopicAttributes", TopicArn=arn, AttributeName="Policy", AttributeValue=policy)

    def delete(self) -> None:
        self.update({}, self.properties)


class Subscription(Resource):
    TYPE = "AWS::SNS::Subscription"
    SETTINGS = ("DeliveryPolicy", "FilterPolicyScope", "FilterPolicy", "RawMessageDelivery", "RedrivePolicy")
    APART = {"Region": None} | dict.fromkeys(SETTINGS, ("SetSubscriptionAttributes",))
    DEFAULTS = dict.fromkeys(SETTINGS, "")
    CONSTANTS = {"ReturnSubscriptionArn": True}

    def create(self, properties: dict, generated_name: str) -> None:
        # A topic of another Region is subscribed to there.
        self.region = properties.get("Region", self.region)
        super().create(properties, generated_name)
