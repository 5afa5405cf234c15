# RestartiX Core API monitoring. `make help` lists what there is.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PHASE ?= 1
ENV ?=
MINUTES ?= 15
SINCE ?=
WAIT ?= 10m
TO ?=
ALSO ?=
SHARD ?=
YES ?=
BASE ?= main
METHOD ?= auto
APPROVAL ?= broadening
# Of cwtool: what HEAD is tagged as.
VERSION ?= $(patsubst cwtool/%,%,$(shell git tag --points-at HEAD --list 'cwtool/v*' 2>/dev/null | tail -n 1))

# Which variables each target takes. What somebody writes and make would not use is refused, so that make down ENV=prod, say, is not
# taken for more than it is.
VARIABLES := PHASE ENV MINUTES SINCE WAIT TO ALSO SHARD YES BASE METHOD APPROVAL VERSION
takes_up := PHASE
takes_synth := ENV
takes_lint := ENV
takes_cost := ENV
takes_preview := ENV PHASE
takes_review := BASE
takes_ci := BASE
takes_diff := ENV METHOD
takes_deploy := ENV APPROVAL
takes_deployer := ENV
takes_bootstrap := ENV ALSO
takes_preflight := ENV
takes_inventory := ENV
takes_prometheus := ENV
takes_retire := ENV SHARD YES
takes_retention := ENV
takes_mute := ENV MINUTES
takes_unmute := ENV
takes_check := ENV SINCE WAIT
takes_notify := ENV TO
takes_dist := VERSION
$(foreach t,help down test scenarios screenshots update bench deps chromium,$(eval takes_$t :=))

GIVEN := $(foreach v,$(VARIABLES),$(if $(findstring command line,$(origin $v)),$v))
# Only where somebody typed it: make hands variables on to a make that a recipe calls.
ifeq ($(MAKELEVEL),0)
REFUSED := $(foreach t,$(or $(MAKECMDGOALS),help),$(if $(findstring undefined,$(origin takes_$t)),,$(foreach v,$(filter-out $(takes_$t),$(GIVEN)),\
  $(error make $t does not use $v=$($v); it takes $(or $(takes_$t),no variable))))))
REFUSED += $(foreach v,ENV PHASE,$(if $(word 2,$($v)),$(error $v="$($v)": expected one, not $(words $($v)))))
REFUSED += $(if $(PHASE),,$(error PHASE is empty: expected 1, 2, 3 or 4))
REFUSED += $(if $(filter-out 1 2 3 4,$(PHASE)),$(error PHASE=$(PHASE): expected 1, 2, 3 or 4))
REFUSED += $(if $(and $(filter ENV,$(GIVEN)),$(filter PHASE,$(GIVEN))),$(error ENV=$(ENV) and PHASE=$(PHASE): expected one of the two))
endif

# Everything that is installed or built, except node_modules, .venv and cdk.out, which tools expect where they are.
LOCAL := .local
BIN := $(LOCAL)/bin
PYTHON := .venv/bin/python
NODE_BIN := $(CURDIR)/node_modules/.bin
EMBEDDED := $(wildcard cwtool/preview/page/* cwtool/*/*.json cwtool/*/*.yaml)
# Every module of the repository but tools/, which only builds what tests run.
MODULES := coreapi cwtool metrics
PACKAGES := ./... $(MODULES:%=./%/...)
GO_FILES := $(shell find . -name '*.go' -not -path './node_modules/*' -not -path './.local/*') config/environment.schema.json.tmpl $(wildcard queries/*.cwli)
SCRIPTS := $(shell grep -lsE '^\#!.*bash' .ci/* cwtool/action/* emulator/* tools/* 2>/dev/null)

# The Node.js that package-lock.json pins runs the CDK CLI and the CDK. Where it has none for this system, the installed one
# does.
export PATH := $(NODE_BIN):$(PATH)
export NO_UPDATE_NOTIFIER := 1
export CDK_DISABLE_CLI_TELEMETRY := true

STEP = @printf '\033[1m==> %s\033[0m\n'

.PHONY: help
help: ## List the commands
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: up
up: deps $(BIN)/core-api-monitoring $(BIN)/operate ## Deploy a reference environment to a local AWS emulator and show it: make up PHASE=3
	@emulator/up phase$(PHASE)

.PHONY: down
down: ## Stop the local AWS emulator
	@emulator/down

.PHONY: test
test: deps chromium postgresql examples $(BIN)/golangci-lint $(BIN)/actionlint ## Run every test and lint
	$(STEP) "go mod tidy, gofmt, go vet and golangci-lint"
	@for module in . $(MODULES) alternatives/prove; do GOWORK=off go -C $$module mod tidy -diff; done
	@$(BIN)/golangci-lint run $(PACKAGES)
	$(STEP) "actionlint and shellcheck"
	@$(BIN)/actionlint -shellcheck .venv/bin/shellcheck
	@.venv/bin/shellcheck $(SCRIPTS)
	$(STEP) "Python: the emulator's tests"
	@cd emulator && ../$(PYTHON) -m unittest --quiet
	$(STEP) "Go: all tests (those that deploy, draw and play incidents take some minutes)"
	@go test -timeout 30m $(PACKAGES)
	$(STEP) "Go: the second stack's rules, played by Prometheus's own code (its first build takes a minute)"
	@GOWORK=off go test -C alternatives/prove -timeout 30m ./...

.PHONY: ci
ci: test review ## What the pipeline runs on a push and a pull request: tests, and what changes against BASE=main

.PHONY: review
review: deps $(BIN)/core-api-monitoring $(BIN)/cwtool ## What the checkout changes for people against BASE=main, what is wrong, what it costs
	@.ci/review "$(BASE)"

.PHONY: synth
synth: deps $(BIN)/core-api-monitoring ## Synthesize the reference environments, or ENV=<name>, into cdk.out
	@rm -rf cdk.out
	@cdk synth --quiet $(CDK_FLAGS)
	@ls cdk.out/*.template.json

.PHONY: reference
reference: deps $(BIN)/core-api-monitoring
	@rm -rf $(LOCAL)/reference
	@cdk synth --quiet --app $(BIN)/core-api-monitoring --output $(LOCAL)/reference >$(LOCAL)/synth.log 2>&1 || { cat $(LOCAL)/synth.log >&2; exit 1; }

.PHONY: scenarios
scenarios: reference $(BIN)/cwtool ## Play the incidents of test/scenarios against the alarms
	@$(BIN)/cwtool test test/scenarios/*.yaml

.PHONY: lint
lint: synth $(BIN)/cwtool ## Look for what is wrong with the templates' alarms, topics and dashboards
	@$(BIN)/cwtool lint -strict -contract metrics/contract.json -runbooks https://docs.restartix.internal/runbooks=runbooks cdk.out

.PHONY: cost
cost: synth $(BIN)/cwtool ## Estimate what the phases, or ENV=<name>, cost a month
	@$(BIN)/cwtool cost $(if $(ENV),,-inputs docs/cost.yaml) -contract metrics/contract.json cdk.out

.PHONY: preview
preview: synth $(BIN)/cwtool ## Write a page with the dashboards, of all reference environments, of PHASE=3 or of ENV=<name>
	@$(BIN)/cwtool preview -o preview/index.html -scenarios dashboards/preview.yaml $(PREVIEWED)

# PHASE has a default for make up; the preview shows all phases unless one is asked for.
PREVIEWED = $(if $(filter file,$(origin PHASE)),cdk.out,cdk.out/*-phase$(PHASE)-*.template.json)

.PHONY: screenshots
screenshots: preview chromium ## Take the README's screenshots of the preview again
	@go run ./cmd/screenshot -place '$(PICTURED)database?scenario=saturation' preview/index.html docs/preview-light.png
	@go run ./cmd/screenshot -place '$(PICTURED)operations?scenario=saturation' -size 390x844 -scale 2 preview/index.html docs/preview-phone.png
	@$(BIN)/cwtool preview -o preview/orders.html cwtool/examples/orders/fixed.yaml
	@go run ./cmd/screenshot -place 'fixed/prod-orders?scenario=errors' -size 1440x660 preview/orders.html cwtool/docs/preview.png
	@ls -l docs/*.png cwtool/docs/*.png

PICTURED = coreapi-phase1-dashboards/coreapi-phase1-eu-central-1-

.PHONY: diff
diff: need-env synth $(BIN)/operate $(BIN)/cwtool ## Show what a deployment of ENV=<name> would change, for stacks, for people, in each resource
	@$(BIN)/operate plan $(ENV) --save $(LOCAL)/deployed/$(ENV)
	$(STEP) "what it means for people"
	@if ls $(LOCAL)/deployed/$(ENV)/*.json >/dev/null 2>&1; then $(BIN)/cwtool diff $(LOCAL)/deployed/$(ENV) cdk.out || [ $$? = 1 ]; else echo "everything is new"; fi
	$(STEP) "resource by resource"
	@cdk diff --app cdk.out --method=$(METHOD)

.PHONY: deploy
deploy: need-env synth $(BIN)/operate ## Deploy ENV=<name> to its AWS account
	@$(BIN)/operate plan $(ENV)
	@.ci/stacks "$(APPROVAL)"

.PHONY: deployer
deployer: need-env deps $(BIN)/core-api-monitoring ## Let GitHub deploy ENV=<name>: its roles, deployed once by an administrator
	@cdk deploy --all $(CDK_FLAGS) -c deployer=true

.PHONY: bootstrap
bootstrap: need-env deps $(BIN)/operate ## After that: bootstrap the CDK for ENV=<name>, keeping the policies of others; ALSO=<arn>,<arn> adds some
	@arguments=$$($(BIN)/operate bootstrap $(ENV) --also "$(ALSO)"); cdk bootstrap $$arguments

.PHONY: preflight
preflight: need-env $(BIN)/operate ## Is all there that a deployment of ENV=<name> needs and does not make?
	@$(BIN)/operate preflight $(ENV)

.PHONY: inventory
inventory: need-env $(BIN)/operate ## Show what is deployed of ENV=<name>, read back through AWS's API
	@$(BIN)/operate inventory $(ENV)

.PHONY: mute
mute: need-env $(BIN)/operate ## Keep warnings of ENV=<name> still for MINUTES=15, never a critical alarm
	@$(BIN)/operate mute $(ENV) --minutes $(MINUTES)

.PHONY: unmute
unmute: need-env $(BIN)/operate ## End that before its time
	@$(BIN)/operate unmute $(ENV)

.PHONY: check
check: need-env $(BIN)/operate ## Is all of ENV=<name> there, and did no alarm go to ALARM SINCE=<time>?
	@$(BIN)/operate check $(ENV) --since "$(SINCE)" --wait $(WAIT)

.PHONY: retire
retire: need-env $(BIN)/operate ## Delete what ENV=<name> has left in AWS, or only SHARD=<name>; YES=1 does not ask
	@$(BIN)/operate retire $(ENV) --shard "$(SHARD)" $(if $(YES),--yes)

.PHONY: retention
retention: need-env $(BIN)/operate ## Keep the logs of ENV=<name> only as long as its file says
	@$(BIN)/operate retention $(ENV)

.PHONY: notify
notify: need-env $(BIN)/operate ## Send a test notification of ENV=<name> TO=<destination>
	@$(BIN)/operate notify $(ENV) --to "$(TO)"

CDK_FLAGS = --app $(BIN)/core-api-monitoring $(if $(ENV),-c env=$(ENV))

.PHONY: need-env
need-env:
	@[ -n "$(ENV)" ] || { echo "say which environment: make $(firstword $(MAKECMDGOALS)) ENV=prod" >&2; exit 1; }

.PHONY: dist
dist: ## Build a release of cwtool into .local/dist, of the tag cwtool/v1.2.3 or VERSION=v1.2.3: archives, npm packages, wheels
	@[ -n "$(VERSION)" ] || { echo "HEAD has no tag cwtool/vX.Y.Z: say which version, make dist VERSION=v0.1.0" >&2; exit 1; }
	@rm -rf $(LOCAL)/dist
	@GOWORK=off go -C cwtool run ./dist -version '$(VERSION)' -o ../$(LOCAL)/dist

.PHONY: prometheus
prometheus: need-env ## Write the alarms of ENV=<name> as rules for Prometheus and Alertmanager into prometheus/<name>
	@go run ./cmd/alternatives prometheus --env $(ENV) --output prometheus/$(ENV)

.PHONY: prove
prove: ## Play every incident on both engines, CloudWatch's and Prometheus's (half an hour)
	@PROVE=all GOWORK=off go test -C alternatives/prove -v -timeout 3h ./...

.PHONY: update
update: deps ## Rewrite the golden files, then test without rewriting
	$(STEP) "rewriting golden files"
	@UPDATE_GOLDEN=1 CDK_VALIDATION=false go test $(PACKAGES) -run AsReviewed
	@UPDATE_GOLDEN=1 GOWORK=off go test -C alternatives/prove ./... -run AsReviewed
	$(STEP) "testing against them"
	@go test -timeout 30m $(PACKAGES)
	@git status --short

.PHONY: bench
bench: deps postgresql ## Measure synthesis, and how fast alarms are played and compared, and what an observation and a request cost
	@go test ./alarms ./cwtool/evaluate ./cwtool/diff ./test -run '^$$' -bench . -benchtime 1x -timeout 30m
	@go test ./coreapi -run '^$$' -bench .
	@cd emulator && ../$(PYTHON) bench.py

.PHONY: packages
packages:
	@echo $(PACKAGES)

.PHONY: deps
deps: node_modules/.installed .venv/.installed ## Install the pinned tools

.PHONY: chromium postgresql examples
chromium postgresql examples:
	@tools/$@

node_modules/.installed: package.json package-lock.json
	$(STEP) "installing what package-lock.json pins (npm ci)"
	@npm ci --loglevel=error
	@touch $@

.venv/.installed: emulator/requirements.txt
	$(STEP) "installing the AWS emulator and cfn-lint into .venv (pip)"
	@python3 -m venv .venv
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes -r emulator/requirements.txt
	@touch $@

$(BIN)/core-api-monitoring: go.mod go.sum $(GO_FILES)
	$(STEP) "building the CDK app (about a minute the first time)"
	@go build -o $@ .

$(BIN)/operate: go.mod go.sum $(GO_FILES)
	$(STEP) "building the operator's command (about a minute the first time)"
	@go build -o $@ ./cmd/operate

$(BIN)/actionlint: tools/actionlint/go.mod tools/actionlint/go.sum
	$(STEP) "building actionlint"
	@GOWORK=off go build -C tools/actionlint -o ../../$@ github.com/rhysd/actionlint/cmd/actionlint

$(BIN)/cwtool: go.mod go.sum $(GO_FILES) $(EMBEDDED)
	$(STEP) "building cwtool"
	@go build -o $@ ./cwtool/cmd/cwtool

$(BIN)/golangci-lint: tools/go.mod tools/go.sum
	$(STEP) "building golangci-lint (two to three minutes the first time)"
	@GOWORK=off go build -C tools -o ../$@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint
