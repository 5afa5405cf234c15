package awsmetrics

import (
	"slices"
	"strings"
)

// Nearest returns the known name of a namespace that an unknown one is a slip of: in its case, a plural, a letter, a sign between
// words, or a word such as Count at its end. It returns nothing where the name is known, or like none: it may be newer than this package.
func Nearest(namespace, name string) (nearest string, ok bool) {
	if !strings.HasPrefix(namespace, "AWS/") {
		return "", false // the CloudWatch agent publishes what it is configured to
	}
	best := -1
	for _, other := range Names(namespace) {
		if other == name {
			return "", false
		}
		if d := slip(name, other); d >= 0 && (best < 0 || d < best) {
			nearest, best = other, d
		}
	}
	return nearest, best >= 0
}

// NearestNamespace returns the known namespace that an unknown one of AWS's is meant for: in another case, or by the name of the service.
// It returns nothing where the namespace is known, or may be newer than this package.
func NearestNamespace(namespace string) (nearest string, ok bool) {
	if known()[namespace].metrics != nil || !strings.HasPrefix(namespace, "AWS/") {
		return "", false
	}
	for _, other := range Namespaces() {
		if letters(other) == letters(namespace) {
			return other, true
		}
	}
	nearest, ok = services[letters(namespace)]
	return nearest, ok
}

// services are namespaces that people write for the name of a service, in letters, and the service's own.
var services = map[string]string{
	"aws/alb": "AWS/ApplicationELB", "aws/elbv2": "AWS/ApplicationELB", "aws/applicationloadbalancer": "AWS/ApplicationELB",
	"aws/nlb": "AWS/NetworkELB", "aws/networkloadbalancer": "AWS/NetworkELB", "aws/aurora": "AWS/RDS", "aws/stepfunctions": "AWS/States",
	"aws/opensearch": "AWS/ES", "aws/opensearchservice": "AWS/ES", "aws/elasticsearch": "AWS/ES", "aws/eventbridge": "AWS/Events",
	"aws/cloudwatchevents": "AWS/Events", "aws/cloudwatchlogs": "AWS/Logs", "aws/kinesisfirehose": "AWS/Firehose",
	"aws/documentdb": "AWS/DocDB", "aws/acm": "AWS/CertificateManager", "aws/synthetics": "CloudWatchSynthetics",
	"aws/containerinsights": "ECS/ContainerInsights or ContainerInsights",
}

// endings are words that people add to a metric's name, or forget.
var endings = []string{"count", "counts", "total", "sum", "rate", "percent", "percentage", "metric"}

// slip returns how far apart two names are that may mean the same; negative where they don't seem to.
func slip(name, other string) int {
	a, b := letters(name), letters(other)
	if a == b {
		return 0
	}
	if len(a) > len(b) {
		a, b = b, a
	}
	rest, prefix := strings.CutPrefix(b, a)
	switch {
	case prefix && rest == "s":
		return 1
	case len(a) < 5:
		return -1
	case prefix && slices.Contains(endings, rest):
		return 1
	case prefix && len(letters(name)) < len(letters(other)) && len(a) >= 8 && !isDigit(rest[0]):
		return 2 // cut off
	case len(a) < len(b) && oneMore(a, b), len(name) == len(other) && oneOther(name, other):
		return 1
	}
	return -1
}

// letters returns a name without what people write in different ways.
func letters(name string) string {
	return strings.NewReplacer("_", "", "-", "", ".", "", " ", "", "utilisation", "utilization").Replace(strings.ToLower(name))
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// oneMore reports whether one letter more makes the longer name of the shorter one.
func oneMore(shorter, longer string) bool {
	if len(longer)-len(shorter) != 1 {
		return false
	}
	i := 0
	for i < len(shorter) && shorter[i] == longer[i] {
		i++
	}
	return !isDigit(longer[i]) && shorter[i:] == longer[i+1:]
}

// oneOther reports whether one small letter, or two in the other order, make one name of the other. What begins a word, and digits,
// are no slips: Get and Set, CPU and GPU, 4xx and 5xx are metrics of their own.
func oneOther(name, other string) bool {
	i := 0
	for i < len(name) && name[i] == other[i] {
		i++
	}
	small := func(c byte) bool { return c >= 'a' && c <= 'z' }
	if i == len(name) || !small(name[i]) || !small(other[i]) {
		return false
	}
	if i+1 < len(name) && name[i] == other[i+1] && name[i+1] == other[i] && name[i+2:] == other[i+2:] {
		return true
	}
	return name[i+1:] == other[i+1:]
}

// Similar reports whether one name is a slip of the other.
func Similar(name, other string) bool { return name != other && slip(name, other) >= 0 }

// SameWords reports whether two names differ at most in case and in the signs between words.
func SameWords(name, other string) bool { return letters(name) == letters(other) }
