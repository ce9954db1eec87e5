# `make help` explains each command.
SHELL := /bin/sh
PYTHON ?= python3
BIN := .venv/bin
COMMAND := $(BIN)/python -m acceptance
WITH_ENGINE := $(COMMAND) with-engine

# The suite's files are UTF-8, whatever the locale.
export PYTHONUTF8 := 1

# pip knows its own variable only.
ifneq ($(SSL_CERT_FILE),)
export PIP_CERT ?= $(SSL_CERT_FILE)
endif

.DEFAULT_GOAL := help
.PHONY: help setup accept test try-machines try-services check format lock up down render preflight prove rehearse-production rehearse-recovery soak report report-diff bench clean
.PHONY: pin lock-downloads verify-references argocd-password backup-keys restore-keys

help: ## Explain the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-17s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/installed ## Install the Python packages (other commands do so when needed)

.venv/installed: requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; set PYTHON=" >&2; exit 4; }
	@$(PYTHON) -m venv .venv 2>/dev/null || { test "$$(id -u)" = 0 && apt-get install -y python3-venv && $(PYTHON) -m venv .venv; } \
		|| { echo "$(PYTHON) cannot create a virtual environment. Remedy: install venv (Debian: apt-get install python3-venv)" >&2; rm -rf .venv; exit 4; }
	@echo "Installing Python packages ..." >&2
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes --requirement requirements.txt
	@touch $@

accept: setup ## Set up what is missing, then deploy and judge the platform on kind (ARGS= goes to pytest)
	@$(WITH_ENGINE) $(BIN)/pytest --env=kind $(ARGS)

test: setup ## Run the suite's own tests (no cluster)
	@$(WITH_ENGINE) $(BIN)/pytest -c tests/pytest.ini --rootdir . --confcutdir tests \
		-n auto --dist=loadfile --no-loadscope-reorder tests $(ARGS)

try-machines: setup ## Have production's user data set up machines in containers: cloud-init, systemd and its scripts are real
	@$(WITH_ENGINE) $(BIN)/pytest -c tests/pytest.ini --rootdir . --confcutdir tests -m machines tests/roots/test_machines.py $(ARGS)

try-services: setup ## Judge a second, different set of services (tests/other_services) by the same scenarios, on kind
	@$(WITH_ENGINE) $(BIN)/pytest --env=other-services $(foreach number,8 9 10 11 12 15,--requirement $(number)) \
		$(foreach number,4.8 4.9 4.10 7.6 7.7 13.5 14.1 14.4,--criterion $(number)) \
		$(foreach number,15 19 23,--task $(number)) $(ARGS)

check: setup ## Format, lint, types, layers, features against the catalogue, tofu, kustomize
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/pytest --dry-run >/dev/null
	@$(WITH_ENGINE) $(COMMAND) check

format: setup ## Format the code
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

lock: setup ## Update the lock of Python packages
	@$(BIN)/uv pip compile pyproject.toml --extra dev --generate-hashes --no-emit-index-url --no-header --no-annotate --upgrade -o requirements.txt

lock-downloads: setup ## Update the digests of the host tools' downloads in images/lock.toml (needs the internet)
	@$(COMMAND) lock-downloads $(ARGS)

up: setup ## Bring the platform up and keep it (for --reuse)
	@$(WITH_ENGINE) $(BIN)/pytest --env=kind --keep=always --criterion 2.1 --criterion 12.1 --criterion 12.4 --task 21 --task 27 $(ARGS)

down: setup ## Remove a platform that was kept or left behind, even without its state
	@$(WITH_ENGINE) $(COMMAND) down $(ARGS)

rehearse-production: setup ## Deploy and judge production's manifests on kind, attached as to production (ARGS="--keep")
	@$(WITH_ENGINE) $(COMMAND) rehearse-production $(ARGS)

rehearse-recovery: setup ## Back up everything, destroy the platform on kind, and restore it from the backups
	@$(WITH_ENGINE) $(BIN)/pytest --env=kind --rehearse --task 24 $(ARGS)

render: setup ## Print the manifests that an environment deploys, built by kustomize (ENV=kind)
	@$(COMMAND) render $(ENV)

preflight: setup ## List everything that would block a deployment, with remedies; create nothing (ENV=production)
	@$(COMMAND) preflight $(ENV)

prove: setup ## Inject defects into the platform that `make up` keeps; check that the right criteria turn red (ARGS="--criterion 7.5")
	@$(WITH_ENGINE) $(COMMAND) prove $(ARGS)

soak: setup ## Run all scenarios N times (default 10) on one platform and keep it; print each verdict that changed
	@$(WITH_ENGINE) $(COMMAND) soak $(N)

argocd-password: ## Show how to read Argo CD's admin password (KUBECONFIG= for a platform other than kind)
	@echo "kubectl -n argocd get secret admin-password -o go-template='{{.data.password | base64decode}}'"

backup-keys: setup ## Back up the sealing keys, encrypted (asks for a file and a passphrase)
	@$(COMMAND) backup-keys

restore-keys: setup ## Restore such a backup into a cluster
	@$(COMMAND) restore-keys

report: setup ## Generate the Allure report of the last run (RUN=folder for another), or merge reports (RUNS=a,b)
	@$(COMMAND) report $(if $(RUNS),--merge "$(RUNS)",$(RUN))

report-diff: setup ## Print what changed between two runs (A=run B=run); exit with 1 if a verdict became worse
	@$(COMMAND) report-diff "$(A)" "$(B)"

bench: setup ## Measure images, a run, a reused run, and plain `kind create cluster`; print JSON (ARGS=all: everything; ARGS=growth: twice the scenarios)
	@$(WITH_ENGINE) $(COMMAND) bench $(ARGS)

verify-references: setup ## Check that every image in the lock and in production is in its registry; print what is missing
	@$(COMMAND) verify-references $(ARGS)

pin: setup ## Pin production's images by digest in its overlays (ARGS=--check: list those without a digest)
	@$(COMMAND) pin $(ARGS)

clean: ## Remove reports, caches and Python packages
	@rm -rf .venv node_modules reports .pytest_cache .mypy_cache .ruff_cache .import_linter_cache k8s/upstream
	@rm -rf "$${XDG_CACHE_HOME:-$$HOME/.cache}/alternate-futures"
