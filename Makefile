# Two commands are all a newcomer needs: `make demo` and `make test`.
# Each makes or refreshes .venv from requirements.lock by itself.
PYTHON ?= python3
ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
PACKAGES := libs/common libs/toolkit libs/simulation $(patsubst %/pyproject.toml,%,$(wildcard services/*/pyproject.toml))

.PHONY: demo test test-kafka test-kafka-events test-kafka-nodes lint generate conformance fuzz contract-mutations attack attack-table record tutorial outside bench bench-smoke chaos simulate lock clean

demo: $(VENV)/ready
	$(BIN)/waybill demo $(ARGS)

# Three at a time, as most tests wait for something; those of one file stay together and share its servers.
test: $(VENV)/ready lint
	$(BIN)/pytest -n 3 --dist loadfile $(ARGS)

lint: $(VENV)/ready
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/pytest -q --no-header tests/house
	$(BIN)/waybill generate --check
	$(BIN)/waybill contracts lint

generate: $(VENV)/ready
	$(BIN)/waybill generate

# Sends every running service what its contract suggests, and judges each answer: minutes.
conformance: $(VENV)/ready
	$(BIN)/waybill conformance --at-least 5000 $(ARGS)

# The same for long, with other requests each time: make fuzz ARGS='--seconds 600 --seed 7'
fuzz: $(VENV)/ready
	$(BIN)/waybill fuzz $(ARGS)

# Asks every gate about every mutation and writes docs/contract-mutations.md.
contract-mutations: $(VENV)/ready
	WAYBILL_ALL_GATES=1 WAYBILL_WRITE_TABLE=1 $(BIN)/pytest tests/contract/test_mutations.py

# Tries the attacks of docs/security.md, then takes each guard out and requires that its attacks succeed: minutes.
attack: $(VENV)/ready
	WAYBILL_ATTACK=1 $(BIN)/pytest -n 2 tests/attack $(ARGS)

# Writes the table of attacks into docs/security.md.
attack-table: $(VENV)/ready
	WAYBILL_WRITE_TABLE=1 $(BIN)/pytest -q tests/attack/test_page.py

# Keeps what the services take and send now, as what a release does: make record RELEASE=1.2.0
record: $(VENV)/ready
	@test -n "$(RELEASE)" || { echo "Say which release: make record RELEASE=1.2.0"; exit 2; }
	$(BIN)/pytest services --record-traffic=tests/contract/releases/$(RELEASE)

# Follows docs/tutorial.md to the letter, in a copy of the tree, and adds a field to an order there.
tutorial: $(VENV)/ready
	WAYBILL_TUTORIAL=1 $(BIN)/pytest tests/tutorial

# Generators, proxies and testers of others, against the running platform; needs go, java and mvn, and downloads the tools.
outside: $(VENV)/ready
	WAYBILL_OUTSIDE=1 $(BIN)/pytest tests/outside $(ARGS)

# The event suite on Apache Kafka, and what it refuses; needs Java 17, and Maven the first time.
EVENTS := libs/common/tests/integration/events
test-kafka-events: $(VENV)/ready
	WAYBILL_TEST_BROKER=kafka $(BIN)/pytest $(EVENTS) --ignore=$(EVENTS)/on_kafka/test_three_nodes.py $(ARGS)

# Three nodes, one of which is killed: under the event suite, and under the whole platform.
test-kafka-nodes: $(VENV)/ready
	WAYBILL_TEST_BROKER=kafka $(BIN)/pytest $(EVENTS)/on_kafka/test_three_nodes.py tests/kafka $(ARGS)

# All of it, the platform on one node, and a campaign of faults.
test-kafka: $(VENV)/ready test-kafka-events test-kafka-nodes
	WAYBILL_TEST_BROKER=kafka $(BIN)/pytest tests/e2e $(ARGS)
	$(BIN)/waybill chaos --broker kafka --seed 7 --orders 300 --data .waybill-kafka --port-base 7600

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

# The campaign: a million histories, then every planted bug. Fewer: make simulate HISTORIES=10000
HISTORIES ?= 1000000
simulate: $(VENV)/ready
	$(BIN)/waybill simulate --histories $(HISTORIES) $(ARGS)
	$(BIN)/waybill simulate --mutants

# Pins everything, with hashes and without addresses of registries.
lock: $(VENV)/ready
	$(BIN)/uv pip compile --quiet --generate-hashes --python-version 3.11 \
		--no-emit-package waybill --no-emit-package waybill-toolkit \
		$(patsubst services/%/pyproject.toml,--no-emit-package %,$(wildcard services/*/pyproject.toml)) \
		--no-annotate --no-header $(PACKAGES:%=%/pyproject.toml) --group dev --output-file requirements.lock

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
