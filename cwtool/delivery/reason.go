package delivery

import "fmt"

// ReasonKind is which link of a route lets nothing through.
type ReasonKind uint8

// The kinds of reasons.
const (
	ActionsDisabled    ReasonKind = iota // the alarm takes no action
	TargetMissing                        // the action refers to nothing
	OtherRegion                          // the topic is in another Region
	FIFOTopic                            // services publish to no FIFO topic
	TopicPolicy                          // no statement of the topic's policy lets the service publish
	TopicDenies                          // a statement of it denies that
	AWSKey                               // the key is one of AWS's own
	KeyMissing                           // the key does not exist
	KeyPolicy                            // the key's policy does not let the service use it
	NoSubscription                       // nobody listens to the topic
	NeverConfirms                        // what listens confirms no subscription
	RawDelivery                          // what listens reads the envelope that raw delivery takes off
	FiltersAttributes                    // the filter is on attributes, which services do not send
	FiltersBody                          // the filter is on what no alarm's message has
	WrongProtocol                        // the endpoint is of another protocol
	FunctionPermission                   // the function may not be invoked
	QueuePolicy                          // the queue's policy does not let SNS send
	AlarmsOnly                           // what listens takes messages of alarms, and this is none
)

// Reason is why a notification does not arrive.
type Reason struct {
	Kind ReasonKind
	// Subject is the logical id of the topic, function or queue that it is about; of a key what is encrypted with it; the action of
	// TargetMissing; the tool of NeverConfirms; the endpoint of WrongProtocol; the field of FiltersBody.
	Subject string
	Service string // the service principal that is stopped
	Action  string // that it would need
	Key     string // the logical id of the key, or its name

	Statement           string // that denies it
	Region, OtherRegion string // of the topic, and of what publishes
	Protocol            string // of the subscription
	Expected            string // what to do instead, where that depends on the tool
}

// String returns the reason in words.
func (r *Reason) String() string {
	switch r.Kind {
	case ActionsDisabled:
		return "its actions are switched off (ActionsEnabled)"
	case TargetMissing:
		return r.Subject + " does not exist"
	case OtherRegion:
		return fmt.Sprintf("topic %s is in %s, this is in %s: it can only notify topics of its own Region", r.Subject, r.Region,
			r.OtherRegion)
	case FIFOTopic:
		return fmt.Sprintf("topic %s is a FIFO topic, to which %s cannot publish", r.Subject, r.Service)
	case TopicPolicy:
		return fmt.Sprintf("the policy of topic %s does not let %s publish", r.Subject, r.Service)
	case TopicDenies:
		return fmt.Sprintf("the policy of topic %s denies %s to publish (%s)", r.Subject, r.Service, r.Statement)
	case AWSKey:
		return fmt.Sprintf("%s is encrypted with %s, which other services cannot use", r.Subject, r.Key)
	case KeyMissing:
		return fmt.Sprintf("the key %s of %s does not exist", r.Key, r.Subject)
	case KeyPolicy:
		return fmt.Sprintf("the policy of key %s does not let %s do %s", r.Key, r.Service, r.Action)
	case NoSubscription:
		return fmt.Sprintf("topic %s has no subscription", r.Subject)
	}
	return r.atListener()
}

// atListener returns a reason at the end of a route in words.
func (r *Reason) atListener() string {
	switch r.Kind {
	case NeverConfirms:
		return fmt.Sprintf("%s never confirms a subscription, so that nothing is delivered; expected %s", r.Subject, r.Expected)
	case RawDelivery:
		return fmt.Sprintf("%s reads the envelope that RawMessageDelivery takes off; expected it off", r.Subject)
	case FiltersAttributes:
		return fmt.Sprintf("its FilterPolicy is on message attributes, which %s does not send; expected FilterPolicyScope MessageBody, or "+
			"no filter", r.Service)
	case FiltersBody:
		return fmt.Sprintf("its FilterPolicy asks for %s, which no alarm's message has", r.Subject)
	case WrongProtocol:
		return fmt.Sprintf("protocol %s with the endpoint %s", r.Protocol, r.Subject)
	case FunctionPermission:
		return fmt.Sprintf("function %s has no AWS::Lambda::Permission for %s", r.Subject, r.Service)
	case QueuePolicy:
		return fmt.Sprintf("no policy of queue %s lets %s send to it", r.Subject, r.Service)
	}
	return fmt.Sprintf("%s takes messages of alarms only: what others send is answered and dropped", r.Subject)
}
