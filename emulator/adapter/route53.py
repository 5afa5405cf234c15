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
    CONSTANTS = {"ResourceType": "healthcheck"}

    def request(self, operation: str, properties: dict) -> dict:
        if operation == "CreateHealthCheck":
            properties = properties | {"CallerReference": str(uuid.uuid4())}
        return super().request(operation, properties)

    def update(self, properties: dict, previous: dict) -> None:
        # The call takes the settings one by one, all but those that replace the check.
        fixed = [path.rpartition("/")[2] for path in self.schema.create_only]
        super().update({key: value for key, value in properties["HealthCheckConfig"].items() if key not in fixed}, {})
