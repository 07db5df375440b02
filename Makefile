# The two commands are `make demo` and `make check`; both install what is missing (scripts/bootstrap.sh).
.POSIX:
.SUFFIXES:
.PHONY: all build demo check coverage bench format clean

EXAMPLE = examples/char_rnn

all: build

# The tools, in build/bin.
build:
	@scripts/bootstrap.sh
	@[ -x build/bin/rondo ] || echo "Building the compiler: some minutes on two cores"
	@mkdir -p build
	@[ -f build/build.ninja ] || cmake --preset release >build/build.log 2>&1 || { cat build/build.log; exit 1; }
	@ninja -C build rondo rondo-opt rondo-reduce >build/build.log 2>&1 || { cat build/build.log; exit 1; }

# Compiles an example with its trained weights to an executable, which says "ohlol".
demo: build
	@mkdir -p build/demo
	build/bin/rondo compile $(EXAMPLE)/model.rondo -o build/demo/char_rnn
	build/demo/char_rnn --entry predict --weights $(EXAMPLE)/weights.safetensors \
	  --input x=$(EXAMPLE)/hello.npy --decode $(EXAMPLE)/chars.txt

# All tests; the sum is the last line, and in build/check/summary.
check:
	@scripts/bootstrap.sh --check
	@build/venv/bin/python scripts/check.py

# Which lines the tests reach, by folder.
coverage:
	@scripts/bootstrap.sh --check
	@build/venv/bin/python scripts/coverage.py

# Against PyTorch on one thread.
bench: build
	@scripts/bootstrap.sh --check
	@build/venv/bin/python benchmarks/run.py --rondo build/bin/rondo
	@build/venv/bin/python benchmarks/attention.py --rondo build/bin/rondo

# C and C++ as .clang-format says.
format:
	@find compiler dialects runtime test benchmarks -name '*.[hc]' -o -name '*.cpp' | xargs clang-format-22 -i

clean:
	rm -rf build
