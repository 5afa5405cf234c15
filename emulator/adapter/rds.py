"""RDS: event subscriptions."""

from .resource import Resource


class EventSubscription(Resource):
    TYPE = "AWS::RDS::EventSubscription"
    READ_WITH = "rds DescribeEventSubscriptions"
    REPLACED_BY = ("SubscriptionName", "SnsTopicArn")

    def create(self, properties: dict, generated_name: str) -> None:
        name = (properties.get("SubscriptionName") or generated_name).lower()
        given = {"Enabled": True} | properties | {"SubscriptionName": name, "Tags": self.tag_list()}
        self.call("rds", "CreateEventSubscription", **given)
        self.physical_resource_id = name

    def update(self, properties: dict, previous: dict) -> None:
        # moto has no ModifyEventSubscription.
        self.delete()
        self.create(properties, self.physical_resource_id)

    def delete(self) -> None:
        self.drop("rds", "DeleteEventSubscription", SubscriptionName=self.physical_resource_id)
