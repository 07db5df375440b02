"""The documents as tests read them: fenced blocks and tables, each with the comments that stand directly above it.

    <!-- body x: f32[T, B] -->      the program below is the body of a `def` with these arguments
    <!-- members -->                ... the members of a model
    <!-- refused TEXT -->           ... is refused, and TEXT stands in the message
    <!-- file NAME -->              the block below is a file of this name, for all that follows on the page
    <!-- run --entry f ... -->      the block below is what `rondo run` prints of the program before it
    <!-- fails --entry f ... -->    ... what it says when the call fails
    <!-- same INPUTS -->            each row of the table below begins with an expression in PyTorch and one in rondo
                                    that give the same
    <!-- differ INPUTS -->          ... an expression in PyTorch, what it gives, one in rondo, what it gives
    <!-- shell -->                  commands and what they print, run one after the other in one folder
"""

import re

from examples import ROOT


def all_pages():
    """Pages with programs; errors.md is made of test/Errors, where its programs are tested."""
    docs = sorted((ROOT / "docs").glob("*.md"))
    return [ROOT / "README.md", *(page for page in docs if page.name != "errors.md")]


class Block:
    """A fenced block (its `language`) or a table (None): its lines, and comments as {"file": "a.rondo"}."""

    def __init__(self, language, lines, comments, line):
        self.language, self.comments, self.line = language, comments, line
        self.text = "".join(line + "\n" for line in lines)

    def rows(self):
        """A table's rows without its head, as lists of cells."""
        cells = [re.split(r"(?<!\\)\|", line.strip())[1:-1] for line in self.text.splitlines()[2:]]
        return [[cell.strip().replace("\\|", "|") for cell in row] for row in cells]


def blocks(page):
    lines, at, comments = page.read_text().splitlines(), 0, {}
    while at < len(lines):
        begin, line = at, lines[at]
        at += 1
        comment = re.fullmatch(r"<!-- (\w+) ?(.*?) ?-->", line)
        if comment:
            comments[comment[1]] = comment[2]
            continue
        if line.startswith("```"):
            while lines[at] != "```":
                at += 1
            yield Block(line[3:], lines[begin + 1 : at], comments, begin + 1)
            at += 1
        elif line.startswith("|"):
            while at < len(lines) and lines[at].startswith("|"):
                at += 1
            yield Block(None, lines[begin:at], comments, begin + 1)
        comments = {}
