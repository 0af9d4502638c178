# The commands of this project; `make help` lists them. What they need is
# installed by deploy/toolchain/bootstrap.sh, what they build goes to build*/.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
MAKEFLAGS += --no-print-directory

JOBS ?= $(shell nproc)
export JOBS

toolchain := deploy/toolchain
python := .venv/bin/python
server := build/bin/sconce-server
lab := PYTHONPATH=tests/cluster:tests/support/python $(python) -m lab
cxx_roots := $(wildcard server client tests)

.PHONY: help setup setup-lint build server client demo serve zoo test bench \
        bench-peers bench-reload bench-load gpu-bundle manifests image \
        test-image test-cluster cluster-up cluster-down lint format tidy \
        clang test-asan test-tsan clean

help:  ## list the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' \
	  $(MAKEFILE_LIST)

setup:  ## install what is missing: Debian packages and .venv
	@$(toolchain)/bootstrap.sh

build: setup  ## build the server, the tests and the benchmarks
	@$(toolchain)/build.sh build -DCMAKE_BUILD_TYPE=Release

server: setup  ## build build/bin/sconce-server only
	@TARGETS=sconce-server $(toolchain)/build.sh build -DCMAKE_BUILD_TYPE=Release

client: setup  ## install the C++ client: make client PREFIX=dir
	@[[ -n "$(PREFIX)" ]] || { \
	  echo "make client: no PREFIX; say make client PREFIX=dir" >&2; exit 2; }
	@TARGETS=sconce_client $(toolchain)/build.sh build -DCMAKE_BUILD_TYPE=Release
	@cmake --install build --component client --prefix "$(PREFIX)"

demo: server  ## classify a photograph through the server
	@$(python) models/demo/run_demo.py --server $(server)

serve:  ## serve a folder of models: make serve MODELS=dir [ARGS='...']
	@[[ -d "$(MODELS)" ]] || { \
	  echo "make serve: MODELS='$(MODELS)' is not a folder;" \
	       "say make serve MODELS=dir" >&2; exit 2; }
	@$(MAKE) server
	@exec $(server) --model-repository "$(MODELS)" $(ARGS)

zoo: setup  ## export the reference models to build/zoo
	@$(python) -m models.zoo --out build/zoo

test: build  ## run every test, or SUITES='unit lint'
	@$(python) tests/run_tests.py $(SUITES)

bench: build  ## measure; the figures go to build/bench/latest.json
	@$(python) tests/bench/bench.py $(ARGS)

bench-peers: build  ## measure other servers beside ours (pip gets them)
	@$(python) tests/bench/bench_peers.py $(ARGS)

bench-reload: build  ## measure a hundred reloads under load
	@$(python) tests/bench/reload.py $(ARGS)

bench-load: build  ## measure the load test itself
	@$(python) tests/bench/load_harness.py $(ARGS)

gpu-bundle: build zoo  ## pack the GPU check for a machine with a GPU
	@$(python) tests/gpu/bundle.py $(ARGS)

manifests: setup  ## write what deploy/ makes of its chart and its rules
	@$(python) deploy/generate.py

image:  ## build the container image: make image TARGET=cpu|cuda|test|sbom
	@deploy/image/build.sh $(or $(TARGET),cpu)

test-image: setup  ## build the image and try it in containers (root)
	@$(toolchain)/bootstrap.sh cluster
	@$(python) tests/run_tests.py image

# What cannot run says so with exit status 77, which make turns into its own.
test-cluster: setup  ## the chart in a real cluster (root): ARGS='-k drain'
	@$(toolchain)/bootstrap.sh cluster || true
	@TARGETS=sconce-load $(toolchain)/build.sh build -DCMAKE_BUILD_TYPE=Release
	@$(python) -m pytest -q -s tests/cluster $(ARGS)

cluster-up: setup  ## a Kubernetes cluster with the image (root)
	@$(toolchain)/bootstrap.sh cluster
	@$(lab) up

cluster-down:  ## remove what cluster-up, or --keep-lab, has left
	@$(lab) down

lint: setup  ## check layers, sizes, format and scripts
	@$(python) tests/lint/run_lint.py

format: setup  ## format the C++ files in place
	@find $(cxx_roots) -name '*.h' -o -name '*.cc' | \
	  xargs .venv/bin/clang-format -i

setup-lint:  ## also install clang 14, clang-tidy and shellcheck
	@$(toolchain)/bootstrap.sh lint

tidy: setup-lint build  ## clang-tidy on the files without torch (slow)
	@find $(cxx_roots) -name '*.cc' -not -path '*/runtime/*' -print0 | \
	  xargs -0 -n 1 -P $(JOBS) clang-tidy-14 --quiet -p build

clang: setup-lint  ## compile with clang 14 and -Wthread-safety
	@CC=clang-14 CXX=clang++-14 $(toolchain)/build.sh build-clang \
	  -DCMAKE_BUILD_TYPE=RelWithDebInfo -DSCONCE_CLANG_LANE=ON

test-asan: setup  ## unit and integration tests with address sanitizer
	@$(toolchain)/build.sh build-asan \
	  -DCMAKE_BUILD_TYPE=RelWithDebInfo -DSCONCE_SANITIZE=address
	@ASAN_OPTIONS=allocator_may_return_null=1 \
	  ctest --test-dir build-asan --output-on-failure --no-tests=error \
	  -L 'unit|integration'

test-tsan: setup  ## unit and integration tests with thread sanitizer
	@$(toolchain)/build.sh build-tsan \
	  -DCMAKE_BUILD_TYPE=RelWithDebInfo -DSCONCE_SANITIZE=thread
	@TSAN_OPTIONS="ignore_noninstrumented_modules=1 \
	    suppressions=$(CURDIR)/tests/lint/tsan.supp" \
	  ctest --test-dir build-tsan --output-on-failure --no-tests=error \
	  -L 'unit|integration'

clean:  ## remove the build folders; .venv stays
	rm -rf build build-asan build-tsan build-clang
