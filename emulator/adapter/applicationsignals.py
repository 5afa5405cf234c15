"""CloudWatch Application Signals: service level objectives. None is evaluated."""

from collections import defaultdict

from moto.core.responses import ActionResult
from moto.core.utils import utcnow

from .resource import Resource
from .services import Service, ServiceError

# (account, region) -> ARN -> objective
OBJECTIVES: dict[tuple[str, str], dict[str, dict]] = defaultdict(dict)

# How an objective's indicator is called in a request -> in an answer and in CloudFormation.
INDICATORS = {
    "SliConfig": ("Sli", "SliMetricConfig", "SliMetric"),
    "RequestBasedSliConfig": ("RequestBasedSli", "RequestBasedSliMetricConfig", "RequestBasedSliMetric"),
}


class ApplicationSignals(Service):
    SERVICE = "application-signals"

    @property
    def objectives(self) -> dict[str, dict]:
        return OBJECTIVES[self.current_account, self.region]

    def find(self) -> dict:
        id_ = self._get_param("Id")
        for arn, objective in self.objectives.items():
            if id_ in (arn, objective["Name"]):
                return objective
        raise ServiceError("ResourceNotFoundException", f"No SLO found with {id_}")

    def store(self, objective: dict, params: dict) -> ActionResult:
        for name, value in params.items():
            if name in INDICATORS:
                answered, metric_config, metric = INDICATORS[name]
                objective[answered] = {metric if key == metric_config else key: part for key, part in value.items()}
                objective["EvaluationType"] = "PeriodBased" if name == "SliConfig" else "RequestBased"
            else:
                objective[name] = value
        objective["LastUpdatedTime"] = utcnow()
        return ActionResult({"Slo": objective})

    def create_service_level_objective(self) -> ActionResult:
        params = dict(self._get_params())
        params.pop("Tags", None)
        arn = f"arn:aws:application-signals:{self.region}:{self.current_account}:slo/{params['Name']}"
        if arn in self.objectives:
            raise ServiceError("ConflictException", f"An SLO named {params['Name']} already exists")
        self.objectives[arn] = {"Arn": arn, "CreatedTime": utcnow()}
        return self.store(self.objectives[arn], params)

    def update_service_level_objective(self) -> ActionResult:
        params = {name: value for name, value in self._get_params().items() if name != "Id"}
        return self.store(self.find(), params)

    def get_service_level_objective(self) -> ActionResult:
        return ActionResult({"Slo": self.find()})

    def list_service_level_objectives(self) -> ActionResult:
        return ActionResult({"SloSummaries": list(self.objectives.values())})

    def delete_service_level_objective(self) -> ActionResult:
        del self.objectives[self.find()["Arn"]]
        return ActionResult({})


class ServiceLevelObjective(Resource):
    TYPE = "AWS::ApplicationSignals::ServiceLevelObjective"
    READ_WITH = "application-signals ListServiceLevelObjectives, GetServiceLevelObjective"
    PROPERTIES = ("BurnRateConfigurations", "Description", "Goal", "Name", "RequestBasedSli", "Sli", "Tags")
    REPLACED_BY = ("Name",)

    def create(self, properties: dict, generated_name: str) -> None:
        tags = {"Tags": self.tag_list()} if self.tags else {}
        self.take(self.call(self.API, "CreateServiceLevelObjective", **self.as_api(properties) | tags))

    def update(self, properties: dict, previous: dict) -> None:
        given = self.as_api(properties)
        del given["Name"]
        self.take(self.call(self.API, "UpdateServiceLevelObjective", Id=self.physical_resource_id, **given))

    API = ApplicationSignals.SERVICE

    def as_api(self, properties: dict) -> dict:
        given = {name: value for name, value in properties.items() if name != "Tags"}
        for requested, (answered, metric_config, metric) in INDICATORS.items():
            if answered in given:
                part = given.pop(answered)
                given[requested] = {metric_config if key == metric else key: inner for key, inner in part.items()}
        return given

    def take(self, answer: dict) -> None:
        objective = answer["Slo"]
        self.physical_resource_id = objective["Arn"]
        self.attributes = {
            "Arn": objective["Arn"],
            "EvaluationType": objective.get("EvaluationType", ""),
            "CreatedTime": str(int(objective["CreatedTime"].timestamp())),
            "LastUpdatedTime": str(int(objective["LastUpdatedTime"].timestamp())),
        }

    def delete(self) -> None:
        self.drop(self.API, "DeleteServiceLevelObjective", Id=self.physical_resource_id)
