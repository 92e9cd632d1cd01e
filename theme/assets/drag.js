"use strict";

const formulas = {}; // by the names of the Python functions that they mirror

(() => {
  const shown = (number) => (Number.isFinite(number) ? String(+number.toPrecision(4)).replace("-", "−") : "–");

  const onto = (start, slope, log) => (number) => start + slope * (log ? Math.log10(number) : number);

  const write = (words, values) =>
    words.replace(/\{(\w+):\.(\d)f\}/g, (_, name, digits) => values[name].toFixed(digits).replace("-", "−"));

  // Each mark goes where its numbers say

  const place = (svg, values) => {
    JSON.parse(svg.dataset.marks).forEach(([across, up, a, b, logX, c, d, logY, words, dx = 0, dy = 0], mark) => {
      const nodes = [...svg.querySelectorAll(`[data-mark="${mark}"]`)];
      const [xs, ys] = [values[across], values[up]].map((each) => [each].flat());
      const points = xs.map((x, at) => [onto(a, b, logX)(x) + dx, onto(c, d, logY)(ys[at]) + dy]);
      if (nodes[0].tagName === "path") {
        let pen = "M";
        const d = points.map((point) => {
          const step = point.every(Number.isFinite) ? pen + point.map((px) => px.toFixed(2)) : "";
          pen = step ? "L" : "M";
          return step;
        });
        nodes[0].setAttribute("d", d.join(""));
        return;
      }
      nodes.forEach((node, at) => {
        const visible = points[at].every(Number.isFinite);
        node.setAttribute("visibility", visible ? "visible" : "hidden");
        if (visible) ["x", "y"].forEach((name, axis) => node.setAttribute(name, points[at][axis].toFixed(2)));
        if (words) node.textContent = write(words, values);
      });
    });
  };

  const say = (slider) => {
    const output = slider.previousElementSibling;
    output.textContent = shown(slider.valueAsNumber) + slider.dataset.unit;
    slider.ariaValueText = output.textContent;
  };

  const wake = (figure, compute) => {
    const form = figure.querySelector("form");
    const sliders = [...form.querySelectorAll("input")];
    const rows = [...figure.querySelectorAll("tr")];
    const id = figure.querySelector("[id]").id;

    const draw = () => {
      const settings = Object.fromEntries(sliders.map(({ name, value }) => [name, Number(value)]));
      const values = compute(settings);
      for (const svg of figure.querySelectorAll("svg[data-marks]")) place(svg, values);
      sliders.forEach(say);
      for (const row of rows) row.cells[1].textContent = shown({ ...settings, ...values }[row.dataset.name]);
    };

    // An address may say how it is set: #id?name=value&…

    const read = () => {
      const [hash, settings] = location.hash.slice(1).split("?");
      if (hash !== id || !settings) return;
      const said = new URLSearchParams(settings);
      for (const slider of sliders) {
        const value = said.get(slider.name);
        const within = value?.trim() && value >= Number(slider.min) && value <= Number(slider.max);
        slider.value = within ? value : slider.defaultValue;
      }
      draw();
    };

    const share = () => {
      const changed = sliders.filter(({ value, defaultValue }) => value !== defaultValue);
      const said = changed.map(({ name, value }) => `${name}=${value}`).join("&");
      history.replaceState(history.state, "", `#${id}${said && `?${said}`}`);
    };

    form.addEventListener("input", draw);
    form.addEventListener("change", share);
    form.addEventListener("reset", () => setTimeout(() => (draw(), share())));
    form.addEventListener("submit", (event) => event.preventDefault());
    addEventListener("hashchange", read);
    sliders.forEach(say);
    read();
  };

  window.drag = (name, compute) => {
    formulas[name] = compute;
    for (const figure of document.querySelectorAll(`figure[data-compute$=":${name}"]`)) wake(figure, compute);
  };
})();
