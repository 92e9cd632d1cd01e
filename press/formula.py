"""Formulas: `$...$` and `$$...$$` become MathML."""

import re

from math_core import LatexError, LatexToMathML

FORMULA = re.compile(
    r"(?<![\\$])(?:\$\$(?P<block>.+?)\$\$|\$(?![\s$])(?P<inline>[^$\n]*?[^\s$\\])\$(?!\d))",
    re.DOTALL,
)
MACROS = {"E": r"\operatorname{\mathbb{E}}", "Var": r"\operatorname{Var}"}
_to_mathml = LatexToMathML(fancy_error=False, macros=MACROS)


class FormulaError(ValueError):
    """A formula that cannot be set."""


def mathml(tex, *, block=False):
    """MathML of a formula."""
    try:
        if re.search(r"<[A-Za-z/!?]", tex):
            raise FormulaError(f"formula {tex.strip()!r}: write \\lt, since < opens a tag")
        return _to_mathml.convert_with_local_state(tex.strip(), displaystyle=block)
    except LatexError as error:
        raise FormulaError(f"formula {tex.strip()!r}: {error}".replace("\n", " ")) from None
