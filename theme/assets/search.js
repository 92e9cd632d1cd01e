"use strict";

(() => {
  const [SETUP, READY, QUERY] = [0, 1, 2]; // to and from the theme's worker
  const LEAD = 50;
  const WIDTH = 160;
  const FEW = 4;
  const { packed } = window; // a copy for offline use brings worker and index along
  const FRAME = `
    <form>
      <label>
        <span>Search the articles</span>
        <input type="search" placeholder="Search" autocomplete="off" spellcheck="false">
      </label>
      <button type="button">Close</button>
    </form>
    <p role="status"></p>
    <ul></ul>`;

  const make = (tag, properties, ...children) => {
    const node = Object.assign(document.createElement(tag), properties);
    node.append(...children);
    return node;
  };

  // The index holds HTML: only its text is taken, and which of it is marked or code

  const read = (html) => {
    const inert = new DOMParser().parseFromString(html.replace(/<\/?(p|pre|li)>/g, " $&"), "text/html");
    const walker = inert.createTreeWalker(inert.body, NodeFilter.SHOW_TEXT);
    const runs = [];
    let end = 0;
    while (walker.nextNode()) {
      const { data, parentElement: up } = walker.currentNode;
      if (up.closest("sup")) continue;
      const text = data.replace(/\s+/g, " ");
      runs.push({ text, start: end, mark: up.closest("mark"), code: up.closest("code") });
      end += text.length;
    }
    return runs;
  };

  const write = (runs, from = 0, to = Infinity) =>
    runs.map(({ text, start, mark, code }) => {
      let node = text.slice(Math.max(from - start, 0), Math.max(to - start, 0));
      if (node && mark) node = make("mark", {}, node);
      if (node && code) node = make("code", {}, node);
      return node;
    });

  const excerpt = (runs) => {
    const marks = runs.filter(({ mark }) => mark).slice(0, 50);
    const seen = (mark, { start }) => start <= mark.start && mark.start < start + WIDTH - LEAD;
    const words = (best) => new Set(marks.filter((mark) => seen(mark, best)).map(({ text }) => text)).size;
    const best = marks.reduce((one, other) => (words(other) > words(one) ? other : one), marks[0]);
    const near = Math.max((best?.start ?? 0) - LEAD, 0);
    const all = runs.map(({ text }) => text).join("");
    const from = near && all.lastIndexOf(" ", near) + 1;
    const to = all.indexOf(" ", near + WIDTH);
    if (to < 0) return [from ? "…\u00a0" : "", ...write(runs, from)];
    return [from ? "…\u00a0" : "", ...write(runs, from, to), "\u00a0…"];
  };

  // A query in words of the index: those that say nothing are left out, misspelled ones are mended

  const IDLE = new Set(
    (
      "a an and any are as at be but by can do does false for from get how i if in into is it its my no not of " +
      "on or should so than that the then there this to true use using vs was what when where which why will with you"
    ).split(" "),
  );

  // One letter more, less or other, or two neighbors swapped

  const near = (one, other) => {
    let same = 0;
    while (same < one.length && one[same] === other[same]) same += 1;
    const [left, right] = [one.slice(same), other.slice(same)];
    const swapped = right.slice(1, 2) + right.slice(0, 1) + right.slice(2);
    return left.slice(1) === right.slice(1) || left.slice(1) === right || left === right.slice(1) || left === swapped;
  };

  const speller = ({ separator }, docs) => {
    const split = (text) => text.split(new RegExp(separator)).filter(Boolean);
    const counts = new Map();
    for (const { title, text } of docs) {
      for (const word of split(`${title} ${text}`.replace(/<[^>]+>/g, " "))) {
        const small = word.toLowerCase();
        counts.set(small, (counts.get(small) ?? 0) + 1);
      }
    }
    const known = [...counts.keys()].sort((one, other) => counts.get(other) - counts.get(one));

    const mend = (word) => {
      const small = word.toLowerCase();
      if (small.length < 5 || known.some((each) => each.startsWith(small))) return word;
      return known.find((each) => near(small, each)) ?? word;
    };

    return (asked) => {
      if (/^".*"$/.test(asked)) return asked;
      let words = split(asked.replace(/[+^~*\\]/g, " "));
      const telling = words.filter((word) => !IDLE.has(word.toLowerCase()));
      if (telling.length) words = telling;
      const long = words.filter((word) => word.length > 1);
      if (long.length > 1) words = long;
      const whole = (word, at) => words.length > 2 && at < words.length - 1 && counts.has(word.toLowerCase());
      return words.map((word, at) => (whole(word, at) ? `${word}^1` : mend(word))).join(" ");
    };
  };

  let search;

  const build = ({ dataset }) => {
    const home = new URL(dataset.base, document.baseURI);
    const dialog = make("dialog", { className: "finder", ariaLabel: "Search", innerHTML: FRAME });
    const part = (tag) => dialog.querySelector(tag);
    const [form, input, close, status, list] = ["form", "input", "button", "p", "ul"].map(part);
    let worker, spell, ready, asked, busy, hurry, pressed;

    const say = (...words) => status.replaceChildren(...words);

    // Loading

    const fail = () => {
      worker?.terminate();
      worker = null;
      const again = make("button", { onclick: load }, "Try again");
      const start = make("a", { href: home }, "all articles");
      say("The search index cannot be loaded. ", again, ", or see ", start, ".");
    };

    const load = async () => {
      ready = busy = hurry = false;
      asked = "";
      say("Loading the index …");
      try {
        const blob = packed && URL.createObjectURL(new Blob([packed.worker]));
        worker = new Worker(blob ?? new URL(dataset.worker, document.baseURI));
        worker.onerror = fail;
        worker.onmessage = hear;
        const index = packed?.index ?? (await (await fetch(new URL("search/search_index.json", home))).json());
        const { config, docs } = index;
        spell = speller(config, docs);
        worker.postMessage({ type: SETUP, data: { config, docs, options: { suggest: false } } });
      } catch {
        fail();
      }
    };

    // Asking: one query at a time, the latest next

    const ask = () => {
      if (!ready || busy || input.value === asked) return;
      asked = input.value;
      if (asked.trim()) {
        busy = true;
        worker.postMessage({ type: QUERY, data: spell(asked) });
      } else show([]);
    };

    const hear = ({ data: { type, data } }) => {
      ready = true;
      busy = false;
      if (type === READY) say();
      else if (input.value === asked) show(data.items);
      ask();
    };

    // Showing, in the worker's order

    const link = ({ location, title, text, terms }) => {
      const words = Object.keys(terms);
      const missing = words.filter((word) => !terms[word]);
      const node = make("a", { href: new URL(location, home) });
      node.append(make("b", {}, ...write(read(title))), make("span", {}, ...excerpt(read(text))));
      if (missing.length && missing.length < words.length) {
        node.append(make("i", {}, `without ${missing.join(", ")}`));
      }
      return node;
    };

    const group = (items, _, { length }) => {
      const found = items.filter(({ score }) => score);
      const page = items.find(({ location }) => !location.includes("#"));
      const top = page === found[0] ? link(found.shift()) : make("p", {}, ...write(read(page.title)));
      const links = found.map((item) => make("li", {}, link(item)));
      const rest = length > 1 && links.length > FEW + 1 ? links.splice(FEW) : [];
      if (rest.length) {
        const more = make("summary", {}, `${rest.length} more on this page`);
        links.push(make("li", {}, make("details", {}, more, make("ul", {}, ...rest))));
      }
      return make("li", {}, top, make("ul", {}, ...links));
    };

    const show = (items) => {
      const held = list.contains(document.activeElement);
      list.replaceChildren(...items.map(group));
      list.scrollTop = 0;
      const count = list.querySelectorAll("a").length;
      if (!asked.trim()) say();
      else if (!count) say(`Nothing found for “${asked.trim()}”`);
      else say(count === 1 ? "1 result" : `${count} results`);
      if (held) (list.querySelector("a") ?? input).focus();
      if (hurry) follow();
    };

    const follow = () => {
      hurry = input.value !== asked || busy;
      if (!hurry) list.querySelector("a")?.click();
    };

    // Keys and clicks

    const leave = () => {
      dialog.close();
      if (dialog.contains(document.activeElement)) document.activeElement.blur(); // not only with the next frame
    };

    const move = (event) => {
      const { key, target, isComposing, ctrlKey, metaKey, altKey } = event;
      if (isComposing || ctrlKey || metaKey || altKey) return;
      if (key === "Escape") {
        event.preventDefault();
        leave();
        return;
      }
      const stops = [input, ...list.querySelectorAll("a, summary")].filter((node) => node.checkVisibility());
      const here = stops.indexOf(target);
      const ends = here > 0 && { Home: 1, End: stops.length - 1 };
      const steps = { ArrowDown: here + 1, ArrowUp: here - 1, ...ends };
      if (key in steps) {
        event.preventDefault();
        stops[steps[key]]?.focus();
      } else if (here > 0 && key === "/") {
        event.preventDefault();
        input.select();
      } else if (here > 0 && key.length === 1 && key !== " ") input.focus();
    };

    const click = ({ target }) => {
      const away = target === dialog && pressed === dialog;
      const here = target.closest("a")?.pathname === location.pathname;
      if (away || here || target === close) leave();
    };

    dialog.addEventListener("keydown", move);
    dialog.addEventListener("click", click);
    dialog.addEventListener("pointerdown", ({ target }) => (pressed = target));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      follow();
    });
    input.addEventListener("input", () => {
      hurry = false;
      ask();
    });
    document.body.append(dialog);

    return () => {
      if (!dialog.open) dialog.showModal();
      input.select();
      if (!worker) load();
    };
  };

  window.openSearch = (button) => (search ??= build(button))();
})();
