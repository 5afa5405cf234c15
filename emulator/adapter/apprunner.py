"""App Runner: services and auto scaling configurations. No container runs."""

import hashlib
from collections import defaultdict

from moto.core.responses import ActionResult
from moto.core.utils import utcnow
from moto.logs.models import logs_backends

from .resource import Resource
from .services import Service, ServiceError

# (account, region) -> ARN -> description
APP_SERVICES: dict[tuple[str, str], dict[str, dict]] = defaultdict(dict)
SCALING: dict[tuple[str, str], dict[str, dict]] = defaultdict(dict)


def stable_id(*parts: str) -> str:
    """32 hexadecimal digits, the same for the same name on every run."""
    return hashlib.md5("/".join(parts).encode(), usedforsecurity=False).hexdigest()


class AppRunner(Service):
    SERVICE = "apprunner"

    @property
    def services(self) -> dict[str, dict]:
        return APP_SERVICES[self.current_account, self.region]

    @property
    def scaling(self) -> dict[str, dict]:
        return SCALING[self.current_account, self.region]

    def find(self, among: dict[str, dict], arn: str) -> dict:
        if arn not in among:
            raise ServiceError("ResourceNotFoundException", f"{arn} does not exist")
        return among[arn]

    def create_service(self) -> ActionResult:
        params = dict(self._get_params())
        params.pop("Tags", None)
        name = params["ServiceName"]
        id_ = stable_id(self.current_account, self.region, name)
        arn = f"arn:aws:apprunner:{self.region}:{self.current_account}:service/{name}/{id_}"
        if arn in self.services:
            raise ServiceError("InvalidRequestException", f"Service with the provided name already exists: {name}")
        self.services[arn] = {
            "ServiceArn": arn,
            "ServiceId": id_,
            "ServiceUrl": f"{id_[:10]}.{self.region}.awsapprunner.com",
            "CreatedAt": utcnow(),
        }
        self.configure(arn, params)
        logs = logs_backends[self.current_account][self.region]
        for kind in ("application", "service"):
            logs.ensure_log_group(f"/aws/apprunner/{name}/{id_}/{kind}")
        return ActionResult({"Service": self.services[arn], "OperationId": stable_id(arn, "create")})

    def update_service(self) -> ActionResult:
        params = dict(self._get_params())
        arn = params.pop("ServiceArn")
        self.configure(arn, params)
        return ActionResult({"Service": self.services[arn], "OperationId": stable_id(arn, "update")})

    def configure(self, arn: str, params: dict) -> None:
        service = self.find(self.services, arn)
        scaling = params.pop("AutoScalingConfigurationArn", None)
        if scaling:
            service["AutoScalingConfigurationSummary"] = self.find(self.scaling, scaling)
        service.update(params, UpdatedAt=utcnow(), Status="RUNNING")

    def describe_service(self) -> ActionResult:
        return ActionResult({"Service": self.find(self.services, self._get_param("ServiceArn"))})

    def list_services(self) -> ActionResult:
        return ActionResult({"ServiceSummaryList": list(self.services.values())})

    def delete_service(self) -> ActionResult:
        # The log groups stay, as they do in App Runner.
        arn = self._get_param("ServiceArn")
        service = self.find(self.services, arn) | {"Status": "DELETED", "DeletedAt": utcnow()}
        del self.services[arn]
        return ActionResult({"Service": service, "OperationId": stable_id(arn, "delete")})

    def create_auto_scaling_configuration(self) -> ActionResult:
        params = dict(self._get_params())
        params.pop("Tags", None)
        name = params["AutoScalingConfigurationName"]
        revisions = [each for each in self.scaling.values() if each["AutoScalingConfigurationName"] == name]
        revision = 1 + max((each["AutoScalingConfigurationRevision"] for each in revisions), default=0)
        for each in revisions:
            each["Latest"] = False
        arn = (
            f"arn:aws:apprunner:{self.region}:{self.current_account}:autoscalingconfiguration/{name}/{revision}/"
            + stable_id(self.current_account, self.region, name, str(revision))
        )
        self.scaling[arn] = (
            {"MaxConcurrency": 100, "MinSize": 1, "MaxSize": 25}
            | params
            | {
                "AutoScalingConfigurationArn": arn,
                "AutoScalingConfigurationRevision": revision,
                "Latest": True,
                "Status": "active",
                "CreatedAt": utcnow(),
            }
        )
        return ActionResult({"AutoScalingConfiguration": self.scaling[arn]})

    def describe_auto_scaling_configuration(self) -> ActionResult:
        found = self.find(self.scaling, self._get_param("AutoScalingConfigurationArn"))
        return ActionResult({"AutoScalingConfiguration": found})

    def list_auto_scaling_configurations(self) -> ActionResult:
        name = self._get_param("AutoScalingConfigurationName")
        found = [each for each in self.scaling.values() if name in (None, each["AutoScalingConfigurationName"])]
        return ActionResult({"AutoScalingConfigurationSummaryList": found})

    def delete_auto_scaling_configuration(self) -> ActionResult:
        arn = self._get_param("AutoScalingConfigurationArn")
        found = self.find(self.scaling, arn)
        del self.scaling[arn]
        return ActionResult({"AutoScalingConfiguration": found | {"Status": "inactive", "DeletedAt": utcnow()}})


class AppRunnerService(Resource):
    TYPE = "AWS::AppRunner::Service"
    READ_WITH = "apprunner ListServices, DescribeService"
    REPLACED_BY = ("ServiceName", "EncryptionConfiguration", "Tags")

    def create(self, properties: dict, generated_name: str) -> None:
        name = properties.get("ServiceName") or generated_name[:40]
        tags = {"Tags": self.tag_list()} if self.tags else {}
        self.take(self.call("apprunner", "CreateService", **self.as_api(properties) | {"ServiceName": name} | tags))

    def update(self, properties: dict, previous: dict) -> None:
        given = self.as_api(properties)
        for name in self.REPLACED_BY:
            given.pop(name, None)
        self.take(self.call("apprunner", "UpdateService", ServiceArn=self.physical_resource_id, **given))

    def take(self, answer: dict) -> None:
        service = answer["Service"]
        self.physical_resource_id = service["ServiceArn"]
        self.attributes = {key: service[key] for key in ("ServiceArn", "ServiceId", "ServiceUrl", "Status")}

    def as_api(self, properties: dict) -> dict:
        """CloudFormation lists environment variables as pairs, the API has them as a map."""

        def pairs_to_maps(value):
            if not isinstance(value, dict):
                return value
            return {
                key: {pair["Name"]: pair["Value"] for pair in inner}
                if key in ("RuntimeEnvironmentVariables", "RuntimeEnvironmentSecrets")
                else pairs_to_maps(inner)
                for key, inner in value.items()
            }

        return pairs_to_maps(properties)

    def delete(self) -> None:
        self.drop("apprunner", "DeleteService", ServiceArn=self.physical_resource_id)


class AutoScalingConfiguration(Resource):
    TYPE = "AWS::AppRunner::AutoScalingConfiguration"
    READ_WITH = "apprunner ListAutoScalingConfigurations, DescribeAutoScalingConfiguration"
    REPLACED_BY = ("AutoScalingConfigurationName", "MaxConcurrency", "MinSize", "MaxSize", "Tags")

    def create(self, properties: dict, generated_name: str) -> None:
        name = properties.get("AutoScalingConfigurationName") or generated_name[:32]
        tags = {"Tags": self.tag_list()} if self.tags else {}
        given = properties | {"AutoScalingConfigurationName": name} | tags
        made = self.call("apprunner", "CreateAutoScalingConfiguration", **given)["AutoScalingConfiguration"]
        self.physical_resource_id = made["AutoScalingConfigurationArn"]
        keys = ("AutoScalingConfigurationArn", "AutoScalingConfigurationRevision", "Latest")
        self.attributes = {key: made[key] for key in keys}

    def update(self, properties: dict, previous: dict) -> None:
        """Every property makes a new revision; only the stack's tags come here."""

    def delete(self) -> None:
        arn = self.physical_resource_id
        self.drop("apprunner", "DeleteAutoScalingConfiguration", AutoScalingConfigurationArn=arn)
