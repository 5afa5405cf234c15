"""The alarms of a queue's worker, whom they notify, and the dashboard that shows them."""

from aws_cdk import Duration, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sns_subscriptions as subscriptions
from aws_cdk import aws_sqs as sqs
from constructs import Construct

RUNBOOKS = "https://runbooks.example.com"


class ShopMonitoring(Stack):
    def __init__(self, scope: Construct, construct_id: str, **kwargs) -> None:
        super().__init__(scope, construct_id, **kwargs)
        self._team = actions.SnsAction(self._topic())
        dead = sqs.Queue(self, "DeadInvoices", queue_name="invoices-dead", enforce_ssl=True)
        queue = sqs.Queue(
            self, "Invoices", queue_name="invoices", enforce_ssl=True,
            dead_letter_queue=sqs.DeadLetterQueue(max_receive_count=3, queue=dead),
        )

        age = queue.metric_approximate_age_of_oldest_message(period=Duration.minutes(1), statistic="Maximum")
        late = self._alarm(
            "InvoicesLate", metric=age, threshold=600, evaluation_periods=5,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description=f"An invoice has waited for more than ten minutes. {RUNBOOKS}/invoices",
        )
        failed = self._alarm(
            "InvoicesDead", threshold=1, evaluation_periods=1,
            metric=dead.metric_approximate_number_of_messages_visible(period=Duration.minutes(1), statistic="Maximum"),
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
            alarm_description=f"An invoice failed three times and is not tried again. {RUNBOOKS}/invoices#dead",
        )

        cloudwatch.Dashboard(self, "Dashboard", dashboard_name="invoices").add_widgets(
            cloudwatch.GraphWidget(title="Age of the oldest invoice", left=[age], left_annotations=[late.to_annotation()]),
            cloudwatch.GraphWidget(title="Invoices that are not tried again", left=[failed.metric]),
        )

    def _alarm(self, name: str, **properties) -> cloudwatch.Alarm:
        alarm = cloudwatch.Alarm(self, name, alarm_name=name, **properties)
        alarm.add_alarm_action(self._team)
        alarm.add_ok_action(self._team)
        return alarm

    def _topic(self) -> sns.Topic:
        """An encrypted topic that CloudWatch may publish to, over TLS alone."""
        service = iam.ServicePrincipal("cloudwatch.amazonaws.com")
        key = kms.Key(self, "Key", enable_key_rotation=True)
        key.add_to_resource_policy(
            iam.PolicyStatement(principals=[service], actions=["kms:Decrypt", "kms:GenerateDataKey*"], resources=["*"])
        )
        topic = sns.Topic(self, "Team", topic_name="shop-team", master_key=key, enforce_ssl=True)
        topic.add_to_resource_policy(
            iam.PolicyStatement(principals=[service], actions=["sns:Publish"], resources=[topic.topic_arn])
        )
        topic.add_subscription(subscriptions.EmailSubscription("shop-team@example.com"))
        return topic
