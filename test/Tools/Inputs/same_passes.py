"""same_passes.py LIST TIMING: rondo's passes stand in `rondo passes` in the order in which --timing saw them run."""
import re
import sys

listed, timing = (open(path).read() for path in sys.argv[1:])
flags = re.findall(r"^  (rondo-[a-z-]+)", listed, re.MULTILINE)
plain = lambda name: name.lower().replace("-", "").removeprefix("rondo")
known = {plain(flag) for flag in flags}
ran = [plain(name) for name in re.findall(r"%\) +(\w+)$", timing, re.MULTILINE)]
ran = [name for name in ran if name in known]
assert len(ran) > 10 and ran == [plain(flag) for flag in flags], f"listed {flags}, ran {ran}"
