// The payment page: a person opens a paid address, pays with a phone and gets the answer.
import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';
import { startDemo } from './server.js';

const SCREENSHOTS = new URL('./screenshots/', import.meta.url).pathname;
const FLAGS = ['--no-sandbox', '--disable-quic', '--disable-background-networking'];
const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const WEATHER = '/demo/weather?city=Lisbon';
const SIZES = { phone: { width: 360, height: 780 }, desktop: { width: 1280, height: 860 } };

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

/** Opens a paid address in a browser of its own; errors of the page fail the test. */
async function openPaid(options, path = WEATHER) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const problems = [];
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('console', (message) => {
    // The browser reports the page itself, since 402 is an error to it.
    const { url } = message.location();
    const isOfThePage = url === demo.url + path && /402/.test(message.text());
    const isIcon = url.endsWith('/favicon.ico');
    if (message.type() === 'error' && !isOfThePage && !isIcon) problems.push(message.text());
  });
  const answer = await page.goto(demo.url + path);
  const close = async () => {
    await context.close();
    assert.deepEqual(problems, []);
  };
  return { context, page, answer, close };
}

/** What a phone does with the QR code. */
async function pay(invoice) {
  const authorization = `Basic ${Buffer.from(`:${demo.password}`).toString('base64')}`;
  const answer = await fetch(`${demo.wallet}/payinvoice`, {
    method: 'POST',
    headers: { authorization },
    body: new URLSearchParams({ invoice }),
  });
  const paid = await answer.json();
  assert.ok(paid.paymentPreimage, JSON.stringify(paid));
}

const invoiceOf = (page) => page.getByLabel('Invoice', { exact: true }).inputValue();
const isWeather = (page) =>
  page.waitForFunction(() => /"city":\s*"Lisbon"/.test(document.body.innerText), null, {
    timeout: 20_000,
  });

test('a payment is noticed by the page, which turns into what was bought', async () => {
  const { page, answer, close } = await openPaid({ viewport: SIZES.desktop });
  assert.equal(answer.status(), 402);
  assert.match(await answer.headerValue('www-authenticate'), /^L402 macaroon="[^"]+", invoice="ln/);
  assert.match(await page.locator('main').innerText(), /5 sats/);
  await page.getByRole('img', { name: /QR code/ }).waitFor();
  const invoice = await invoiceOf(page);
  assert.equal(await page.getByRole('link', { name: 'Open in wallet' }).getAttribute('href'), `lightning:${invoice}`);
  await page.reload();
  assert.equal(await invoiceOf(page), invoice, 'another invoice after a reload');
  await pay(invoice);
  await isWeather(page);
  await page.reload();
  await isWeather(page);
  await close();
});

test('it works without JavaScript, on a phone', async () => {
  const { page, close } = await openPaid({ viewport: SIZES.phone, javaScriptEnabled: false });
  assert.match(await page.locator('main').innerText(), /appears here some seconds after/);
  await pay(await invoiceOf(page));
  await page.getByText('"city"').waitFor({ timeout: 20_000 });
  await close();
});

test('the payment of one browser is of no use to another', async () => {
  const one = await openPaid({ viewport: SIZES.desktop });
  const other = await openPaid({ viewport: SIZES.desktop });
  const invoice = await invoiceOf(one.page);
  assert.notEqual(await invoiceOf(other.page), invoice);
  await pay(invoice);
  await isWeather(one.page);
  await other.page.reload();
  assert.match(await other.page.locator('main').innerText(), /Waiting for your payment/);
  await one.close();
  await other.close();
});

test('who comes back by a link of another site finds the page as it was', async () => {
  const { context, page, close } = await openPaid({ viewport: SIZES.desktop });
  const invoice = await invoiceOf(page);
  const elsewhere = await context.newPage();
  await elsewhere.route('http://elsewhere.test/', (route) =>
    route.fulfill({ contentType: 'text/html', body: `<a href="${demo.url}${WEATHER}">weather</a>` }),
  );
  await elsewhere.goto('http://elsewhere.test/');
  await elsewhere.getByRole('link').click();
  await elsewhere.waitForURL(/weather/);
  assert.equal(await invoiceOf(elsewhere), invoice);
  await pay(invoice);
  await isWeather(elsewhere);
  await isWeather(page);
  await close();
});

test('a browser without cookies is told not to pay', async () => {
  const { context, page, close } = await openPaid({ viewport: SIZES.desktop });
  await context.clearCookies();
  await page.getByText('Do not pay yet').waitFor();
  await close();
});

test('everything on the page can be read and reached', async () => {
  for (const [size, viewport] of Object.entries({ ...SIZES, small: { width: 320, height: 640 } })) {
    for (const colorScheme of ['light', 'dark']) {
      const { page, close } = await openPaid({ viewport, colorScheme, permissions: ['clipboard-read', 'clipboard-write'] });
      await page.screenshot({ path: `${SCREENSHOTS}payment-${size}-${colorScheme}.png`, fullPage: true });
      await page.getByRole('button', { name: 'Copy' }).click();
      await page.getByRole('button', { name: 'Copied' }).waitFor();
      assert.equal(await page.evaluate(() => navigator.clipboard.readText()), await invoiceOf(page));
      await page.getByText('Other ways to pay').click();
      assert.ok((await page.locator('details').innerText()).includes(`farebox get '${demo.url}${WEATHER}'`));
      const sideways = await page.evaluate(
        () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
      );
      assert.equal(sideways, 0, `${size} scrolls sideways`);
      await page.screenshot({ path: `${SCREENSHOTS}payment-${size}-${colorScheme}-open.png`, fullPage: true });
      await close();
    }
  }
});
