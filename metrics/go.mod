module github.com/restartix/core-api-monitoring/metrics

go 1.26
