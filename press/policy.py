"""What may run on the pages of the site, and what its host says of it to browsers."""

import base64
import hashlib
import re
from html.parser import HTMLParser

from press.build import count

DATA = "application/json"  # a script of this type does not run
LOADING = {"action", "data", "formaction", "href", "poster", "src", "srcset", "xlink:href"}
ELSEWHERE = re.compile(r"^[a-z][a-z\d+.-]*:|//", re.IGNORECASE)
BLANK = re.compile(r"[\0- ]")  # browsers pass over it
TEMPLATE = "404.html"  # the page that is nothing else

# Style may be inline: pages bring theirs along, its text differs with their depth, and formulas
# have style attributes, which would take a dozen hashes. What it asks for is ruled by the rest.
POLICY = (
    "default-src 'none'; script-src 'self' {scripts}; worker-src 'self'; connect-src 'self'; "
    "font-src 'self'; img-src 'self'; style-src 'self' 'unsafe-inline'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; object-src 'none'"
)
OFF = (  # every feature that browsers have known for years; of a new one, older ones complain
    "accelerometer", "autoplay", "camera", "clipboard-read", "display-capture", "encrypted-media",
    "fullscreen", "gamepad", "geolocation", "gyroscope", "hid", "idle-detection", "keyboard-map",
    "local-fonts", "magnetometer", "microphone", "midi", "payment", "picture-in-picture",
    "publickey-credentials-get", "screen-wake-lock", "serial", "storage-access", "sync-xhr", "usb",
    "window-management", "xr-spatial-tracking",
)  # fmt: skip
HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": ", ".join(["clipboard-write=(self)", *(f"{name}=()" for name in OFF)]),
    "Cross-Origin-Opener-Policy": "same-origin",
}


def headers(pages):
    """{name: value} for pages, {path: HTML}; SystemExit with all that the policy would block."""
    found = {path: _Page(html) for path, html in pages.items()}
    known = [text for _, text in found[TEMPLATE].scripts]
    faults = []
    for path, page in found.items():
        new = [(line, text) for line, text in page.scripts if text not in known]
        faults += [f"{path}:{line}: {why}" for line, why in page.faults]
        faults += [
            f"{path}:{line}: a script that {TEMPLATE} does not have: {' '.join(text.split())[:60]}"
            for line, text in new
        ]
    if faults:
        lines = "\n".join(faults)
        raise SystemExit(f"\n{lines}\n\n{count(len(faults), 'failure')}; nothing was written.")
    scripts = " ".join(f"'sha256-{digest(text)}'" for text in dict.fromkeys(known))
    return {"Content-Security-Policy": POLICY.format(scripts=scripts), **HEADERS}


def digest(text):
    return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


class _Page(HTMLParser):
    """The inline `scripts` of a page, and its `faults`: (line, text) of each."""

    def __init__(self, html):
        super().__init__()
        self.scripts, self.faults, self.script = [], [], None
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        line, _ = self.getpos()
        given = dict(reversed(attributes))  # of two with one name, browsers take the first
        leads = tag == "a" or given.get("rel") == "canonical"
        for name, value in attributes:
            bare = BLANK.sub("", value or "")
            if name.startswith("on"):
                self.faults.append((line, f"{name}: no script stands in an attribute"))
            elif bare.lower().startswith("javascript:"):
                self.faults.append((line, f"{name}: no script stands in an address: {bare[:60]}"))
            elif name in LOADING and not leads and ELSEWHERE.search(bare):
                self.faults.append((line, f"{name}: not a file of the site: {bare[:60]}"))
        if tag == "script" and "src" not in given and given.get("type") != DATA:
            self.script = line, ""

    def handle_data(self, data):
        if self.script:
            line, text = self.script
            self.script = line, text + data

    def handle_endtag(self, tag):
        if tag == "script" and self.script:
            self.scripts.append(self.script)
            self.script = None
