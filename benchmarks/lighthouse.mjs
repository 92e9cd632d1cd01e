// What every page costs a phone: Lighthouse's medians of three against the goals of
// tests/limits.py. Run by `make bench`.
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import { createRequire } from "node:module";
import os from "node:os";
import path from "node:path";
import { serve } from "./serve.mjs";

const ROOT = path.join(import.meta.dirname, "..");
const PYTHON = path.join(ROOT, ".venv", "bin", "python");
const [HOST, RUNS] = ["checked.test", 3]; // no one's name; Chromium is told where it is
const PHONE = 400; // benchmark index: that of a fast desktop, 1600, through Lighthouse's own 4
const FLAGS = [
  "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync",
  "--ignore-certificate-errors",
];
const CATEGORIES = ["performance", "accessibility", "best-practices", "seo"];
const KINDS = { Document: "html", Stylesheet: "style", Script: "script", Font: "font" };
const kb = (bytes) => (bytes / 1024).toFixed(1);
const COLUMNS = [
  ["performance", "P"], ["accessibility", "A"], ["best-practices", "BP"], ["seo", "SEO"],
  ["lcp", "LCP ms", Math.round], ["cls", "CLS"], ["tbt", "TBT ms", Math.round],
  ["bytes", "KB", kb], ["html", "html", kb], ["style", "style", kb], ["script", "script", kb],
  ["font", "font", kb], ["other", "other", kb], ["requests", "requests"],
];

const tools = createRequire(path.join(ROOT, "tools", "package.json"));
const { default: lighthouse } = await import(tools.resolve("lighthouse"));
const { launch } = await import(tools.resolve("chrome-launcher"));

async function measure(url, port, cpuSlowdownMultiplier) {
  const rules = `MAP ${HOST}:443 127.0.0.1:${port}, MAP * ~NOTFOUND, EXCLUDE 127.0.0.1`;
  const chrome = await launch({
    chromePath: process.env.CHROME, chromeFlags: [...FLAGS, `--host-resolver-rules=${rules}`],
  });
  try {
    const { lhr } = await lighthouse(`https://${HOST}${url}`, {
      port: chrome.port, logLevel: "silent", onlyCategories: CATEGORIES,
      throttling: { cpuSlowdownMultiplier }, // the rest is Lighthouse's own: slow 4G, simulated
    });
    if (lhr.runtimeError) throw new Error(lhr.runtimeError.message);
    return lhr;
  } finally {
    chrome.kill();
  }
}

// The numbers of one run, and what failed.
function numbers({ audits, categories }) {
  const found = { bytes: 0, html: 0, style: 0, script: 0, font: 0, other: 0, requests: 0 };
  for (const { url, resourceType, transferSize } of audits["network-requests"].details.items) {
    if (!url.startsWith("https:")) continue;
    found.requests += 1;
    found.bytes += transferSize;
    found[KINDS[resourceType] ?? "other"] += transferSize;
  }
  for (const name of CATEGORIES) found[name] = Math.round(categories[name].score * 100);
  found.lcp = audits["largest-contentful-paint"].numericValue;
  found.tbt = audits["total-blocking-time"].numericValue;
  found.cls = Number(audits["cumulative-layout-shift"].numericValue.toFixed(3));
  const refs = CATEGORIES.slice(1).flatMap((name) => categories[name].auditRefs);
  found.failed = refs.filter(({ id }) => audits[id].score === 0).map(({ id }) => id);
  return found;
}

function median(runs, name) {
  return runs.map((run) => run[name]).sort((a, b) => a - b)[runs.length >> 1];
}

function row(title, cell) {
  const cells = COLUMNS.map(([name, head, show = String]) =>
    String(cell(name, show, head)).padStart(Math.max(head.length, 5) + 2));
  console.log(title.padEnd(20) + cells.join(""));
}

function table(measured, goals) {
  let missed = 0;
  row("", (name, show, head) => head);
  row("goal", (name, show) => (goals[name] ? show(goals[name].min ?? goals[name].max) : ""));
  for (const [url, runs] of measured) {
    row(url, (name, show) => {
      const value = median(runs, name);
      const { min = -Infinity, max = Infinity } = goals[name] ?? {};
      const misses = value < min || value > max;
      missed += misses;
      return `${misses ? "!" : ""}${show(value)}`;
    });
    for (const id of new Set(runs.flatMap((run) => run.failed))) console.log(`  failed: ${id}`);
  }
  console.log(missed ? `\n${missed} missed, marked !` : "\nAll goals are reached.");
}

const home = fs.mkdtempSync(path.join(os.tmpdir(), "checked-lighthouse-"));
try {
  const site = path.join(home, "site");
  const env = { ...process.env, SITE_URL: `https://${HOST}/`, NO_MKDOCS_2_WARNING: "1" };
  execFileSync(PYTHON, ["-m", "mkdocs", "build", "--strict", "-d", site], {
    cwd: ROOT, env, stdio: ["ignore", "ignore", "inherit"] });
  const goals = JSON.parse(execFileSync(PYTHON, [path.join(ROOT, "tests", "limits.py")]));
  const { server, pages } = await serve(site, HOST, home);
  const { port } = server.address();
  const measured = new Map(pages.map((url) => [url, []]));
  let index = (await measure("/", port, 4)).environment.benchmarkIndex;
  for (let run = 1; run <= RUNS; run += 1) {
    for (const url of pages) { // page by page, so that noise falls on all alike
      const slowdown = Math.min(8, Math.max(1, index / PHONE)); // by the speed of a moment ago
      console.error(`Lighthouse ${run}/${RUNS} ${url}: benchmark index ${Math.round(index)}, ` +
        `CPU slowed ${slowdown.toFixed(1)} times`);
      const report = await measure(url, port, slowdown);
      index = report.environment.benchmarkIndex;
      measured.get(url).push(numbers(report));
    }
  }
  server.close();
  table(measured, goals);
} finally {
  fs.rmSync(home, { recursive: true, force: true });
}
