# make run | test | test-fast | lint | docs | viz | mlflow | pretrain | lock | clean
# ENV=photos PHOTOS=<folder>: your own photographs; ENV=descriptors DESCRIPTORS=<folder>: your own embeddings;
# ENV=revisited REVISITED=<folder>: a network on revisited Oxford or Paris;
# PARAMS=key=value,…: parameters for this run
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
PYTHON ?= python3
ENV ?= base
UV := .tools/uv/bin/uv
KEDRO := .venv/bin/kedro
INSTALLED := .venv/.installed
export DO_NOT_TRACK := 1
export PYTHONPATH := $(CURDIR)/src
COMMA := ,
$(foreach folder,PHOTOS DESCRIPTORS REVISITED,$(if $(findstring $(COMMA),$($(folder))),$(error $(folder) must not hold a comma: $($(folder)))))
FOLDERS := $(if $(PHOTOS),photos=$(PHOTOS))$(if $(DESCRIPTORS),descriptors=$(DESCRIPTORS))$(if $(REVISITED),revisited=$(REVISITED))
RUN_PARAMS := $(FOLDERS)$(if $(FOLDERS),$(if $(PARAMS),$(COMMA)))$(PARAMS)
RUN_PARAMS := $(if $(RUN_PARAMS),--params='$(RUN_PARAMS)')

.PHONY: run test test-fast lint unit docs viz mlflow pretrain lock clean

run: $(INSTALLED)
	$(KEDRO) run --env=$(ENV) $(RUN_PARAMS)

test: lint unit

# Linters, types, and the tests that neither compile, spawn processes, read every environment nor run pipelines.
test-fast: lint
	.venv/bin/pytest -m "not slow and not costly and not gpu"

lint: $(INSTALLED)
	.venv/bin/ruff check src tests benchmarks docs
	.venv/bin/ruff format --check src tests benchmarks docs
	.venv/bin/mypy
	.venv/bin/lint-imports

unit: $(INSTALLED)
	.venv/bin/pytest

# The site in build/site; a broken link is an error.
docs: $(INSTALLED)
	NO_MKDOCS_2_WARNING=1 .venv/bin/mkdocs build --quiet --strict

viz: $(INSTALLED)
	$(KEDRO) viz run --include-hooks --env=$(ENV) $(RUN_PARAMS)

mlflow: $(INSTALLED)
	.venv/bin/mlflow ui --backend-store-uri sqlite:///mlflow.db

# The backbone that the demo starts from, trained on a larger generated world; see data/06_models/world_resnet18.
pretrain: $(INSTALLED)
	$(KEDRO) run --env=pretrain --pipelines=world,data_cleaning,training

# Pins what pyproject.toml has gained; UPGRADE=--upgrade takes the newest versions of everything.
lock: $(UV)
	$(UV) pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
	    --no-emit-index-url --custom-compile-command "make lock" --quiet $(UPGRADE) -o requirements.lock

$(UV):
	$(PYTHON) -m venv .tools/uv
	.tools/uv/bin/pip install --quiet uv

$(INSTALLED): requirements.lock | $(UV)
	[ -x .venv/bin/python ] || $(UV) venv --quiet --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" .venv
	$(UV) pip sync --quiet --require-hashes --python .venv/bin/python requirements.lock
	touch $@

# Deletes what runs have written, in every environment; keeps the shipped weights and people's verdicts and lists.
clean:
	find data -mindepth 1 ! -name .gitkeep ! -type d ! -path 'data/06_models/world_resnet18/*' \
	    ! -path 'data/gldv2/01_raw/*' ! -path '*/01_raw/verdicts/*' ! -path '*/01_raw/landmark_lists/*' -delete
	find data -mindepth 2 -type d -empty ! -path 'data/gldv2/01_raw*' -delete
	rm -rf mlflow.db mlartifacts .viz
