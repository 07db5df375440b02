#!/usr/bin/env python3
"""Random programs, each computed in several ways that must agree.

    run.py --bin build/bin --seeds 0:200            # these
    run.py --bin build/bin --seconds 60             # new ones, for so long
    run.py --bin build/bin --seeds 17:18 --show     # the text of one

What fails is made smaller and left in a folder of its own, with its inputs and the command that shows it.
"""

import argparse
import concurrent.futures
import os
import pathlib
import sys
import time

import check
import reproducer
from generator import program_of

ROOT = pathlib.Path(__file__).resolve().parents[2]
BATCH = 6  # programs of one compilation
MINIMISED = 5  # programs that are made smaller, of different faults


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, required=True, help="the folder of rondo")
    parser.add_argument("--seeds", help="FIRST:END")
    parser.add_argument("--seconds", type=float, help="new seeds, for so long")
    parser.add_argument("--first", type=int, default=int(time.time()) * 1000, help="where they begin; by the time")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--show", action="store_true", help="print the programs and run nothing")
    parser.add_argument("--reproducers", type=pathlib.Path, default=ROOT / "build" / "reproducers",
                        help="where programs that fail are left (build/reproducers); none: nowhere")
    options = parser.parse_args()
    first, end = map(int, options.seeds.split(":")) if options.seeds else (options.first, sys.maxsize)
    if options.show:
        for seed in range(first, end):
            print(f"# seed {seed}\n{program_of(seed).source()}")
        return 0
    start, tools = time.monotonic(), options.bin.resolve()
    faults, unclear, done = [], 0, 0
    for found, doubtful, count in results(tools, first, end, options.jobs, options.seconds):
        unclear, done = unclear + doubtful, done + count
        for seed, fault in found:
            print(f"FAIL: {fault if isinstance(fault, check.Fault) else f'seed {seed}: {fault}'}", flush=True)
            faults.append(fault)
        if done // 1000 > (done - count) // 1000:
            print(f"{done} programs", flush=True)
    seconds = time.monotonic() - start
    if str(options.reproducers) != "none":
        leave_reproducers(tools, faults, options.reproducers)
    print(f"{unclear} of {done} programs say nothing: their numbers jump, or rounding grows in them; "
          f"{60 * done / seconds:.0f} programs a minute, {seconds:.0f} s")
    print(f"differential: {done - len(faults)} passed, {len(faults)} failed")
    return 1 if faults else 0


def results(tools, first, end, jobs, seconds):
    """What `check.judged` gives of each batch, and how many seeds it has, as they come."""
    start, pending = time.monotonic(), {}
    pool = concurrent.futures.ProcessPoolExecutor(jobs)
    try:
        while pending or first < end:
            while first < end and len(pending) < jobs + 1:
                seeds = range(first, min(first + BATCH, end))
                pending[pool.submit(check.judged, tools, seeds)] = len(seeds)
                first += len(seeds)
            finished, _ = concurrent.futures.wait(pending, return_when=concurrent.futures.FIRST_COMPLETED)
            for future in finished:
                yield *future.result(), pending.pop(future)
            if seconds and time.monotonic() - start > seconds:
                first = end
    finally:
        pool.shutdown(cancel_futures=True)


def leave_reproducers(tools, faults, folder):
    """Of each kind of fault one, made smaller."""
    kinds = {}
    for fault in faults:
        if isinstance(fault, check.Fault):
            kinds.setdefault((fault.said, fault.way if fault.kind != "compile" else ""), fault)
    for fault in list(kinds.values())[:MINIMISED]:
        place = reproducer.leave(tools, fault, folder)
        print(f"seed {fault.program.seed}, made smaller: {place}")
        print((place / "model.rondo").read_text() + (place / "command.sh").read_text(), flush=True)


if __name__ == "__main__":
    sys.exit(main())
