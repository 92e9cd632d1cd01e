"""A hook of MkDocs: while serving, an edit makes those pages anew that it has a part in, no others.

What counts over all pages, as the ledger does, takes note of the edit at the next start.
"""

import shutil
import sys
import tempfile
from pathlib import Path

from press import extension
from press.modules import stamps

KEPT_BY_AUTOREFS = (
    "_primary_url_map", "_secondary_url_map", "_title_map", "_breadcrumbs_map", "_abs_url_map",
    "_backlinks",
)  # fmt: skip
_last = {"meta": {}}  # what the last build of this process knew
_now = {"pages": None, "site": None}  # the pages to make, or None for all; where the site stands


def on_config(config):
    if "serve" in sys.argv:
        extension.settled.add(key_of(config))
        seen = stamps(map(Path, [config.config_file_path, *config.watch]))
        nothing = None if seen != _last.get("seen") else set()
        _now["pages"] = extension.touched.pop(key_of(config), nothing)
        _last["seen"] = seen


def on_pre_build(config):
    config.plugins["material/search"].search_index_prev = None
    if _now["pages"] is not None:
        _now["site"], config.site_dir = config.site_dir, tempfile.mkdtemp(prefix="mkdocs_")
        config.plugins["material/search"].search_index_prev = _last["search"]
        vars(config.plugins["autorefs"]).update(_last["autorefs"])


def on_nav(nav, config, files):
    if _now["pages"] is not None:
        folder = config.mdx_configs["press"]["pages"]
        pages = [
            file
            for file in files.documentation_pages()
            if f"{folder}/{file.src_uri}" in _now["pages"]
        ]
        for page in nav.pages:
            page.meta = _last["meta"].get(page.file.src_uri, {})
        files.documentation_pages = lambda **options: pages


def on_post_build(config):
    if "serve" in sys.argv:
        _last["search"] = config.plugins["material/search"].search_index
        kept = vars(config.plugins["autorefs"])
        _last["autorefs"] = {name: kept[name] for name in KEPT_BY_AUTOREFS}
        extension.settled.discard(key_of(config))
    if _now["pages"] is not None:
        shutil.copytree(config.site_dir, _now["site"], dirs_exist_ok=True)
        shutil.rmtree(config.site_dir)
        config.site_dir = _now["site"]


def on_page_context(context, page, config, nav):
    _last["meta"][page.file.src_uri] = page.meta


def on_build_error(error):
    extension.settled.clear()


def key_of(config):
    return Path.cwd(), config.mdx_configs["press"]["pages"]
