"""Resources that moto itself creates from a template, and those that nothing here keeps."""

import logging

from moto.cloudformation import parsing
from moto.cloudformation.exceptions import ValidationError
from moto.cloudformation.models import Stack
from moto.cloudformation.utils import random_suffix

from .resource import TYPES, Resource

log = logging.getLogger("emulator")


class Native(Resource):
    """A resource of a type that moto creates."""

    def __init__(self, *args) -> None:
        super().__init__(*args)
        self.model_class = parsing.get_model_map()[self.cf_resource_type]

    def create(self, properties: dict, generated_name: str) -> None:
        self.template, self.generated_name = {"Type": self.cf_resource_type, "Properties": properties}, generated_name
        told = {"LogicalId": self.logical_resource_id, "ResourceType": self.cf_resource_type}
        self.keep(self.model_class.create_from_cloudformation_json(self.named(), self.template, self.account, self.region, **told))
        if isinstance(self.model, Stack) and self.model.status != "CREATE_COMPLETE":
            raise ValidationError(message=f"The nested stack failed: {self.model.stack_status_reason}")

    def update(self, properties: dict, previous: dict) -> None:
        updater = self.model_class.update_from_cloudformation_json
        if hasattr(updater, "__isabstractmethod__"):
            self.delete()
            self.create(properties, self.generated_name)
            return
        # moto replaces some resources and counts on a new name for the new one.
        self.generated_name = f"{self.generated_name.rsplit('-', 1)[0]}-{random_suffix()}"
        self.template = {"Type": self.cf_resource_type, "Properties": properties}
        self.keep(updater(self.model, self.named(), self.template, self.account, self.region))

    def named(self) -> str:
        return self.template["Properties"].get(self.model_class.cloudformation_name_type()) or self.generated_name

    def keep(self, model) -> None:
        self.model = model
        self.physical_resource_id = getattr(model, "physical_resource_id", self.logical_resource_id)

    def delete(self) -> None:
        try:
            self.model.delete(self.account, self.region)
        except (TypeError, AttributeError):
            remover = self.model_class.delete_from_cloudformation_json
            if hasattr(remover, "__isabstractmethod__"):
                log.warning("%s stays: moto cannot delete a %s", self.physical_resource_id, self.cf_resource_type)
            else:
                remover(self.physical_resource_id, self.template, self.account, self.region)

    def get_cfn_attribute(self, name: str):
        try:
            return self.model.get_cfn_attribute(name)
        except (AttributeError, NotImplementedError, parsing.UnformattedGetAttTemplateException):
            return super().get_cfn_attribute(name)


class NotHeld(Resource):
    """A resource nothing in the emulator keeps: it exists only as a line of its stack."""

    def create(self, properties: dict, generated_name: str) -> None:
        self.physical_resource_id = generated_name

    def check(self, properties: dict) -> None:
        """Nothing is known of what a custom resource takes, and nothing is kept of the others."""

    def update(self, properties: dict, previous: dict) -> None:
        """There is nothing to change."""

    def delete(self) -> None:
        """There is nothing to delete."""


def resource_class(type_: str) -> type[Resource]:
    if type_ in TYPES:
        return TYPES[type_]
    custom = type_.startswith("Custom::") or type_ == "AWS::CloudFormation::CustomResource"
    return Native if type_ in parsing.get_model_map() and not custom else NotHeld
