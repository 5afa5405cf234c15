"""App Runner's API: services and auto scaling configurations. No container runs."""

import hashlib
from collections import defaultdict

from moto.logs.models import logs_backends

from .wire import OWN, Refusal, Shelf, account, now


def stable_id(*parts: str) -> str:
    """Returns 32 hexadecimal digits, the same for the same name on every run."""
    return hashlib.md5("/".join(parts).encode(), usedforsecurity=False).hexdigest()


class AppRunner:
    def __init__(self) -> None:
        self.services: dict[str, Shelf] = defaultdict(lambda: Shelf("Service"))
        self.scaling: dict[str, Shelf] = defaultdict(lambda: Shelf("Auto scaling configuration"))

    def create_service(self, region: str, params: dict) -> dict:
        name = params["ServiceName"]
        id_ = stable_id(account(), region, name)
        arn = f"arn:aws:apprunner:{region}:{account()}:service/{name}/{id_}"
        if arn in self.services[region]:
            raise Refusal("InvalidRequestException", f"Service with the provided name already exists: {name}")
        made = {"ServiceArn": arn, "ServiceId": id_, "ServiceUrl": f"{id_[:10]}.{region}.awsapprunner.com", "CreatedAt": now()}
        self.services[region][arn] = made
        for kind in ("application", "service"):
            logs_backends[account()][region].ensure_log_group(f"/aws/apprunner/{name}/{id_}/{kind}")
        return self.configure(region, arn, {key: value for key, value in params.items() if key != "Tags"})

    def update_service(self, region: str, params: dict) -> dict:
        return self.configure(region, params["ServiceArn"], params)

    def configure(self, region: str, arn: str, params: dict) -> dict:
        service = self.services[region].find(arn)
        scaling = params.pop("AutoScalingConfigurationArn", None)
        if scaling:
            service["AutoScalingConfigurationSummary"] = self.scaling[region].find(scaling)
        service.update(params, UpdatedAt=now(), Status="RUNNING")
        return {"Service": service, "OperationId": stable_id(arn)}

    def describe_service(self, region: str, params: dict) -> dict:
        return {"Service": self.services[region].find(params["ServiceArn"])}

    def list_services(self, region: str, params: dict) -> dict:
        return {"ServiceSummaryList": list(self.services[region].values())}

    def delete_service(self, region: str, params: dict) -> dict:
        # The log groups stay, as they do in App Runner.
        service = self.services[region].find(params["ServiceArn"]) | {"Status": "DELETED", "DeletedAt": now()}
        del self.services[region][params["ServiceArn"]]
        return {"Service": service, "OperationId": stable_id(params["ServiceArn"])}

    def create_auto_scaling_configuration(self, region: str, params: dict) -> dict:
        name, shelf = params["AutoScalingConfigurationName"], self.scaling[region]
        revisions = [each for each in shelf.values() if each["AutoScalingConfigurationName"] == name]
        revision = 1 + max((each["AutoScalingConfigurationRevision"] for each in revisions), default=0)
        for each in revisions:
            each["Latest"] = False
        id_ = stable_id(account(), region, name, str(revision))
        arn = f"arn:aws:apprunner:{region}:{account()}:autoscalingconfiguration/{name}/{revision}/{id_}"
        shelf[arn] = {"MaxConcurrency": 100, "MinSize": 1, "MaxSize": 25} | {key: value for key, value in params.items() if key != "Tags"}
        shelf[arn] |= {"AutoScalingConfigurationArn": arn, "AutoScalingConfigurationRevision": revision, "Latest": True, "Status": "active"}
        return {"AutoScalingConfiguration": shelf[arn]}

    def describe_auto_scaling_configuration(self, region: str, params: dict) -> dict:
        return {"AutoScalingConfiguration": self.scaling[region].find(params["AutoScalingConfigurationArn"])}

    def list_auto_scaling_configurations(self, region: str, params: dict) -> dict:
        name = params.get("AutoScalingConfigurationName")
        found = [each for each in self.scaling[region].values() if name in (None, each["AutoScalingConfigurationName"])]
        return {"AutoScalingConfigurationSummaryList": found}

    def delete_auto_scaling_configuration(self, region: str, params: dict) -> dict:
        found = self.scaling[region].find(params["AutoScalingConfigurationArn"])
        del self.scaling[region][params["AutoScalingConfigurationArn"]]
        return {"AutoScalingConfiguration": found | {"Status": "inactive"}}


OWN["apprunner"] = AppRunner()
