// Package delivery follows notifications from what publishes them to whom they reach: from alarms, events of databases, rules of
// EventBridge and budgets through topics, the topics' policies and keys to each subscription and who listens there. A link that lets
// nothing through is a [Reason], worded once for all who report it.
package delivery
