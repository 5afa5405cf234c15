package lint

// Rules are all rules, in the order of the documentation: whom alarms reach, what they watch and when they fire, what AWS refuses,
// dashboards, and the exceptions from all that.
var Rules = []Rule{
	noAction, actionsDisabled, unreachable, externalDestination,
	topicSubscription, subscription, topicPolicy, topicKey, topicTLS, topicEncryption, endpointSecret,
	missingOKAction, noRunbook, deadRunbook, suppressorAudience, alwaysMuted,

	contract, metricName, metricDimensions, dimensionValue, metricRegion, metricUnit, filterMetric,
	thresholdRange, statistic, zeroThreshold, missingData, sparseMissing, eventDatapoints, rateFloor,
	averageLatency, percentileSamples, periodResolution, unit, duplicate,

	refused, period, window, datapoints, mathSize, mathPeriods, mathSearch, mathExpression, returnData,
	compositeRule, compositeUnknown, compositeCycle, compositeOrder, compositePlace, compositeParents, suppressor, muteRule,
	actionNotAllowed, alarmActions, alarmNameLength, alarmDescriptionLength, duplicateName, healthCheckAlarm,
	metricFilterDefault, metricFilterDimensions, metricFiltersPerGroup, subVariable,

	noDashboard, dashboardBody, dashboardWidget, dashboardName, dashboardLimits,

	templateResources, templateSize, unexpandedResources, alarmsPerRegion,

	ignoreRule, ignoreUnused,
}

// renamed are the ids that rules once had.
var renamed = map[string]string{
	"no-ok": "missing-ok-action", "outside": "external-destination", "not-read": "unexpanded-resources",
}

// Renamed returns the id that a rule has now of which an id is a former one, and whether it is one.
func Renamed(id string) (now string, ok bool) {
	now, ok = renamed[id]
	return now, ok
}
