import { Duration, Stack, type StackProps } from "aws-cdk-lib";
import {
  Alarm,
  type AlarmProps,
  ComparisonOperator,
  Dashboard,
  GraphWidget,
  MathExpression,
  Metric,
  Stats,
  TreatMissingData,
} from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import { Effect, PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Key } from "aws-cdk-lib/aws-kms";
import { Topic } from "aws-cdk-lib/aws-sns";
import { EmailSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import type { Construct } from "constructs";

const runbooks = "https://runbooks.example.com";

function metric(metricName: string, statistic: string): Metric {
  return new Metric({ namespace: "Shop", metricName, statistic, period: Duration.minutes(1) });
}

/** The alarms of a web shop, whom they notify, and the dashboard that shows them. */
export class ShopMonitoring extends Stack {
  readonly #team: SnsAction;

  constructor(scope: Construct, id: string, props: StackProps) {
    super(scope, id, props);
    this.#team = new SnsAction(this.#topic());

    const orders = metric("Orders", Stats.SUM);
    const failures = metric("OrdersFailed", Stats.SUM);
    const latency = metric("CheckoutTime", Stats.percentile(99));

    const failing = this.#alarm("OrdersFailing", {
      alarmDescription: `More than 5 % of the orders fail. ${runbooks}/orders`,
      metric: new MathExpression({
        expression: "IF(orders > 20, 100 * failures / orders, 0)",
        usingMetrics: { orders, failures },
        period: Duration.minutes(1),
        label: "failed orders, %",
      }),
      threshold: 5,
      evaluationPeriods: 5,
      datapointsToAlarm: 3,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
    });
    const slow = this.#alarm("CheckoutSlow", {
      alarmDescription: `One checkout in a hundred takes more than two seconds. ${runbooks}/checkout`,
      metric: latency,
      threshold: 2000,
      evaluationPeriods: 10,
      datapointsToAlarm: 8,
      comparisonOperator: ComparisonOperator.GREATER_THAN_THRESHOLD,
      treatMissingData: TreatMissingData.NOT_BREACHING,
      evaluateLowSampleCountPercentile: "ignore",
    });
    this.#alarm("NoOrders", {
      alarmDescription: `Nobody has ordered for five minutes: the shop is down, or cannot reach CloudWatch. ${runbooks}/no-orders`,
      metric: orders,
      threshold: 1,
      evaluationPeriods: 5,
      comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
      treatMissingData: TreatMissingData.BREACHING,
    });

    new Dashboard(this, "Dashboard", {
      dashboardName: "shop",
      widgets: [
        [
          new GraphWidget({ title: "Orders", left: [orders, failures], leftYAxis: { min: 0 } }),
          new GraphWidget({ title: "Failed orders, %", left: [failing.metric], leftAnnotations: [failing.toAnnotation()] }),
          new GraphWidget({ title: "Checkout, ms", left: [latency], leftAnnotations: [slow.toAnnotation()] }),
        ],
      ],
    });
  }

  #alarm(name: string, props: AlarmProps): Alarm {
    const alarm = new Alarm(this, name, { alarmName: name, ...props });
    alarm.addAlarmAction(this.#team);
    alarm.addOkAction(this.#team);
    return alarm;
  }

  /** An encrypted topic that CloudWatch may publish to, over TLS alone. */
  #topic(): Topic {
    const cloudwatch = new ServicePrincipal("cloudwatch.amazonaws.com");
    const key = new Key(this, "Key", { enableKeyRotation: true });
    key.addToResourcePolicy(
      new PolicyStatement({ effect: Effect.ALLOW, principals: [cloudwatch], actions: ["kms:Decrypt", "kms:GenerateDataKey*"], resources: ["*"] }),
    );
    const topic = new Topic(this, "Team", { topicName: "shop-team", masterKey: key, enforceSSL: true });
    topic.addToResourcePolicy(
      new PolicyStatement({ effect: Effect.ALLOW, principals: [cloudwatch], actions: ["sns:Publish"], resources: [topic.topicArn] }),
    );
    topic.addSubscription(new EmailSubscription("shop-team@example.com"));
    return topic;
  }
}
