#!/bin/sh
# Installs what a fresh Debian 12 lacks to build rondo, and with --check to test it too. Silent if nothing is missing.
#
#   scripts/bootstrap.sh [--check]
#
# Packages come from apt, as root or by sudo. The tests' Python modules go to a virtual environment, build/venv, which
# also sees those that the system has.
set -eu
cd "$(dirname "$0")/.."

packages="make cmake ninja-build python3 clang-22 lld-22 llvm-22-dev llvm-22-tools libmlir-22-dev mlir-22-tools
  libgtest-dev"
if [ "${1:-}" = --check ]; then
  packages="$packages python3-venv clang-format-22 libclang-rt-22-dev strace gdb
    qemu-user nodejs libc6-dev-arm64-cross libgcc-12-dev-arm64-cross libc6-dev-riscv64-cross
    libgcc-12-dev-riscv64-cross wasi-libc libclang-rt-22-dev-wasm32"
fi

missing=
if command -v dpkg-query >/dev/null; then
  installed=$(dpkg-query -W -f '${Package} ${db:Status-Status}\n' $packages 2>/dev/null || true)
  for package in $packages; do
    printf '%s\n' "$installed" | grep -qx "$package installed" || missing="$missing $package"
  done
else
  for tool in cmake ninja python3 clang-22; do
    command -v $tool >/dev/null || missing="$missing $tool"
  done
fi

if [ -n "$missing" ]; then
  if ! command -v apt-get >/dev/null; then
    echo "rondo needs LLVM and MLIR 22; missing here:$missing. scripts/bootstrap.sh can install them on Debian 12." >&2
    exit 1
  fi
  root=
  if [ "$(id -u)" != 0 ]; then
    if ! command -v sudo >/dev/null; then
      echo "rondo needs these packages, run as root: apt-get install$missing" >&2
      exit 1
    fi
    root=sudo
  fi
  echo "Installing$missing"
  log=$(mktemp)
  # A list that another repository fails to update does not matter here: the install tells what is lacking. LLVM's
  # recommended packages are left out, they would bring a second toolchain.
  $root apt-get update -qq >"$log" 2>&1 || true
  $root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $missing >>"$log" 2>&1 || {
    cat "$log" >&2
    exit 1
  }
  rm -f "$log"
fi

if [ "${1:-}" = --check ]; then
  if [ ! -x build/venv/bin/python ] || ! cmp -s test/requirements.txt build/venv/requirements.txt; then
    echo "Installing Python modules into build/venv"
    rm -rf build/venv
    mkdir -p build
    python3 -m venv --system-site-packages build/venv
    pip="build/venv/bin/python -m pip install --quiet --disable-pip-version-check --no-input"
    # The CPU's build of torch is small; it is on PyTorch's own index, or wherever pip is configured to look first.
    $pip -r test/requirements.txt 2>/dev/null ||
      $pip --extra-index-url https://download.pytorch.org/whl/cpu -r test/requirements.txt 2>/dev/null ||
      { sed 's/+cpu//' test/requirements.txt >build/venv/any.txt && $pip -r build/venv/any.txt; }
    cp test/requirements.txt build/venv/requirements.txt
  fi
fi
