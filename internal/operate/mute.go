package operate

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	cwtypes "github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"

	"github.com/restartix/core-api-monitoring/alarms"
	"github.com/restartix/core-api-monitoring/config"
)

// How long a muting lasts, in minutes. It ends by itself, so that one that is forgotten does no harm.
const (
	MuteMinutes    = 15
	MaxMuteMinutes = 60
)

// namesInRule is how many alarms CloudWatch takes in one mute rule.
const namesInRule = 100

// Muted is what one call of Mute has done.
type Muted struct {
	Alarms, Rules int
	From, Until   time.Time
}

// Mute silences an environment's warnings for some minutes from the next full minute on, since CloudWatch's schedules know no
// seconds. A critical alarm is never muted, and CloudWatch goes on evaluating the warnings.
func Mute(ctx context.Context, cfg aws.Config, e *config.Environment, minutes int, now time.Time) (Muted, error) {
	if minutes < 1 || minutes > MaxMuteMinutes {
		return Muted{}, fmt.Errorf("muting for %d minutes is not allowed; expected 1 to %d", minutes, MaxMuteMinutes)
	}
	defined, err := alarms.Defined(e)
	if err != nil {
		return Muted{}, err
	}
	deployed, err := states(ctx, cfg, e)
	if err != nil {
		return Muted{}, err
	}
	m := Muted{From: now.UTC().Truncate(time.Minute).Add(time.Minute)}
	m.Until = m.From.Add(time.Duration(minutes) * time.Minute)
	for region, names := range warnings(e, defined, deployed) {
		client := cloudwatch.NewFromConfig(in(cfg, region))
		i := 0
		for chunk := range slices.Chunk(names, namesInRule) {
			i++
			name := fmt.Sprintf("coreapi-%s-deployment-%d", e.Name, i)
			_, err := client.PutAlarmMuteRule(ctx, &cloudwatch.PutAlarmMuteRuleInput{
				Name:        aws.String(name),
				Description: aws.String("Warnings of " + e.Name + " keep still while it is deployed"),
				MuteTargets: &cwtypes.MuteTargets{AlarmNames: chunk},
				ExpireDate:  aws.Time(m.Until),
				Rule: &cwtypes.Rule{Schedule: &cwtypes.Schedule{
					Expression: aws.String(m.From.Format("at(2006-01-02T15:04)")),
					Duration:   aws.String(fmt.Sprintf("PT%dM", minutes)),
					Timezone:   aws.String("UTC"),
				}},
			})
			if err != nil {
				return m, fmt.Errorf("mute rule %s in %s: %w", name, region, err)
			}
			m.Rules++
			m.Alarms += len(chunk)
		}
	}
	return m, nil
}

// warnings are the alarms that may be muted, by Region: warnings that notify somebody, both as defined and as deployed, since a
// deployment may be what makes a critical alarm a warning.
func warnings(e *config.Environment, defined []alarms.Alarm, deployed map[string]State) map[string][]string {
	list := map[string][]string{}
	for _, a := range defined {
		was, ok := deployed[a.Name]
		if ok && was.Tells && was.Severity == alarms.Warning && a.Severity == alarms.Warning && len(a.Destinations) > 0 {
			region := regionOf(e, a)
			list[region] = append(list[region], a.Name)
		}
	}
	return list
}

// Unmute ends a muting before its time, and says how many rules it has deleted.
func Unmute(ctx context.Context, cfg aws.Config, e *config.Environment) (rules int, err error) {
	own := regexp.MustCompile(`:coreapi-` + regexp.QuoteMeta(e.Name) + `-deployment-[0-9]+$`)
	for _, region := range e.Regions() {
		client := cloudwatch.NewFromConfig(in(cfg, region))
		var names []string
		pages := cloudwatch.NewListAlarmMuteRulesPaginator(client, &cloudwatch.ListAlarmMuteRulesInput{})
		for pages.HasMorePages() {
			page, err := pages.NextPage(ctx)
			if err != nil {
				return rules, fmt.Errorf("%s: %w", region, err)
			}
			for _, rule := range page.AlarmMuteRuleSummaries {
				if name := own.FindString(aws.ToString(rule.AlarmMuteRuleArn)); name != "" {
					names = append(names, name[1:])
				}
			}
		}
		for _, name := range names {
			if _, err := client.DeleteAlarmMuteRule(ctx, &cloudwatch.DeleteAlarmMuteRuleInput{AlarmMuteRuleName: aws.String(name)}); err != nil {
				return rules, fmt.Errorf("mute rule %s in %s: %w", name, region, err)
			}
			rules++
		}
	}
	return rules, nil
}
