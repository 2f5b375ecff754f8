// The pages as people use them, in a real browser.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';
import { startDemo } from './server.js';

const SCREENSHOTS = new URL('./screenshots/', import.meta.url).pathname;
const FLAGS = ['--no-sandbox', '--disable-quic', '--disable-background-networking'];
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';

let demo;
let browser;

before(async () => {
  mkdirSync(SCREENSHOTS, { recursive: true });
  demo = await startDemo();
  browser = await chromium.launch({ executablePath, args: FLAGS });
});

after(async () => {
  await browser?.close();
  await demo?.stop();
});

/** A page that fails the test when the browser reports an error, blocked code included. */
async function openPage(options, path) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const problems = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    if (message.type() === 'error') problems.push(message.text());
  });
  await page.goto(demo.url + path);
  return {
    page,
    close: async () => {
      await context.close();
      assert.deepEqual(problems, []);
    },
  };
}

async function assertFits(page) {
  const sideways = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  assert.equal(sideways, 0, 'the page scrolls sideways');
}

test('a stranger searches, opens a listing and finds the command that buys', async () => {
  const { page, close } = await openPage({ viewport: { width: 1280, height: 900 } }, '/');
  await page.screenshot({ path: `${SCREENSHOTS}home.png` });
  await page.getByRole('searchbox').fill('weather');
  await page.getByRole('searchbox').press('Enter');
  await page.getByRole('link', { name: 'Demo Weather' }).click();
  const text = await page.locator('main').innerText();
  assert.match(text, /5 sats/);
  assert.match(text, /L402/);
  assert.ok(text.includes(`farebox get --max-cost 5 '${demo.url}/demo/weather'`), text);
  await page.screenshot({ path: `${SCREENSHOTS}listing.png`, fullPage: true });
  await close();
});

test('everything works without JavaScript, on a phone', async () => {
  const phone = { viewport: { width: 360, height: 780 }, javaScriptEnabled: false };
  const { page, close } = await openPage(phone, '/');
  await page.screenshot({ path: `${SCREENSHOTS}phone.png` });
  await page.getByRole('searchbox').fill('image generation');
  await page.getByRole('button', { name: 'Search' }).click();
  assert.match(page.url(), /q=image(\+|%20)generation/);
  assert.ok((await page.getByRole('article').count()) > 3, 'no results');
  await page.getByRole('article').first().getByRole('link').first().click();
  assert.match(page.url(), /\/service\//);
  await close();
});

test('no page scrolls sideways on a small phone', async () => {
  const { page, close } = await openPage({ viewport: { width: 320, height: 640 } }, '/');
  await assertFits(page);
  await page.goto(`${demo.url}/?q=generate+an+image&protocol=mpp`);
  await assertFits(page);
  await page.getByRole('article').first().getByRole('link').first().click();
  await assertFits(page);
  await close();
});

test('dark pages are dark', async () => {
  const { page, close } = await openPage({ colorScheme: 'dark' }, '/');
  const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const [red, green, blue] = background.match(/\d+/g).map(Number);
  assert.ok(red + green + blue < 200, background);
  await page.screenshot({ path: `${SCREENSHOTS}dark.png` });
  await close();
});
