"""Put tested functions on pages: their source, figures, claims, output and numbers.

Read in this order: `pages` finds what a page names, `modules` and `reach` tell what that depends
on, `build` has `worker` processes run what the `store` lacks, `draw` makes SVG, and `extension`
places what `show` renders, a `receipt` of it all included, while Markdown converts the page.
"""


def makeExtension(**options):  # noqa: N802 (the name Markdown looks for)
    from press.extension import Press  # a worker never needs Markdown

    return Press(**options)
