"""EventBridge: rules and their targets. Nothing is routed."""

from .resource import Resource


class Rule(Resource):
    TYPE = "AWS::Events::Rule"
    IDENTIFIER = "RuleName"
    APART = ("Targets",)

    def take(self, properties: dict, answer: dict) -> None:
        self.attributes["RuleName"] = self.name()
        super().take(properties, answer)

    def settle(self, properties: dict, previous: dict) -> None:
        bus = {"EventBusName": properties[name] for name in ("EventBusName",) if name in properties}
        targets = properties.get("Targets", [])
        gone = {target["Id"] for target in previous.get("Targets", [])} - {target["Id"] for target in targets}
        if gone:
            self.call("RemoveTargets", Rule=self.name(), Ids=sorted(gone), **bus)
        if targets:
            self.call("PutTargets", Rule=self.name(), Targets=targets, **bus)

    def delete(self) -> None:
        self.settle({key: value for key, value in self.properties.items() if key != "Targets"}, self.properties)
        super().delete()
