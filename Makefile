# `make help` lists what there is. On a fresh machine `make run` and `make test` need nothing but a Python 3.13.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup run clock events start-api tour-sam-local ops certify shuffles test lint unit simulate attack mutants integration e2e e2e-deployed policies drill drill-outage drill-restore time-machine contract contract-write contract-check contract-release bench bench-cpu bench-cost bench-pacing bench-usual bench-growth bench-prediction bench-startup build validate lock sbom clean

PY := .venv/bin/python
PYTEST := $(PY) -m pytest
SAM := AWS_DEFAULT_REGION=eu-west-2 SAM_CLI_TELEMETRY=0 .venv-sam/bin/sam
# Of `make build`; the local world builds for its host.
ARCHITECTURE ?= arm64
# Passed on to pytest, for example ARGS='-k cancel -x'.
ARGS ?=
# Of `make clock`.
DAYS ?= 1
# Of `make events`: which files, without .json; all, if none. LAMBDA_IMAGE=... is for a machine that cannot pull AWS's image.
EVENTS ?=
# Of `make drill`: how many renewals at least; LOST=1 loses one percent of the answers and does nothing else; SEED=1.
RENEWALS ?= 2000
LOST ?=
# Of `make mutants`: which ones; all, if none.
MUTANT ?=

help: ## List the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-16s %s\n", $$1, $$2}'
	@echo "  Variables: ONCE=1 (run the journey and exit), AWS_PORT=4566, SIM_PORT=8420, ARGS='pytest options', ARCHITECTURE=arm64"

setup: ## Make the virtual environments from their locks (done by every other target)
	@python="$$(local/python.sh)" && "$$python" -m local.environments

run: setup ## Start the local world and run the journey in it; Ctrl-C stops it and keeps the state
	@PYTHONPATH=layers/common:clients/python $(PY) -m local $(if $(ONCE),--once)

clock: setup ## Move the running local world forward in time, for example make clock DAYS=7
	@PYTHONPATH=layers/common $(PY) -m local.clock --days $(DAYS)

events: setup ## Run each file of events/ by `sam local invoke`, beside make run; needs a Docker engine
	@PYTHONPATH=layers/common $(PY) -m local.events --invoke $(EVENTS)

start-api: setup ## Every route by `sam local start-api`, beside make run; needs a Docker engine; START_API_PORT=3000
	@PYTHONPATH=layers/common $(PY) -m local.start_api

tour-sam-local: setup ## The README's tour, typed against `sam local start-api`; needs a Docker engine
	$(PYTEST) tests/e2e/test_sam_local.py -rs $(ARGS)

ops: setup ## Operator commands, for example make ops ARGS="--stack NAME unknowns"
	@PYTHONPATH=layers/common $(PY) -m ops $(ARGS)

certify: setup ## Fire at a webhook endpoint what it will have to bear: make certify URL=https://… SECRET=whsec_… STATE=URL
	@SECRET='$(SECRET)' PYTHONPATH=.:clients/python $(PY) -m kit --url '$(URL)' $(if $(STATE),--state-url '$(STATE)')

shuffles: setup ## The reference consumer of webhooks told lives in any order, with duplicates and losses; COUNT=100000 SEED=1
	@PYTHONPATH=.:clients/python $(PY) -m kit.shuffles $(if $(COUNT),--count $(COUNT)) $(if $(SEED),--seed $(SEED))

test: lint validate unit simulate integration e2e ## Everything; what CI runs

lint: setup ## Style, types and import contracts
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(PY) -m mypy --python-version 3.10 clients/python/pinbill_client
	PYTHONPATH=.:layers/common .venv/bin/lint-imports --no-logo

validate: setup ## Check template.yaml and samconfig.toml: cfn-lint by SAM, checkov without what .checkov.yaml explains
	$(SAM) validate --lint
	@python="$$(local/python.sh)" && "$$python" -m local.environments .venv-checkov
	.venv-checkov/bin/checkov --config-file .checkov.yaml -f template.yaml

policies: setup ## Write docs/policies.md anew from template.yaml
	@PYTHONPATH=layers/common $(PY) -m local.policies

drill: setup ## Kill processes, lose answers, double triggers over the deployed stack; then compare both ledgers
	@PYTHONPATH=layers/common $(PY) -m local.drill --renewals $(RENEWALS) $(if $(SEED),--seed $(SEED)) $(if $(LOST),--lost $(LOST))

drill-outage: setup ## The schedule off for 72 hours over the deployed stack, then on: everything is caught up by its plan; SEED=1
	@PYTHONPATH=layers/common $(PY) -m local.drill.outage $(if $(SEED),--seed $(SEED))

drill-restore: setup ## The table lost after its backup, made again of redo lines and the providers' reports; SEED=1, SKIP=redo|reconcile
	@PYTHONPATH=layers/common $(PY) -m local.drill.restore $(if $(SEED),--seed $(SEED)) $(if $(SKIP),--skip $(SKIP))

time-machine: setup ## Years of subscriptions on shipped code, covered month by month; SUBSCRIPTIONS=100000 MONTHS=24 SEED=1
	@PYTHONPATH=layers/common $(PY) -m tests.simulation.time_machine $(if $(SUBSCRIPTIONS),--subscriptions $(SUBSCRIPTIONS)) $(if $(MONTHS),--months $(MONTHS)) $(if $(SEED),--seed $(SEED))

unit: setup ## Tests without servers
	$(PYTEST) tests/unit tests/simulation tests/attack -n 2 $(ARGS)

simulate: setup ## Search the money protocol for a violation, for example make simulate CYCLES=5000000 SEED=7; REPLAY='story' traces one
	@PYTHONPATH=layers/common $(PY) -m tests.simulation $(if $(CYCLES),--cycles $(CYCLES)) $(if $(SEED),--seed $(SEED)) $(if $(REPLAY),--replay '$(REPLAY)')

mutants: setup ## Plant each known sin against the protocol, and see the simulation find it; MUTANT=name for one, with REPLAY='story' its trace
	@PYTHONPATH=.:layers/common $(PY) -m tests.mutants $(MUTANT) $(if $(REPLAY),--replay '$(REPLAY)') $(ARGS)

attack: setup ## Guessers of PINs, pumpers of SMS and honest crowds against the shipped guards, with what comes of it; SEED=1
	@PYTHONPATH=layers/common $(PY) -m tests.attack $(if $(SEED),--seed $(SEED))

integration: setup ## Tests of one part against a real or simulated neighbour
	$(PYTEST) tests/contracts tests/integration -n 2 $(ARGS)

e2e: setup ## The journey through the template deployed into the local AWS; RUNTIME=ministack runs functions without the emulator
	$(PYTEST) tests/e2e -n 2 --dist loadfile $(ARGS)

e2e-deployed: setup ## The same tests at a stack that is deployed, as far as it has what they need: STACK=name SIMULATORS_URL=URL, AWS_...
	@E2E_STACK="$${STACK:?say which stack: make e2e-deployed STACK=name}" $(PYTEST) $(if $(filter tests/%,$(ARGS)),,tests/e2e) $(ARGS)

bench-cpu: setup ## CPU of the bill worker for one renewal, beside the same with boto3's DynamoDB client; minutes
	@PYTHONPATH=layers/common $(PY) -m bench.renewal_cpu $(ARGS)

bench: setup ## What there is to measure; each prints one table with its goal beside the figure, in at most five minutes
	@PYTHONPATH=layers/common $(PY) -m bench

bench-cost: setup ## A million renewals on AWS in US dollars, counted on whole billing days
	@PYTHONPATH=layers/common $(PY) -m bench.cost $(ARGS)

bench-pacing: setup ## How much of a provider's quota is used, and whether it is passed; ARGS=--hangs for a bad provider
	@PYTHONPATH=layers/common $(PY) -m bench.pacing $(ARGS)

bench-usual: setup ## Renewals a second beside a loop with Powertools Idempotency, and debits taken twice
	@PYTHONPATH=layers/common $(PY) -m bench.usual_design $(ARGS)

bench-growth: setup ## Cost and time of a renewal from a thousand subscriptions to a million
	@PYTHONPATH=layers/common $(PY) -m bench.growth $(ARGS)

bench-prediction: setup ## Makespan and cost of ten loads beside what the preview says of them
	@PYTHONPATH=layers/common $(PY) -m bench.prediction $(ARGS)

bench-startup: setup ## How each handler starts from the built bundle, beside the floor, and its warm requests
	@PYTHONPATH=layers/common:clients/python $(PY) -m bench.startup $(ARGS)

contract: setup ## Requests made from the contract against the deployed stack, every answer judged by it; CASES=10000 SEED=1
	@PYTHONPATH=.:layers/common $(PY) -m tests.fuzz $(if $(CASES),--cases $(CASES)) $(if $(SEED),--seed $(SEED))

contract-write: setup ## Make the contract anew from the code, and with it its page and the client's data classes
	@PYTHONPATH=.:layers/common $(PY) -m contract write

contract-check: setup ## What the contract breaks of the one that was last released
	@PYTHONPATH=.:layers/common $(PY) -m contract check

contract-release: setup ## Keep the contract as the released one; from 1.0.0 on refused where it breaks the last
	@PYTHONPATH=.:layers/common $(PY) -m contract release

build: setup ## Build the bundle that is deployed, into .aws-sam/ARCHITECTURE
	@$(PY) -m local.build $(ARCHITECTURE)

lock: ## Resolve requirements/*.in to the newest versions that fit, and write the locks
	@python="$$(local/python.sh)" && "$$python" -m local.environments --lock

sbom: setup ## Write the bill of materials of what ships (CycloneDX, .local/sbom.cdx.json) and list the licences
	@$(PY) -m local.bill_of_materials

clean: ## Forget the local world's state, the builds and the caches; the environments stay
	rm -rf .local .aws-sam .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
