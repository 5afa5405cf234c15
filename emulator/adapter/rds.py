"""RDS: event subscriptions. The instances they name must exist."""

from moto.rds.exceptions import RDSClientError
from moto.rds.models import RDSBackend

from .resource import Resource, extends

CREATE_EVENT_SUBSCRIPTION = RDSBackend.create_event_subscription


@extends(RDSBackend)
class Api:
    def create_event_subscription(self, kwargs: dict):
        for name in kwargs.get("source_ids") or []:
            if kwargs.get("source_type") == "db-instance" and name not in self.databases:
                raise RDSClientError("SourceNotFound", f"Could not find source with ID: {name}")
        return CREATE_EVENT_SUBSCRIPTION(self, kwargs)


class EventSubscription(Resource):
    TYPE = "AWS::RDS::EventSubscription"

    REMADE = True

    def create(self, properties: dict, generated_name: str) -> None:
        # RDS keeps names in lower case, and a subscription is on unless a template says otherwise.
        super().create({"Enabled": True} | properties, generated_name.lower())
