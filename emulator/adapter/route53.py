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

    def request(self, operation: str, properties: dict, previous: dict | None = None) -> dict:
        if operation == "CreateHealthCheck":
            return super().request(operation, properties, previous) | {"CallerReference": str(uuid.uuid4())}
        # An update takes the settings one by one, all but those that replace the check.
        fixed = [path.rpartition("/")[2] for path in self.schema.create_only]
        settings = {key: value for key, value in properties.get("HealthCheckConfig", {}).items() if key not in fixed}
        return super().request(operation, settings, {})

    def retag(self) -> None:
        gone = [name for name in self.old_tags if name not in self.tags]
        changes = {"AddTags": self.tags, "RemoveTagKeys": gone}
        changes = {key: value for key, value in changes.items() if value}
        if changes:
            self.call("ChangeTagsForResource", ResourceType="healthcheck", ResourceId=self.physical_resource_id, **changes)
