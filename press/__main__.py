"""Draw or run one exhibit: python -m press dropout.figures:plot_masks out.svg"""

import sys
from pathlib import Path

from press.modules import SourceError
from press.worker import Runner


def main(arguments):
    if len(arguments) not in (1, 2) or ":" not in arguments[0]:
        return __doc__
    target, *files = arguments
    try:
        shown = Runner(Path.cwd()).run(target, draw=bool(files))
        if files:
            from press.draw import standalone

            Path(files[0]).write_text(standalone(shown["svg"]), encoding="utf-8")
        else:
            print(shown["text"])
    except (SourceError, OSError) as error:
        return str(error)
    return None


if __name__ == "__main__":
    sys.path.insert(0, "")
    sys.exit(main(sys.argv[1:]))
