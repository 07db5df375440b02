# How the FileCheck tests are found and run: `ninja check-lit`, or one of them by
# `/usr/lib/llvm-22/bin/lit -v build/test --filter NAME`.
#
# %s the file, %t a scratch path, %S its folder; %build, %source: the two trees; %python, %cc, %cxx; tools by name.
import os
import platform

import lit.formats

config.name = "rondo"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".rondo", ".test", ".py"]
config.excludes = ["Inputs", "Unit", "lit.cfg.py", "CMakeLists.txt"]
config.test_source_root = os.path.join(config.rondo_source, "test")
config.test_exec_root = os.path.join(config.rondo_build, "test")

bin_dir = os.path.join(config.rondo_build, "bin")
config.environment["PATH"] = os.pathsep.join([bin_dir, config.llvm_tools, os.environ["PATH"]])
config.environment["PYTHONPATH"] = os.path.join(config.rondo_source, "test")
# Colours and other people's settings have no place in a comparison.
config.environment["NO_COLOR"] = "1"
config.environment["LC_ALL"] = "C.UTF-8"

for name, value in [
    ("%build", config.rondo_build),
    ("%source", config.rondo_source),
    ("%python", config.python),
    ("%cc", config.cc),
    ("%cxx", config.cxx),
]:
    config.substitutions.append((name + r"\b", value))

if platform.machine() == "x86_64":
    config.available_features.add("x86_64")
    with open("/proc/cpuinfo") as cpuinfo:
        flags = set(cpuinfo.read().split())
    if "avx2" in flags:
        config.available_features.add("avx2")
    if "avx512f" in flags:
        config.available_features.add("avx512")
