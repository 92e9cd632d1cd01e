// The copy for offline use in Firefox: what a reader does, and what the browser says of it, as JSON.
// node tools/firefox.mjs FIREFOX PAGE WORDS

import puppeteer from "puppeteer-core";

const [executablePath, start, words] = process.argv.slice(2);
const browser = await puppeteer.launch({ browser: "firefox", executablePath, timeout: 120_000 });
try {
  const page = await browser.newPage();
  page.setDefaultTimeout(60_000);
  const noise = [];
  const asked = [];
  page.on("console", (message) => noise.push(message.text()));
  page.on("pageerror", (error) => noise.push(String(error)));
  page.on("request", (request) => asked.push(request.url()));

  await page.goto(start);
  await page.waitForFunction("document.querySelector('.palette').title");
  await page.keyboard.press("/");
  await page.waitForSelector(".finder input:focus");
  await page.keyboard.type(words);
  await page.waitForSelector(".finder li a");
  const found = await page.$$eval(".finder li a", (links) => links.map(({ href }) => href));
  await page.keyboard.press("Enter");
  await page.waitForFunction("location.hash");
  const place = page.url();
  await page.waitForFunction("!document.querySelector('dialog[open]')");

  await page.waitForFunction("typeof formulas === 'object' && Object.keys(formulas).length");
  const fonts = await page.evaluate(async () => {
    await document.fonts.ready;
    return [...document.fonts].filter(({ status }) => status === "loaded").length;
  });

  const drawing = () => page.$eval("figure.drag .drawing", ({ outerHTML }) => outerHTML);
  const before = await drawing();
  await page.focus("figure.drag input");
  await page.keyboard.press("End");
  await page.waitForFunction("location.hash.includes('?')");
  const moved = (await drawing()) !== before;
  await page.$eval(".tabbed-set > input:nth-of-type(3)", (input) => input.click());
  const tab = await page.$eval(".tabbed-set > input:checked", ({ labels }) => labels[0].textContent);
  await page.click("button.palette");
  const palette = await page.$eval("button.palette", ({ title }) => title);
  const copy = await page.evaluateHandle(() =>
    [...document.querySelectorAll("button.copy")].find((button) => button.checkVisibility()),
  );
  await copy.click();
  await page.waitForFunction((button) => button.textContent === "copied", {}, copy);
  console.log(JSON.stringify({ found, place, fonts, moved, tab, palette, asked, noise }));
} finally {
  await browser.close();
}
