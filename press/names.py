"""A hook of MkDocs: what a page loads has its hash in its name, so that browsers keep it for ever.

Templates go on naming files as they are called here. Of the theme's own files only the search
worker is used, and its name has a hash already.
"""

import hashlib
from pathlib import Path

from jinja2 import pass_context

LOADED = {".css", ".js", ".svg", ".woff2"}
WORKER = "assets/javascripts/workers/*.js"
UNUSED = "assets/_mkdocstrings.css"  # mkdocstrings writes it past all hooks

_names = {}  # a file's name here to its name in the site


def on_files(files, config):
    own = {None, config.docs_dir, config.theme.custom_dir}  # None: made by a hook
    _names.clear()
    for file in list(files):
        path = Path(file.src_uri)
        if file.src_dir not in own:
            if not path.match(WORKER):
                files.remove(file)
        elif path.suffix in LOADED:
            digest = hashlib.sha256(file.content_bytes).hexdigest()[:8]
            file.dest_uri = path.with_suffix(f".{digest}{path.suffix}").as_posix()
            _names[file.src_uri] = file.dest_uri
    return files


def on_env(env, config, files):
    plain = env.filters["url"]

    @pass_context
    def url(context, value):
        return plain(context, _names.get(str(value), value))

    env.filters["url"] = url
    return env


def on_post_build(config):
    Path(config.site_dir, UNUSED).unlink(missing_ok=True)
