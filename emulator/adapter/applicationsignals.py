"""The API of CloudWatch Application Signals: service level objectives. None is evaluated."""

from collections import defaultdict

from .wire import OWN, Refusal, Shelf, Tags, account, now

# How an objective's indicator is called in a request -> in an answer.
ANSWERED = {
    "SliConfig": "Sli",
    "SliMetricConfig": "SliMetric",
    "RequestBasedSliConfig": "RequestBasedSli",
    "RequestBasedSliMetricConfig": "RequestBasedSliMetric",
}


def as_answered(value):
    if not isinstance(value, dict):
        return value
    return {ANSWERED.get(name, name): as_answered(inner) for name, inner in value.items()}


class ApplicationSignals(Tags):
    def __init__(self) -> None:
        super().__init__()
        self.objectives: dict[str, Shelf] = defaultdict(lambda: Shelf("Service level objective"))

    def find(self, region: str, params: dict) -> dict:
        """Returns an objective by its name or ARN."""
        shelf, id_ = self.objectives[region], params["Id"]
        return shelf.find(next((arn for arn, each in shelf.items() if each["Name"] == id_), id_))

    def create_service_level_objective(self, region: str, params: dict) -> dict:
        arn = f"arn:aws:application-signals:{region}:{account()}:slo/{params['Name']}"
        if arn in self.objectives[region]:
            raise Refusal("ConflictException", f"An SLO named {params['Name']} already exists")
        self.tag_resource(region, {"ResourceArn": arn, "Tags": params.pop("Tags", [])})
        self.objectives[region][arn] = {"Arn": arn, "CreatedTime": now(), "Name": params["Name"]}
        return self.update_service_level_objective(region, params | {"Id": arn})

    def update_service_level_objective(self, region: str, params: dict) -> dict:
        objective = self.find(region, params)
        objective |= as_answered({name: value for name, value in params.items() if name != "Id"}) | {"LastUpdatedTime": now()}
        objective["EvaluationType"] = "PeriodBased" if "Sli" in objective else "RequestBased"
        return {"Slo": objective}

    def get_service_level_objective(self, region: str, params: dict) -> dict:
        return {"Slo": self.find(region, params)}

    def list_service_level_objectives(self, region: str, params: dict) -> dict:
        return {"SloSummaries": list(self.objectives[region].values())}

    def delete_service_level_objective(self, region: str, params: dict) -> None:
        del self.objectives[region][self.find(region, params)["Arn"]]


OWN["application-signals"] = ApplicationSignals()
