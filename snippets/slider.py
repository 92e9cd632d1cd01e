"""What a reader can set: the annotation of a parameter that an interactive figure offers."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Slider:
    """A range of numbers, from low to high in steps, with its label in words."""

    label: str
    low: float
    high: float
    step: float
    unit: str = ""
