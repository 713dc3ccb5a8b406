# Two commands are all a newcomer needs: `make demo` and `make test`.
# Each makes or refreshes .venv from requirements.lock by itself.
PYTHON ?= python3
ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
# Images of Python often set it. Each of the many processes that tests start would then compile all of its modules again.
unexport PYTHONDONTWRITEBYTECODE
PACKAGES := libs/common libs/toolkit libs/simulation $(patsubst %/pyproject.toml,%,$(wildcard services/*/pyproject.toml))

.PHONY: demo test lint checks types code contracts generate conformance fuzz contract-mutations attack metrics-table \
	attack-table record release tutorial pages divided-stock outside test-kafka-events test-alerts test-dashboards \
	test-logs test-kafka-nodes test-kafka k8s k8s-api test-postgres test-traces test-upgrade bench bench-smoke chaos \
	simulate image images lock clean

demo: $(VENV)/ready
	$(BIN)/waybill demo $(ARGS)

# Three at a time, as most tests wait for something; more on a larger machine: make test WORKERS=6. Those of a file stay
# together and share its servers. Files start in the order of `testpaths`, the long ones first: none is left for the end.
WORKERS ?= 3
test: $(VENV)/ready checks
	$(BIN)/pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

lint: checks
	$(BIN)/pytest -q --no-header tests/house

# Two at a time: the types take as long as all the others.
checks: $(VENV)/ready
	@$(MAKE) --no-print-directory --jobs=2 --output-sync=target types code contracts

types: $(VENV)/ready
	$(BIN)/mypy

code: $(VENV)/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports

contracts: $(VENV)/ready
	$(BIN)/waybill generate --check
	$(BIN)/waybill contracts lint

generate: $(VENV)/ready
	$(BIN)/waybill generate

# Sends every running service what its contract suggests, and judges each answer: minutes.
conformance: $(VENV)/ready
	$(BIN)/waybill conformance --at-least 5000 $(ARGS)
	$(BIN)/waybill conformance --people

# The same for long, with other requests each time: make fuzz ARGS='--seconds 600 --seed 7'
fuzz: $(VENV)/ready
	$(BIN)/waybill fuzz $(ARGS)

# Asks every gate about every mutation and writes docs/contract-mutations.md.
contract-mutations: $(VENV)/ready
	WAYBILL_ALL_GATES=1 WAYBILL_WRITE_TABLE=1 $(BIN)/pytest tests/contract/test_mutations.py

# Tries the attacks of docs/security.md, then takes each guard out and requires that its attacks succeed: minutes.
attack: $(VENV)/ready
	WAYBILL_ATTACK=1 $(BIN)/pytest -n 2 tests/attack $(ARGS)

# Writes the table of metrics into docs/telemetry.md.
metrics-table: $(VENV)/ready
	WAYBILL_WRITE_TABLE=1 $(BIN)/pytest -q tests/telemetry/test_metrics_page.py -k table

# Writes the table of attacks into docs/security.md.
attack-table: $(VENV)/ready
	WAYBILL_WRITE_TABLE=1 $(BIN)/pytest -q tests/attack/test_page.py

# Keeps what the services take and send now, as what a release does: make record RELEASE=1.2.0
record: $(VENV)/ready
	@test -n "$(RELEASE)" || { echo "Say which release: make record RELEASE=1.2.0"; exit 2; }
	$(BIN)/pytest services --record-traffic=tests/contract/releases/$(RELEASE)

# Everything of a release that needs no network: make release VERSION=0.2.0
release: $(VENV)/ready
	@test -n "$(VERSION)" || { echo "Say which version: make release VERSION=0.2.0"; exit 2; }
	@test -z "$$(git status --porcelain)" || { echo "Commit or stash your changes first."; exit 2; }
	$(BIN)/python -m waybill_toolkit.release prepare $(VERSION)
	$(MAKE) $(VENV)/ready generate
	$(MAKE) record RELEASE=$(VERSION)
	$(BIN)/python -m waybill_toolkit.release build

# Follows docs/tutorial.md to the letter, in a copy of the tree, and adds a field to an order there.
tutorial: $(VENV)/ready
	WAYBILL_TUTORIAL=1 $(BIN)/pytest tests/tutorial

# axe-core on every page of the site: minutes. `make test` looks at a page of each kind and at those of the services, on a phone.
pages: $(VENV)/ready
	WAYBILL_ALL_PAGES=1 $(BIN)/pytest tests/docs/test_accessibility.py $(ARGS)

# A platform with two stock databases: orders compete for the last units of both.
divided-stock: $(VENV)/ready
	WAYBILL_DIVIDED_STOCK=1 $(BIN)/pytest tests/e2e/test_divided_stock.py $(ARGS)

# Generators, proxies and testers of others, against the running platform; needs go, java and mvn, and downloads the tools.
outside: $(VENV)/ready
	WAYBILL_OUTSIDE=1 $(BIN)/pytest tests/outside $(ARGS)

# The event suite on Apache Kafka, and what it refuses; needs Java 17, and Maven the first time.
# The tracebacks are Python's own. For others pytest compiles the source, and a generator that aiokafka left suspended can end
# the run then (cpython#106905).
EVENTS := libs/common/tests/integration/events
ON_KAFKA = WAYBILL_TEST_BROKER=kafka $(BIN)/pytest --tb=native
test-kafka-events: $(VENV)/ready
	$(ON_KAFKA) $(EVENTS) --ignore=$(EVENTS)/on_kafka/test_three_nodes.py $(ARGS)

# Faults on a running platform, each of which makes its alert fire; needs prometheus and alertmanager. 20 minutes.
test-alerts: $(VENV)/ready
	WAYBILL_ALERTS=1 $(BIN)/pytest tests/alerts $(ARGS)

# A platform that is watched takes 1,000 orders; then each query of each dashboard has to find data, and the dashboards are
# drawn. Needs prometheus, and Go, with which VictoriaMetrics is built the first time. `PICTURES=1` writes docs/pictures.
test-dashboards: $(VENV)/ready
	WAYBILL_DASHBOARDS=1 $(if $(PICTURES),WAYBILL_WRITE_PICTURES=1) $(BIN)/pytest tests/dashboards $(ARGS)

# Lines of a service through the collector of the chart `logs`, which is built with Go: a minute or two the first time.
test-logs: $(VENV)/ready
	WAYBILL_LOGS=1 $(BIN)/pytest tests/logs $(ARGS)

# Three nodes, one of which is killed: under the event suite, and under the whole platform.
test-kafka-nodes: $(VENV)/ready
	$(ON_KAFKA) $(EVENTS)/on_kafka/test_three_nodes.py tests/kafka $(ARGS)

# All of it, the platform on one node, and a campaign of faults.
PORT_BASE ?= 7600
test-kafka: $(VENV)/ready test-kafka-events test-kafka-nodes
	$(ON_KAFKA) tests/e2e $(ARGS)
	$(BIN)/waybill chaos --broker kafka --seed 7 --orders 300 --data .waybill-kafka --port-base $(PORT_BASE)

# A cluster on this machine, in which the chart is installed; and the part that needs only its API. Programs that are
# missing are built: docs/development.md#kubernetes.
k8s: $(VENV)/ready
	-$(PYTHON) tests/cluster/binaries.py
	WAYBILL_K8S=1 $(BIN)/pytest tests/cluster $(ARGS)

k8s-api: $(VENV)/ready
	-$(PYTHON) tests/cluster/binaries.py etcd kube-apiserver
	WAYBILL_K8S=1 $(BIN)/pytest tests/cluster/test_api_server.py tests/chart/test_dry_run.py $(ARGS)

# PostgreSQL as people have it: both ends of the range of versions, TLS, PgBouncer, a standby that is promoted; needs Maven.
test-postgres: $(VENV)/ready
	WAYBILL_POSTGRES=1 $(BIN)/pytest tests/postgres $(ARGS)
	for major in 14 18; do \
		WAYBILL_TEST_POSTGRES=$$major $(BIN)/pytest libs/common/tests/integration services/*/tests/integration $(ARGS) || exit 1; \
	done

# The trace of an order as a collector of OpenTelemetry receives it, which is built with Go: a minute or two the first time.
test-traces: $(VENV)/ready
	WAYBILL_TRACES=1 $(BIN)/pytest tests/traces $(ARGS)
# A rolling upgrade of every service to a changed copy of the tree and back, while orders are imported; what is refused; a
# million rows: minutes.
test-upgrade: $(VENV)/ready
	WAYBILL_UPGRADE=1 $(BIN)/pytest tests/upgrade $(ARGS)

bench: $(VENV)/ready
	$(BIN)/waybill bench $(ARGS)

# Every scenario for a moment, also those that take a minute or start platforms of their own.
bench-smoke: $(VENV)/ready
	WAYBILL_BENCH_SMOKE=1 $(BIN)/pytest tests/e2e/test_bench.py $(ARGS)

# Orders while everything breaks: one long campaign, then twenty short ones. Hours.
chaos: $(VENV)/ready
	mkdir -p chaos-reports
	$(BIN)/waybill chaos --seed 50000 --orders 50000 --gap 5 \
		--output chaos-reports/long.md --json > chaos-reports/long.json
	for seed in $$(seq 1 20); do \
		$(BIN)/waybill chaos --seed $$seed --orders 1000 \
			--output chaos-reports/$$seed.md --json > chaos-reports/$$seed.json || exit 1; \
	done

# The campaign: a million histories of orders, a tenth as many with divided stock and of tokens, then every planted bug. Fewer: make simulate HISTORIES=10000
HISTORIES ?= 1000000
simulate: $(VENV)/ready
	$(BIN)/waybill simulate --histories $(HISTORIES) $(ARGS)
	$(BIN)/waybill simulate --play divided-stock --histories $$(($(HISTORIES) / 10)) $(ARGS)
	$(BIN)/waybill simulate --play tokens --histories $$(($(HISTORIES) / 10)) $(ARGS)
	$(BIN)/waybill simulate --mutants

# The image of all services, and the list of what is in it (build/sbom.cdx.json), with what this machine has:
# make image IMAGE=registry.example/waybill:1.2.0 BASE=registry.example/python:3.12-slim
IMAGE ?= localhost/waybill:latest
BASE ?= docker.io/library/python:3.12-slim
BUILDER ?= $(notdir $(firstword $(foreach each,buildah podman docker,$(shell command -v $(each)))))
BUILD = $(BUILDER) build $(if $(findstring buildah,$(BUILDER)),--layers) $(ARGS) --file deploy/Containerfile \
	--build-arg BASE=$(BASE) --build-arg REVISION=$(shell git rev-parse HEAD 2>/dev/null)
image:
	@test -n "$(BUILDER)" || { echo "There is no builder of images here: install buildah, podman or docker."; exit 2; }
	$(BUILD) --target sbom --output type=local,dest=build .
	$(BUILD) --tag $(IMAGE) .

# Builds the image and starts every service in a container: minutes. Needs root, buildah, podman, runc and, where no
# registry can be reached, mmdebstrap.
images: $(VENV)/ready
	WAYBILL_IMAGES=1 $(BIN)/pytest tests/images $(ARGS)

# Pins everything, with hashes and without addresses of registries: for this tree, in the image, and to build the image.
COMPILE = $(BIN)/uv pip compile --quiet --generate-hashes --python-version 3.11 --no-annotate --no-header \
	--no-emit-package waybill --no-emit-package waybill-toolkit \
	$(patsubst services/%/pyproject.toml,--no-emit-package %,$(wildcard services/*/pyproject.toml))
lock: $(VENV)/ready
	$(COMPILE) $(PACKAGES:%=%/pyproject.toml) --group dev --output-file requirements.lock
	$(COMPILE) --constraint requirements.lock $(filter-out libs/toolkit/% libs/simulation/%,$(PACKAGES:%=%/pyproject.toml)) \
		--group image --output-file deploy/locks/runtime.txt
	$(COMPILE) --constraint requirements.lock --group image-build --output-file deploy/locks/build.txt

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache

# One stamp for both: the lock and the packages' own metadata.
$(VENV)/ready: requirements.lock $(PACKAGES:%=%/pyproject.toml)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Waybill needs Python 3.11 or newer; this is %d.%d. Say which one to use: make PYTHON=python3.11" % sys.version_info[:2])'
	@test -x $(BIN)/pip || $(PYTHON) -m venv $(VENV)
	@echo "Installing what requirements.lock pins into $(VENV) ..."
	@# uv first, by pip and pinned like everything else: it is ten times faster at the rest.
	@awk '/^[^ ]/ {mine = /^uv==/} mine' requirements.lock > $(VENV)/uv.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(VENV)/uv.lock
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation $(PACKAGES:%=-e %)
	@touch $@
