"""EventBridge: rules and their targets. Nothing is routed."""

from .resource import Resource


class Rule(Resource):
    TYPE = "AWS::Events::Rule"
    APART = {"Targets": None}

    def take(self, properties: dict, answer: dict) -> None:
        super().take(properties, answer)
        self.physical_resource_id = self.attributes["RuleName"] = self.name()

    def settle(self, properties: dict, previous: dict) -> None:
        lists = [[{"Targets": [target], "Ids": target["Id"]} for target in each.get("Targets", [])] for each in (properties, previous)]
        self.attach("PutTargets", "RemoveTargets", *lists)

    def delete(self) -> None:
        self.settle({}, self.properties)
        super().delete()
