"""Route 53: health checks."""

import uuid

from moto.core.responses import ActionResult
from moto.route53.responses import Route53

from .resource import Resource, extends

CREATE_HEALTH_CHECK = Route53.create_health_check
UPDATE_HEALTH_CHECK = Route53.update_health_check


@extends(Route53)
class Api:
    """moto drops some of a health check's settings (AlarmIdentifier, an HTTPS port); the request has them all."""

    def create_health_check(self) -> ActionResult:
        result = CREATE_HEALTH_CHECK(self)
        config = dict(self._get_param("HealthCheckConfig"))
        port = {"HTTP": 80, "HTTPS": 443}.get(config["Type"].split("_")[0])
        if port:
            config = {"Port": port, "RequestInterval": 30, "FailureThreshold": 3} | config
        result.result["HealthCheck"].HealthCheckConfig = config
        return result

    def update_health_check(self) -> ActionResult:
        result = UPDATE_HEALTH_CHECK(self)
        config = result.result["HealthCheck"].HealthCheckConfig
        for name, value in self._get_params().items():
            if name not in ("HealthCheckId", "HealthCheckVersion", "ResetElements"):
                config[name] = value
        for name in self._get_param("ResetElements", []):
            config.pop(name, None)
        return result


class HealthCheck(Resource):
    TYPE = "AWS::Route53::HealthCheck"
    READ_WITH = "route53 GetHealthCheck"
    PROPERTIES = ("HealthCheckConfig", "HealthCheckTags")
    TAGS = "HealthCheckTags"
    FIXED = ("Type", "MeasureLatency", "RequestInterval")

    def replaced_by(self, properties: dict, previous: dict) -> bool:
        new, old = properties["HealthCheckConfig"], previous["HealthCheckConfig"]
        return any(new.get(name) != old.get(name) for name in self.FIXED)

    def create(self, properties: dict, generated_name: str) -> None:
        config = properties["HealthCheckConfig"]
        check = self.call("route53", "CreateHealthCheck", CallerReference=str(uuid.uuid4()), HealthCheckConfig=config)[
            "HealthCheck"
        ]
        self.physical_resource_id = check["Id"]
        self.attributes["HealthCheckId"] = check["Id"]
        self.retag()

    def update(self, properties: dict, previous: dict) -> None:
        config = {key: value for key, value in properties["HealthCheckConfig"].items() if key not in self.FIXED}
        self.call("route53", "UpdateHealthCheck", HealthCheckId=self.physical_resource_id, **config)
        self.retag()

    def retag(self) -> None:
        changes = {"AddTags": self.tag_list(), "RemoveTagKeys": self.gone_tags()}
        changes = {key: value for key, value in changes.items() if value}
        if changes:
            target = {"ResourceType": "healthcheck", "ResourceId": self.physical_resource_id}
            self.call("route53", "ChangeTagsForResource", **target, **changes)

    def delete(self) -> None:
        self.drop("route53", "DeleteHealthCheck", HealthCheckId=self.physical_resource_id)
