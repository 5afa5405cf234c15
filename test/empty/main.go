// Command empty is a CDK app that declares nothing of its own: what every CDK app in Go pays. With two numbers it declares so many
// stacks and, spread over them, so many resources without a property: what as many resources cost at least.
package main

import (
	"os"
	"strconv"

	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/jsii-runtime-go"
)

func main() {
	defer jsii.Close()
	app := awscdk.NewApp(nil)
	stacks := []awscdk.Stack{awscdk.NewStack(app, jsii.String("Empty"), nil)}
	if len(os.Args) == 3 {
		for len(stacks) < number(os.Args[1]) {
			stacks = append(stacks, awscdk.NewStack(app, jsii.String("Empty"+strconv.Itoa(len(stacks))), nil))
		}
		for i := range number(os.Args[2]) {
			awscdk.NewCfnResource(stacks[i%len(stacks)], jsii.String("Resource"+strconv.Itoa(i)),
				&awscdk.CfnResourceProps{Type: jsii.String("AWS::SNS::Topic")})
		}
	}
	app.Synth(nil)
}

func number(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		panic(err) // the benchmark passes numbers
	}
	return n
}
