"""What hosts say of the site: under nginx nothing foreign comes in, all works, and what has its
hash in its name is kept. `_headers` says the same."""

import collections
import contextlib
import gzip
import hashlib
import http.client
import re
import shutil
import socket
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import brotli
import pytest
from built_site import PREFIX, ROOT, THEME, rules
from conftest import AWAKE, PATIENCE, without
from playwright.sync_api import expect
from test_search import Search

from press import host, policy
from press.store import Store

MODULE = Path("/etc/nginx/modules-enabled/50-mod-http-brotli-static.conf")
CONFIGURATION = """
    daemon off;
    master_process off;
    pid HOME/pid;
    error_log HOME/log;
    include MODULE;
    events {}
    http {
        access_log off;
        client_body_temp_path HOME/body;
        proxy_temp_path HOME/proxy;
        fastcgi_temp_path HOME/fastcgi;
        uwsgi_temp_path HOME/uwsgi;
        scgi_temp_path HOME/scgi;
        include HOME/site.conf;
    }
"""
HASH = re.compile(r"\.[0-9a-f]{8}\.")
KEPT, CHECKED = "public, max-age=31536000, immutable", "no-cache"
TELL = (
    "addEventListener('securitypolicyviolation', event => console.error(event.violatedDirective))"
)


class Nginx:
    """nginx with the configuration that the build made, on a free port."""

    def __init__(self, site, home):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}{PREFIX}"
        text = conf(site)
        for preset, here in {
            "listen 80;": f"listen 127.0.0.1:{self.port};",
            "alias /var/www/checked/;": f"alias {site.folder}/;",
        }.items():
            assert text.count(preset) == 1
            text = text.replace(preset, here)
        (home / "site.conf").write_text(text, encoding="utf-8")
        main = CONFIGURATION.replace("HOME", str(home)).replace("MODULE", str(MODULE))
        (home / "nginx.conf").write_text(main, encoding="utf-8")
        command = [program(), "-e", home / "log", "-c", home / "nginx.conf"]
        self.process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
        while self.process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port)):
                return
            time.sleep(0.02)
        pytest.fail(f"nginx does not start: {self.process.stderr.read()}", pytrace=False)

    def ask(self, path, encoding="identity"):
        """(status, headers, body) as they are sent, for a path below the site or from the root."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port)
        connection.request("GET", f"{PREFIX}{path}", headers={"Accept-Encoding": encoding})
        with contextlib.closing(connection), connection.getresponse() as reply:
            return reply.status, dict(reply.getheaders()), reply.read()

    def close(self):
        self.process.terminate()
        self.process.communicate()


def program():
    return shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")


def conf(site):
    return site.folder.with_name(f"{site.folder.name}.nginx.conf").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def nginx(site, tmp_path_factory):
    if program() is None or not MODULE.exists():
        without("no nginx: apt-get install nginx-light libnginx-mod-http-brotli-static")
    server = Nginx(site, tmp_path_factory.mktemp("nginx"))
    yield server
    server.close()


@pytest.fixture
def reader(browser, nginx):
    """Opens pages under nginx; their noise is what the console and the policy say."""
    context = browser.new_context(base_url=nginx.url, permissions=["clipboard-write"])
    context.add_init_script(TELL)

    def reader(path, change=None):
        page = context.new_page()
        page.set_default_timeout(PATIENCE)
        page.noise, page.asked = [], []
        page.on("console", lambda message: page.noise.append(message.text))
        page.on("pageerror", lambda error: page.noise.append(str(error)))
        page.on("request", lambda request: page.asked.append(request.url))
        if change:
            page.route(nginx.url + path, change)
        page.goto(nginx.url + path)
        page.wait_for_load_state("networkidle")
        page.wait_for_function(AWAKE)
        return page

    yield reader
    context.close()


def pages(site):
    return [path.removesuffix("index.html") for path in site.pages]


def files(site):
    """Path below the site to file, of all that a build writes but what it compresses."""
    found = {path.relative_to(site.folder).as_posix(): path for path in site.folder.rglob("*.*")}
    return {name: path for name, path in found.items() if path.suffix not in (".br", ".gz")}


# In a browser


@pytest.mark.browser
def test_every_page_opens_in_silence(reader, site):
    for path in pages(site):
        page = reader(path)
        expect(page.locator("button.palette")).to_have_attribute("title", "Color scheme: system")
        page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
        page.evaluate("document.fonts.ready")
        assert page.noise == [], path
        assert page.evaluate("document.fonts.check('1em \"STIX Two Text\"')"), path
        page.close()


@pytest.mark.browser
def test_all_that_readers_use_works(reader):
    page = reader("dropout/")
    switch = page.locator("button.palette")
    switch.click()
    expect(switch).to_have_accessible_name("Color scheme: light")
    page.locator(".tabbed-labels > label", has_text="Keras").first.click()
    expect(page.locator(".tabbed-block:visible").first).to_contain_text("keras")
    copy = page.locator("button.copy:visible").first
    copy.click()
    expect(copy).to_have_text("copied")
    figure = page.locator("figure.drag").first
    marks = figure.locator("[data-mark]")
    drawn = marks.evaluate_all(DRAWN)
    figure.locator("input").first.focus()
    page.keyboard.press("End")
    assert drawn != marks.evaluate_all(DRAWN) != []
    page.keyboard.press("/")
    Search(page).find("monte carlo").links.first.click()
    assert page.noise == []


DRAWN = "marks => marks.map(mark => mark.outerHTML)"


@pytest.mark.browser
def test_a_lab_leads_to_its_notebook(reader, nginx):
    page = reader("labs/dropout/")
    with page.expect_download() as started:
        page.locator(".take a").first.click()
    assert started.value.url == f"{nginx.url}labs/dropout.ipynb"
    assert page.noise == []


PLANTED = """
    <script>document.title = "run"</script>
    <script src="FOREIGN/planted.js"></script>
    <img src="FOREIGN/planted.png">
    <iframe src="../claims/"></iframe>
    <p id="handler" onclick="document.title = 'run'">x</p>
    <a id="address" href="javascript:document.title = 'run'">x</a>
    </body>"""
BLOCKED = {
    "script-src-elem": 3,  # two scripts, an address
    "script-src-attr": 1,
    "img-src": 1,
    "frame-src": 1,
    "connect-src": 1,
}


@pytest.mark.browser
def test_what_is_planted_is_not_run(reader):
    with socket.create_server(("127.0.0.1", 0)) as foreign:
        home = f"http://127.0.0.1:{foreign.getsockname()[1]}"

        def plant(route):
            reply, planted = route.fetch(), PLANTED.replace("FOREIGN", home)
            route.fulfill(response=reply, body=reply.text().replace("</body>", planted))

        page = reader("dropout/", plant)
        page.locator("#handler").dispatch_event("click")
        page.locator("#address").dispatch_event("click")
        with page.expect_console_message(lambda message: message.text == "connect-src"):
            page.evaluate("home => fetch(home).catch(() => {})", home)
        assert collections.Counter(each for each in page.noise if each in BLOCKED) == BLOCKED
        assert page.title() != "run"
        foreign.setblocking(False)
        with pytest.raises(BlockingIOError):  # nobody has called
            foreign.accept()


# Headers

KINDS = {
    "": ("text/html; charset=utf-8", CHECKED),
    "dropout/": ("text/html; charset=utf-8", CHECKED),
    "claims.json": ("application/json", CHECKED),
    "search/search_index.json": ("application/json", CHECKED),
    "sitemap.xml": ("application/xml; charset=utf-8", CHECKED),
    "data/dropout.figures.plot_masks.csv": ("text/csv; charset=utf-8", CHECKED),
    "labs/dropout.ipynb": ("application/x-ipynb+json", CHECKED),
    "labs/*.whl": ("application/octet-stream", CHECKED),
    "assets/fonts/OFL.txt": ("text/plain; charset=utf-8", CHECKED),
    "assets/site.*.js": ("text/javascript; charset=utf-8", KEPT),
    "assets/search.*.css": ("text/css; charset=utf-8", KEPT),
    "assets/check.*.svg": ("image/svg+xml", KEPT),
    "assets/fonts/stix-two-text.*.woff2": ("font/woff2", KEPT),
    "assets/javascripts/workers/search.*.js": ("text/javascript; charset=utf-8", KEPT),
    "interactive/dropout.*.js": ("text/javascript; charset=utf-8", KEPT),
}


@pytest.mark.parametrize("pattern", KINDS)
def test_each_kind_of_file_has_its_headers(nginx, site, pattern):
    path = pattern
    if "*" in pattern:
        (found,) = site.folder.glob(pattern)
        path = found.relative_to(site.folder).as_posix()
    status, sent, _ = nginx.ask(path)
    assert status == 200
    assert (sent["Content-Type"], sent["Cache-Control"]) == KINDS[pattern]
    assert sent["Server"] == "nginx"
    assert rules(site.folder)["/*"].items() <= sent.items()


@pytest.mark.parametrize("path", ["no/such/page/", "assets/site.00000000.js", "data/"])
def test_what_is_not_there_has_them_too(nginx, site, path):
    status, sent, body = nginx.ask(path)
    assert (status, sent["Cache-Control"]) == (404, CHECKED)
    assert rules(site.folder)["/*"].items() <= sent.items()
    assert body == (site.folder / "404.html").read_bytes()


def test_a_folder_without_its_slash_leads_to_it(nginx):
    for path in ("dropout", f"..{PREFIX[:-1]}"):
        status, sent, _ = nginx.ask(path)
        assert (status, sent["Location"]) == (
            301,
            f"{PREFIX}dropout/" if path == "dropout" else PREFIX,
        )


def test_both_files_say_the_same(site):
    added = re.findall(r'(?m)^    add_header (\S+) "(.*)" always;$', conf(site))
    assert dict(added) == rules(site.folder)["/*"]
    kept = {path: block for path, block in rules(site.folder).items() if path != "/*"}
    assert all(block == {"Cache-Control": KEPT} for block in kept.values())
    assert sorted(kept) == sorted(f"/{name}" for name in files(site) if HASH.search(name))


def test_the_policy_names_no_other_host(site):
    sent = rules(site.folder)["/*"]
    assert "script-src 'self' 'sha256-" in sent["Content-Security-Policy"]
    assert sent["Content-Security-Policy"].count("sha256-") == 1
    policies = dict(rule.split(" ", 1) for rule in sent["Content-Security-Policy"].split("; "))
    named = {name for names in policies.values() for name in names.split()}
    assert {name for name in named if not name.startswith("'sha256-")} == {
        "'none'",
        "'self'",
        "'unsafe-inline'",
    }
    assert [name for name, allowed in policies.items() if "unsafe" in allowed] == ["style-src"]


def test_what_hosts_can_read(site):
    """Cloudflare's limits: a hundred rules, 2000 characters in a line."""
    assert len(rules(site.folder)) <= 100
    lines = (site.folder / "_headers").read_text(encoding="utf-8").splitlines()
    assert max(map(len, lines)) <= 2000


# Names


def test_a_name_has_the_hash_of_the_file(site):
    named = [path for name, path in files(site).items() if HASH.search(name)]
    named = [path for path in named if path.parent.name != "workers"]  # Material's own hash
    assert len(named) > 10
    for path in named:
        assert f".{hashlib.sha256(path.read_bytes()).hexdigest()[:8]}." in path.name


def test_of_the_theme_nothing_is_there_that_no_page_uses(site):
    theirs = {HASH.sub(".", name) for name in files(site) if name.startswith("assets/")}
    ours = {f"assets/{path.relative_to(THEME / 'assets')}" for path in THEME.glob("assets/**/*.*")}
    assert theirs - ours == {"assets/javascripts/workers/search.min.js"}
    assert ours <= theirs
    assert {name.partition("/")[0] for name in files(site) if "/" not in name} == {
        "404.html",
        "claims.json",
        "feed.xml",
        "index.html",
        "robots.txt",
        "sitemap.xml",
    }


# Compressed


def test_every_text_is_there_compressed(site):
    texts = [path for path in files(site).values() if path.suffix not in (".png", ".whl", ".woff2")]
    assert len(texts) > 50
    for path in texts:
        raw = path.read_bytes()
        assert brotli.decompress(path.with_name(path.name + ".br").read_bytes()) == raw
        assert gzip.decompress(path.with_name(path.name + ".gz").read_bytes()) == raw


@pytest.mark.parametrize(
    ("asked", "given"),
    [("br", "br"), ("gzip, deflate, br", "br"), ("gzip", "gzip"), ("identity", None)],
)
def test_nginx_sends_what_was_compressed(nginx, site, asked, given):
    suffix = {"br": ".br", "gzip": ".gz", None: ""}[given]
    for path in ("dropout/index.html", "claims.json", "labs/dropout.ipynb"):
        _, sent, body = nginx.ask(path, asked)
        assert sent.get("Content-Encoding") == given
        assert sent["Vary"] == "Accept-Encoding"
        assert body == (site.folder / f"{path}{suffix}").read_bytes()


def test_what_has_not_changed_is_not_compressed_again(tmp_path, monkeypatch):
    store, text = Store(tmp_path), b"a text" * 100
    br, gz = host.packed("a.00000000.css", text, store)
    assert (brotli.decompress(br), gzip.decompress(gz)) == (text, text)
    monkeypatch.delattr(brotli, "compress")
    assert host.packed("a.00000000.css", text, store) == (br, gz)
    with pytest.raises(AttributeError):
        host.packed("a.00000000.css", text + b"x", store)


def test_a_cache_that_cannot_be_written_costs_time_only(tmp_path):
    (tmp_path / "file").touch()
    br, _ = host.packed("a.css", b"text", Store(tmp_path / "file"))
    assert brotli.decompress(br) == b"text"


# What a build refuses

SCRIPT = "<script>let a</script>"
FAULTS = {
    '<p onclick="a()">x</p>': "onclick: no script stands in an attribute",
    '<svg onload="a()"></svg>': "onload: no script stands in an attribute",
    '<a href="javascript:a()">x</a>': "href: no script stands in an address: javascript:a()",
    '<a href=" java&#10;Script:a()">x</a>': "href: no script stands in an address: javaScript:a()",
    '<img src="https://b.example/x" alt="">': "src: not a file of the site: https://b.example/x",
    '<img srcset="a.png, //b.example/x">': "srcset: not a file of the site: a.png,//b.example/x",
    '<script src="//b.example/x"></script>': "src: not a file of the site: //b.example/x",
    '<link rel="icon" href="http://b.example">': "href: not a file of the site: http://b.example",
    '<svg><use xlink:href="data:x"/></svg>': "xlink:href: not a file of the site: data:x",
    '<form action="https://b.example"></form>': "action: not a file of the site: https://b.example",
    "<script>let\n b</script>": "a script that 404.html does not have: let b",
    '<script type="module">let c</script>': "a script that 404.html does not have: let c",
    '<script type="" type="application/json">let e</script>': (
        "a script that 404.html does not have: let e"
    ),
    "<SCRIPT>let d</SCRIPT>": "a script that 404.html does not have: let d",
}
SOUND = """<a href="https://b.example">x</a><link rel="canonical" href="https://a.example/x">
    <img src="../a.png" alt=""><script type="application/json">{"a": "<b onclick=1>"}</script>
    <a href="mailto:a@b.example">x</a><pre>&lt;script&gt;javascript:a()&lt;/script&gt;</pre>"""


@pytest.mark.parametrize("html", FAULTS)
def test_what_the_policy_would_block_is_named(html):
    page = f"{SCRIPT}\n{SOUND}\n\n{html}"
    with pytest.raises(SystemExit) as refused:
        policy.headers({"404.html": SCRIPT, "a/index.html": page, "b/index.html": page})
    lines = [f"{name}/index.html:6: {FAULTS[html]}" for name in "ab"]
    assert str(refused.value) == "\n".join(["", *lines, "", "2 failures; nothing was written."])


def test_the_script_of_the_template_may_run_and_no_other():
    sent = policy.headers({"404.html": SCRIPT, "a/index.html": f"{SOUND}{SCRIPT}"})
    hashed = "'sha256-IfEXP/8HLuXoAiy0hZVrCAcjcLsZqYFpLOHDGj8enqE='"
    assert f"script-src 'self' {hashed}; " in sent["Content-Security-Policy"]


PAGE = (
    SCRIPT
    + """
<img src="{{ 'assets/a.svg' | url }}" alt="">
{{ page.content }}
"""
)


def project(home):
    """A site of one page and its 404."""
    written = {
        "mkdocs.yml": f"""
            site_name: x
            theme: {{name: null, custom_dir: theme, static_templates: [404.html]}}
            plugins: []
            strict: true
            hooks: [{ROOT}/press/names.py, {ROOT}/press/host.py]
        """,
        "theme/main.html": PAGE,
        "theme/404.html": SCRIPT,
        "theme/assets/a.svg": "<svg/>",
        "docs/index.md": "# One\n",
    }
    for name, text in written.items():
        (home / name).parent.mkdir(parents=True, exist_ok=True)
        (home / name).write_text(textwrap.dedent(text), encoding="utf-8")


def build(home):
    command = [sys.executable, "-m", "mkdocs", "build"]
    return subprocess.run(command, cwd=home, capture_output=True, text=True)


def content(folder):
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ('<p onclick="a()">x</p>', "index.html:4: onclick: no script stands in an attribute"),
        ("[x](gone.md)", "Aborted with 1 warnings in strict mode!"),
    ],
)
def test_a_build_that_fails_leaves_the_last_site(tmp_path, monkeypatch, wrong, said):
    (tmp_path / "drafts").mkdir()
    monkeypatch.setenv("TMPDIR", str(tmp_path / "drafts"))
    project(tmp_path)
    done = build(tmp_path)
    assert done.returncode == 0, done.stderr
    before = content(tmp_path / "site")
    assert (tmp_path / "site.nginx.conf").exists()
    assert 'src="assets/a.' in (tmp_path / "site/index.html").read_text(encoding="utf-8")
    (tmp_path / "docs/index.md").write_text(f"# Two\n\n{wrong}\n", encoding="utf-8")
    done = build(tmp_path)
    assert done.returncode == 1
    assert said in done.stdout + done.stderr
    assert content(tmp_path / "site") == before
    assert list((tmp_path / "drafts").iterdir()) == []
    (tmp_path / "docs/index.md").write_text("# Three\n", encoding="utf-8")
    assert build(tmp_path).returncode == 0
    assert "Three" in (tmp_path / "site/index.html").read_text(encoding="utf-8")
