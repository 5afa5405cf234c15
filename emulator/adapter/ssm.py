"""Systems Manager: parameters."""

from .resource import Resource


class Parameter(Resource):
    TYPE = "AWS::SSM::Parameter"
    READ_WITH = "ssm GetParameter"
    REPLACED_BY = ("Name",)

    def create(self, properties: dict, generated_name: str) -> None:
        name = properties.get("Name") or generated_name
        self.put(properties, Name=name, Tags=self.tag_list())
        self.physical_resource_id = name
        self.attributes["Arn"] = f"arn:aws:ssm:{self.region}:{self.account}:parameter/{name.lstrip('/')}"

    def update(self, properties: dict, previous: dict) -> None:
        name = self.physical_resource_id
        self.put(properties, Name=name, Overwrite=True)
        target = {"ResourceType": "Parameter", "ResourceId": name}
        if self.gone_tags():
            self.call("ssm", "RemoveTagsFromResource", TagKeys=self.gone_tags(), **target)
        self.call("ssm", "AddTagsToResource", Tags=self.tag_list(), **target)

    def put(self, properties: dict, **given) -> None:
        rest = {key: value for key, value in properties.items() if key not in ("Name", "Tags")}
        self.call("ssm", "PutParameter", **rest, **given)
        self.attributes.update(Type=properties["Type"], Value=properties["Value"])

    def delete(self) -> None:
        self.drop("ssm", "DeleteParameter", Name=self.physical_resource_id)
