"use strict";

(() => {
  const root = document.documentElement;
  const all = (selector, within = document) => [...within.querySelectorAll(selector)];

  const remember = (key, value) => {
    try {
      localStorage.setItem(key, value);
    } catch {} // private windows may refuse
  };

  const recall = (key) => {
    try {
      return localStorage.getItem(key);
    } catch {
      return null;
    }
  };

  // Palette: the system's scheme, light, dark

  const themes = ["system", "light", "dark"];
  const palette = document.querySelector("button.palette");

  const paint = (theme) => {
    root.dataset.theme = theme;
    palette.ariaLabel = palette.title = `Color scheme: ${theme}`;
  };

  paint(themes.includes(recall("theme")) ? recall("theme") : "system");
  palette.addEventListener("click", () => {
    paint(themes[(themes.indexOf(root.dataset.theme) + 1) % themes.length]);
    remember("theme", root.dataset.theme);
  });

  // Tabs: one choice for all sets of a page, remembered

  const labelOf = (input) => input.parentElement.querySelector(`[for="${input.id}"]`).textContent;

  const choose = (name) => {
    for (const input of all(".tabbed-set > input")) {
      if (labelOf(input) === name) input.checked = true;
    }
  };

  document.addEventListener("change", ({ target }) => {
    if (!target.matches(".tabbed-set > input")) return;
    const before = target.parentElement.getBoundingClientRect().top;
    choose(labelOf(target));
    remember("tab", labelOf(target));
    scrollBy(0, target.parentElement.getBoundingClientRect().top - before);
  });
  if (recall("tab")) choose(recall("tab"));

  // An address opens what it names

  const named = (hash) => {
    try {
      return decodeURIComponent(hash);
    } catch {
      return hash; // not a code: a stray %
    }
  };

  const reveal = () => {
    const target = document.getElementById(named(location.hash.slice(1).split("?")[0]));
    if (!target) return;
    for (let up = target; up; up = up.parentElement) {
      if (up.matches("article details")) up.open = true;
      if (up.matches(".tabbed-block")) {
        const place = [...up.parentElement.children].indexOf(up);
        all(":scope > input", up.closest(".tabbed-set"))[place].checked = true;
      }
    }
    target.scrollIntoView();
  };

  addEventListener("hashchange", reveal);
  reveal();

  // Copy

  const between = "\n\n\n"; // two definitions

  const pieces = () => {
    const shown = all(".snippet > .highlight pre").flatMap((pre) => pre.textContent.trimEnd().split(between));
    const listed = JSON.parse(document.getElementById("__code").textContent);
    return listed.map((piece) => shown[piece] ?? piece);
  };

  const copy = async (button) => {
    const code = pieces();
    const text = button.dataset.code.split(" ").map((place) => code[place]);
    await navigator.clipboard.writeText(text.join(between) + "\n");
    button.textContent = "copied";
    setTimeout(() => (button.textContent = "copy"), 2000);
  };

  for (const button of all("button.copy")) {
    button.hidden = !navigator.clipboard;
    button.ariaLive = "polite";
    button.addEventListener("click", () => copy(button));
  }

  // Contents: the section that is being read

  const links = new Map(all(".contents a").map((link) => [link.hash.slice(1), link]));
  const headings = all("article h2").filter((heading) => links.has(heading.id));

  const follow = () => {
    const read = headings.findLast((heading) => heading.getBoundingClientRect().top < innerHeight / 3);
    for (const [id, link] of links) {
      if (id === read?.id) link.ariaCurrent = "true";
      else link.removeAttribute("aria-current");
    }
  };

  if (links.size) {
    let waiting = false;
    addEventListener("scroll", () => {
      if (waiting) return;
      waiting = true;
      requestAnimationFrame(() => {
        waiting = false;
        follow();
      });
    }, { passive: true });
  }

  // What the style leaves for later is laid out piece by piece, so that no piece holds up the reader

  const rest = all("article > *, section > *");

  const layOut = () => {
    const start = performance.now();
    while (rest.length && performance.now() - start < 2) {
      const piece = rest.shift();
      piece.style.contentVisibility = "visible";
      piece.getBoundingClientRect();
    }
    if (rest.length) setTimeout(layOut);
  };

  setTimeout(layOut);

  // Paper: links that lead elsewhere are numbered and listed, answers come last

  addEventListener("beforeprint", () => {
    const here = (document.querySelector("[rel=canonical]") ?? location).href;
    const links = [];
    for (const link of all("article a:not(.num, :is(.source, .ran, .mend, .take) *, [href$=csv])")) {
      const { hostname, href } = new URL(link.getAttribute("href"), here);
      if (!/\.[a-z]/.test(hostname) || href.split("#")[0] === here) continue;
      if (!links.includes(href)) links.push(href);
      link.insertAdjacentHTML("afterend", `<sup class=paper>[${links.indexOf(href) + 1}]</sup>`);
    }
    const answers = all(".exercise").map(({ innerHTML }) => innerHTML.replace(/.*?<\/summary>/s, ""));
    const [title, address] = [document.title, here].map(JSON.stringify);
    document.querySelector("article").insertAdjacentHTML("beforeend", `<div class=paper>
      <h2>Links</h2><ol><li>${links.join("<li>").replaceAll("&", "&amp;")}</ol>
      <h2>Answers</h2><ol><li>${answers.join("<li>")}</ol>
      <style>@page { @top-left { content: ${title} } @bottom-left { content: ${address} } }</style></div>`);
  });

  addEventListener("afterprint", () => all(".paper").forEach((node) => node.remove()));

  // Search: loaded when first asked for

  const button = document.querySelector("button.search");
  let loading = null;

  const load = (tag, properties) =>
    new Promise((resolve, reject) => {
      const node = Object.assign(document.createElement(tag), properties);
      node.onload = resolve;
      node.onerror = reject;
      document.head.append(node);
    });

  const search = async () => {
    const { script, style } = button.dataset;
    loading ??= Promise.all([
      load("link", { rel: "stylesheet", href: style }),
      load("script", { src: script }),
    ]);
    try {
      await loading;
      openSearch(button);
    } catch {
      loading = null;
    }
  };

  button.addEventListener("click", search);
  addEventListener("keydown", (event) => {
    const typing = event.target.closest("input:not([type=radio], [type=range]), textarea, select, dialog, [contenteditable]");
    if (event.key !== "/" || typing || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    search();
  });
})();
