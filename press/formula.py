"""Formulas: `$...$` and `$$...$$` become MathML."""

import re

from math_core import LatexError, LatexToMathML

FORMULA = re.compile(
    r"(?<![\\$])(?:\$\$(?P<block>.+?)\$\$|\$(?![\s$])(?P<inline>[^$]*?[^\s$\\])\$(?!\d))",
    re.DOTALL,
)
MACROS = {"E": r"\mathbb{E}", "Var": r"\operatorname{Var}"}
_to_mathml = LatexToMathML(fancy_error=False, macros=MACROS)


class FormulaError(ValueError):
    """A formula that cannot be set."""


def mathml(tex, *, block=False):
    r"""MathML of a formula, of a block one element for each part that may stand on its own line.

    A block is parted at `\qquad` and `\allowbreak`, so that it fits a phone.
    """
    if not block or r"\begin" in tex:
        return _one(tex, block)
    lines = ("".join(_one(part, block) for part in line.split(r"\allowbreak"))
             for line in tex.split(r"\qquad"))  # fmt: skip
    return '<span class="quad"></span>'.join(lines)


def _one(tex, block):
    try:
        if re.search(r"<[A-Za-z/!?]", tex):
            raise FormulaError(f"formula {tex.strip()!r}: write \\lt, since < opens a tag")
        return _to_mathml.convert_with_local_state(tex.strip(), displaystyle=block)
    except LatexError as error:
        raise FormulaError(f"formula {tex.strip()!r}: {error}".replace("\n", " ")) from None
