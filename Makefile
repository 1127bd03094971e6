# Every command of the project; `make` alone lists them.

PYTHON := .venv/bin/python
SERVICES := ingest gateway mailer devstack run
COMPILE := .venv/bin/uv pip compile -q --universal --python-version 3.11 \
           --no-header --no-annotate --generate-hashes
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory
# Where it is set, each of the tests' workers would compile every test at each run.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help setup run stop logs demo watch smoke doctor mailer dashboard dashboard-dev test \
        chaos cluster-test fuzz check lint format types boundaries dashboard-check bench \
        bench-fanout bench-ingest bench-outbox bench-endtoend bench-mail bench-reading \
        bench-cluster site site-serve configuration audit bandit sbom \
        images-scan release lock up down clean venv-run

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: ## Create .venv from the hashed lock, development tools included
	@sh devstack/setup.sh dev

venv-run:
	@sh devstack/setup.sh run

run: venv-run ## Start everything; Ctrl-C stops it (GATEWAYS=3 for three gateways)
	@exec $(PYTHON) -m devstack.stack up

stop: venv-run ## Stop what `make run` started
	@exec $(PYTHON) -m devstack.stack stop

logs: venv-run ## Follow the logs of all processes
	@exec $(PYTHON) -m devstack.stack logs

demo: venv-run ## Change rows for a minute, the way reviewers do
	@exec $(PYTHON) -m devstack.stack exec -m devstack.demo

watch: venv-run ## Print what a socket receives (ROOM=admin or ROOM=artist:<id>)
	@exec $(PYTHON) -m devstack.stack exec -m devstack.watch

mailer: venv-run ## Run one of the mailer's commands (ARGS="dead-letters list")
	@exec $(PYTHON) -m devstack.stack exec -m mailer_worker $(or $(ARGS),--help)

doctor: venv-run ## Say what is set up wrong, and what to do (ARGS="--json")
	@exec $(PYTHON) -m devstack.stack exec -m shared.doctor $(ARGS)

smoke: venv-run ## Check a deployment end to end (BASE_URL=http://localhost:8000)
	@exec $(PYTHON) -m devstack.stack exec -m devstack.smoke

dashboard: venv-run ## Build the dashboard (`make run` does it too)
	@exec $(PYTHON) -m devstack.dashboard build

dashboard-dev: venv-run ## Serve it with hot reload on :5173, beside `make run`
	@exec $(PYTHON) -m devstack.dashboard dev

test: setup ## Run all tests (ARGS="tests/unit -k signature" for some)
	@$(PYTHON) -m devstack.stack test-servers
	@exec $(PYTHON) -m pytest $(ARGS)

cluster-test: setup ## Break a broker of three nodes in every way, beside everything else
	@$(PYTHON) -m devstack.stack test-servers
	@exec $(PYTHON) -m pytest -n 0 tests/cluster

chaos: setup ## Break everything at random (MINUTES=30 SEED=8 SECONDS=60 NODES=3)
	@$(PYTHON) -m devstack.stack test-servers
	@exec $(PYTHON) -m tests.chaos $(if $(MINUTES),--minutes $(MINUTES)) \
	    $(if $(SEED),--seed $(SEED)) $(if $(SECONDS),--seconds $(SECONDS)) \
	    $(if $(NODES),--nodes $(NODES))

fuzz: setup ## Search for input that breaks a reader (MINUTES=5 TARGET=tokens)
	@exec $(PYTHON) -m tests.fuzz $(if $(MINUTES),--minutes $(MINUTES)) \
	    $(if $(TARGET),--target $(TARGET))

check: lint types boundaries bandit dashboard-check test ## All that must hold, tests included

lint: setup ## Check style and format
	@$(PYTHON) -m ruff check
	@$(PYTHON) -m ruff format --check

format: setup ## Bring the code into its format
	@$(PYTHON) -m ruff check --fix
	@$(PYTHON) -m ruff format

types: setup ## Check the types
	@$(PYTHON) -m mypy

boundaries: setup ## Check who may import whom
	@.venv/bin/lint-imports

dashboard-check: setup ## Check the dashboard: types, style, tests, build and size
	@$(PYTHON) -m devstack.dashboard check

bench: setup ## Measure all, write docs/performance.md: half an hour (ARGS="--quick")
	@$(PYTHON) -m devstack.stack test-servers
	@exec $(PYTHON) -m bench $(ARGS)

bench-fanout: setup ## Measure the fan-out beside plain loops (ARGS="--quick")
	@$(PYTHON) -m devstack.stack test-servers
	@exec $(PYTHON) -m bench.fanout $(ARGS)

bench-ingest: setup ## Measure ingest beside the plain ways (ARGS="--quick")
	@$(PYTHON) -m devstack.stack test-servers
	@exec $(PYTHON) -m bench.ingest $(ARGS)

bench-outbox: setup ## Measure commit to socket, pushed and relayed (ARGS="--quick")
	@$(PYTHON) -m devstack.stack test-servers
	@exec $(PYTHON) -m bench.outbox $(ARGS)

bench-endtoend: setup ## Measure commit to every socket of a room (ARGS="--quick")
	@$(PYTHON) -m devstack.stack test-servers
	@exec $(PYTHON) -m bench.endtoend $(ARGS)

bench-mail: setup ## Measure the mailer beside a plain one (ARGS="--quick")
	@$(PYTHON) -m devstack.stack test-servers
	@exec $(PYTHON) -m bench.mail $(ARGS)

bench-reading: setup ## Measure what reading everything costs (ARGS="--quick")
	@$(PYTHON) -m devstack.stack test-servers
	@exec $(PYTHON) -m bench.reading $(ARGS)

bench-cluster: setup ## Measure one node of the broker beside three (ARGS="--quick")
	@$(PYTHON) -m devstack.stack test-servers
	@exec $(PYTHON) -m bench.cluster $(ARGS)

site: setup ## Build the documentation as a site, into site/
	@NO_MKDOCS_2_WARNING=1 $(PYTHON) -m mkdocs build --strict

site-serve: setup ## Show the documentation at :8006 while it is written
	@NO_MKDOCS_2_WARNING=1 exec $(PYTHON) -m mkdocs serve --dev-addr 127.0.0.1:8006

configuration: setup ## Write docs/configuration.md from the settings classes
	@$(PYTHON) -m devstack.site.configuration

audit: setup ## Look for weak spots in code, packages and locks (STRICT=1)
	@$(PYTHON) -m devstack.audit

bandit: setup ## The part of it that needs nobody else's data
	@$(PYTHON) -m devstack.audit --offline

sbom: setup ## Write what each part is made of, as CycloneDX, into dist/
	@$(PYTHON) -m devstack.sbom

images-scan: setup ## Look into the images that were built
	@$(PYTHON) -m devstack.images scan

release: setup ## Tell how VERSION=x.y.z would be cut (DRY_RUN=0 does it)
	@$(PYTHON) -m devstack.release $(VERSION)

lock: setup ## Write the locks from pyproject.toml (UPGRADE=1: newest versions)
	@$(COMPILE) $(if $(UPGRADE),--upgrade) --group dev -o locks/dev.txt
	@for group in $(SERVICES); do \
	    $(COMPILE) --group $$group -c locks/dev.txt -o locks/$$group.txt || exit 1; \
	done

up: ## Start everything in containers (GATEWAYS=3 for three gateways)
	@docker compose up --build --detach --wait

down: ## Stop the containers; their data stays
	@docker compose down

clean: ## Remove the environment, caches, logs and local data
	@if [ -x $(PYTHON) ]; then $(PYTHON) -m devstack.stack stop; fi
	@rm -rf .venv .run .mypy_cache .ruff_cache .pytest_cache .hypothesis .fuzz \
	    .import_linter_cache dashboard/node_modules dashboard/dist dashboard/dist-realtime \
	    site dist
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
