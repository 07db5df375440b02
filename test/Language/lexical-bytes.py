# A byte-order mark, CRLF, tabs and a last line without an end mean nothing.
# RUN: %python %s %t.rondo && %python %S/Inputs/calls.py %t.rondo
import sys

PROGRAM = """# A comment
# CALL: f(x=f32([1, 2])) == f32([3, 6]), i64(2)
\tdef\tf(x:\tf32[N]) -> f32[N],
\t\ti64 {
\ty\t=\tx +
 x
  return x + y, len([
\t\t1,
\t\t2
\t])
}"""

with open(sys.argv[1], "wb") as file:
    file.write(b"\xef\xbb\xbf" + PROGRAM.replace(" +\n", " +").replace("\n", "\r\n").encode())
