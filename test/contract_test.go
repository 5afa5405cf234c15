package test

import (
	"testing"

	"github.com/restartix/core-api-monitoring/cwtool/golden"
	"github.com/restartix/core-api-monitoring/metrics"
)

// The contract is written down for other languages beside the package that declares it, which itself imports nothing to compare it with.
func TestContractFileIsAsReviewed(t *testing.T) {
	text, err := metrics.JSON()
	if err != nil {
		t.Fatal(err)
	}
	golden.File(t, "../metrics/contract.json", string(text))
}
