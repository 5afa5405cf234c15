package template

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
)

func TestLoopsOverLiteralsAreExpanded(t *testing.T) {
	parsed, err := Parse("x.yaml", []byte(`
Transform: AWS::LanguageExtensions
Parameters: {Names: {Type: CommaDelimitedList, Default: "a,b"}}
Resources:
  Fn::ForEach::Queues:
    - Q
    - [orders, bills-eu]
    - "Queue&{Q}": {Type: "AWS::SQS::Queue", Properties: {QueueName: !Sub "${Q}-${AWS::Region}", Tags: [{Key: q, Value: !Ref Q}]}}
      Fn::ForEach::Ages:
        - A
        - [60, 300]
        - "${A}Old&{Q}": {Type: "AWS::CloudWatch::Alarm", Properties: {Threshold: !Ref A, QueueName: !Ref Q}}
  Fn::ForEach::Open: [N, !Ref Names, {"${N}": {Type: "AWS::SNS::Topic"}}]
Outputs:
  Fn::ForEach::Out: [Q, [orders], {"Name${Q}": {Value: !Ref Q}}]
  Plain: {Value: 5}
`))
	if err != nil {
		t.Fatal(err)
	}
	want := "[300Oldbillseu 300Oldorders 60Oldbillseu 60Oldorders Queuebillseu Queueorders]"
	if got := fmt.Sprint(slices.Sorted(maps.Keys(parsed.Resources))); got != want {
		t.Errorf("got %s", got)
	}
	old, queue := parsed.Resources["60Oldbillseu"], parsed.Resources["Queuebillseu"]
	if got := fmt.Sprint(parsed.Text(old, "Threshold"), " ", parsed.Text(old, "QueueName"), " ", parsed.Text(queue, "QueueName"), " ", old.Line); got != "60 bills-eu bills-eu-${AWS::Region} 5" {
		t.Errorf("got %s", got)
	}
	if got := fmt.Sprint(slices.Sorted(maps.Keys(parsed.Outputs)), slices.Sorted(maps.Keys(parsed.Unexpanded)), parsed.HasMacros); got != "[Nameorders Plain] [Fn::ForEach::Open] true" {
		t.Errorf("got %s", got)
	}
}

func TestWhatIsExpandedWholeHasNoMacros(t *testing.T) {
	const loop = "Resources: {'Fn::ForEach::A': [X, [a], {'${X}': {Type: T}}]}"
	for transform, want := range map[string]bool{"": false, "Transform: AWS::LanguageExtensions\n": false, "Transform: [AWS::LanguageExtensions, Mine]\n": true} {
		parsed, err := Parse("x.yaml", []byte(transform+loop))
		if err != nil || parsed.HasMacros != want || len(parsed.Resources) != 1 {
			t.Errorf("%q: %v, %v", transform, parsed.HasMacros, err)
		}
	}
}

func TestLoopsThatMakeTooMuchAreLeft(t *testing.T) {
	numbers := make([]string, 60)
	for i := range numbers {
		numbers[i] = fmt.Sprint("v", i)
	}
	values := "[" + strings.Join(numbers, ", ") + "]"
	parsed, err := Parse("x.yaml", []byte("Resources:\n  Fn::ForEach::A:\n    - X\n    - "+values+"\n    - Fn::ForEach::B: [Y, "+values+", {'${X}${Y}': {Type: T}}]\n"))
	if err != nil || len(parsed.Resources) != 0 || len(parsed.Unexpanded) != 1 {
		t.Errorf("%d resources, %d left: %v", len(parsed.Resources), len(parsed.Unexpanded), err)
	}
}
