package metrics

var (
	perInstance = []Set{{1, []Dimension{DBInstanceIdentifier}}}
	perService  = []Set{{1, []Dimension{ServiceName, ServiceID}}}
	perTopic    = []Set{{1, []Dimension{TopicName}}}
	perCheck    = []Set{{1, []Dimension{HealthCheckID}}}
	perLogGroup = []Set{{1, []Dimension{LogGroupName}}}
)

const seenOnDashboards = "AWS's own view of the service, drawn beside the application's; the application's metric has the alarm"

// What AWS publishes about the services underneath.
var (
	DatabaseConnections = Metric{
		Name: "DatabaseConnections", Namespace: RDSNamespace, Unit: Count, Kind: Gauge, Source: FromRDS, Sets: perInstance,
		Meaning: "connections open at the server; below 80 % of the instance's maximum on a good day",
	}

	Service5xx = Metric{
		Name: "5xxStatusResponses", Namespace: AppRunnerNamespace, Unit: Count, Kind: Counter, Source: FromAppRunner, Sets: perService,
		Meaning: "responses with a 5xx status, counted by App Runner; absent until the first one",
	}
	Service4xx = Metric{
		Name: "4xxStatusResponses", Namespace: AppRunnerNamespace, Unit: Count, Kind: Counter, Source: FromAppRunner, Sets: perService,
		Meaning: "responses with a 4xx status, counted by App Runner", NoAlarm: seenOnDashboards,
	}
	Service2xx = Metric{
		Name: "2xxStatusResponses", Namespace: AppRunnerNamespace, Unit: Count, Kind: Counter, Source: FromAppRunner, Sets: perService,
		Meaning: "responses with a 2xx status, counted by App Runner", NoAlarm: seenOnDashboards,
	}
	ServiceRequests = Metric{
		Name: "Requests", Namespace: AppRunnerNamespace, Unit: Count, Kind: Counter, Source: FromAppRunner, Sets: perService,
		Meaning: "requests that reached the service", NoAlarm: seenOnDashboards,
	}
	ServiceLatency = Metric{
		Name: "RequestLatency", Namespace: AppRunnerNamespace, Unit: Milliseconds, Kind: Duration, Source: FromAppRunner, Sets: perService,
		Meaning: "time App Runner waited for the application's response", NoAlarm: seenOnDashboards,
	}
	ServiceInstances = Metric{
		Name: "ActiveInstances", Namespace: AppRunnerNamespace, Unit: Count, Kind: Gauge, Source: FromAppRunner, Sets: perService,
		Meaning: "instances that serve requests", NoAlarm: "scaling is App Runner's business; what it fails to hold shows in latency and the pool",
	}
	ServiceCPU = Metric{
		Name: "CPUUtilization", Namespace: AppRunnerNamespace, Unit: Percent, Kind: Gauge, Source: FromAppRunner, Sets: perService,
		Meaning: "CPU in use, averaged over the instances", NoAlarm: seenOnDashboards,
	}
	ServiceMemory = Metric{
		Name: "MemoryUtilization", Namespace: AppRunnerNamespace, Unit: Percent, Kind: Gauge, Source: FromAppRunner, Sets: perService,
		Meaning: "memory in use, averaged over the instances", NoAlarm: seenOnDashboards,
	}

	NotificationsFailed = Metric{
		Name: "NumberOfNotificationsFailed", Namespace: SNSNamespace, Unit: Count, Kind: Counter, Source: FromSNS, Sets: perTopic,
		Meaning: "messages that a topic could not deliver to a subscriber",
		Targets: []Target{{"Sum", Exactly, 0}},
	}

	ExternalCheckStatus = Metric{
		Name: "HealthCheckStatus", Namespace: Route53Namespace, Unit: None, Kind: Gauge, Source: FromRoute53, Sets: perCheck,
		Meaning: "1 when more than 18 % of the checkers around the world reach /health, else 0",
		Targets: []Target{{"Minimum", Exactly, 1}},
	}

	LogIncomingBytes = Metric{
		Name: "IncomingBytes", Namespace: LogsNamespace, Unit: Bytes, Kind: Counter, Source: FromLogs, Sets: perLogGroup,
		Meaning: "bytes of log events that a log group took in, which is what logging costs",
		NoAlarm: "a matter of cost, which is planned with the strategy dashboard",
	}
)

var awsMetrics = []Metric{
	DatabaseConnections,
	Service5xx, Service4xx, Service2xx, ServiceRequests, ServiceLatency, ServiceInstances, ServiceCPU, ServiceMemory,
	NotificationsFailed,
	ExternalCheckStatus,
	LogIncomingBytes,
}
