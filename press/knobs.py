"""What a reader can set in an interactive figure, and what comes of some settings."""

from typing import get_type_hints


def of(module, arguments):
    """The sliders of the one function that the figure shows, and rows for its table.

    Rows: as it starts, then each slider at both ends.
    """
    if len(arguments) != 1:
        raise ValueError(f"an interactive figure shows one function, not {len(arguments)}")
    (name,) = arguments
    compute = getattr(module, name)
    sliders = sliders_of(compute)
    start = {slider["name"]: slider["start"] for slider in sliders}
    settings = [start]
    for slider in sliders:
        settings += [start | {slider["name"]: slider[end]} for end in ("low", "high")]
    rows = [[each, single(compute(**each))] for each in settings]
    return {"compute": name, "sliders": sliders, "rows": rows}


def sliders_of(compute):
    """The sliders of a function's parameters: label, low, high, step, unit, name and start."""
    hints = get_type_hints(compute, include_extras=True)
    starts = dict(zip(hints, compute.__defaults__ or ()))
    sliders = []
    for name, start in starts.items():
        (slider,) = getattr(hints[name], "__metadata__", (None,))
        if slider is None:
            raise TypeError(f"{compute.__name__}: {name} must be Annotated with a Slider")
        steps = (start - slider.low) / slider.step
        if not slider.low <= start <= slider.high or abs(steps - round(steps)) > 1e-9:
            raise ValueError(f"{compute.__name__}: {name} starts at {start}, where no step is")
        sliders.append(vars(slider) | {"name": name, "start": start})
    return sliders


def single(values):
    """The numbers among what a function returns, without its arrays."""
    return {name: float(value) for name, value in values.items() if isinstance(value, int | float)}
