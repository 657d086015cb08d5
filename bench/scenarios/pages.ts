import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type Browser, type BrowserContext, chromium } from 'playwright-core';
import { CHROMIUM_ARGS, findChromium } from '../../test/support/chromium-binary.js';
import type { BenchEnvironment } from '../environment.js';
import type { Product } from '../product.js';
import { type Opening, pagesTable } from '../report.js';
import { LeftOutError } from '../run-scenarios.js';

const ROUNDS = 15;

/** A mobile connection: latency in milliseconds, throughput in bytes per second. */
const CONNECTION = { offline: false, latency: 100, downloadThroughput: 200_000, uploadThroughput: 100_000 };

/** The minimal login page, for comparison. */
const BARE =
  '<!doctype html><title>Log in</title><form method="post"><label>Username <input id="uid_field" name="uid_field" autofocus></label><button>Log in</button></form>';

/** Measures opening the login page and a bare form in a browser over a slow connection. */
export async function pages(_ground: BenchEnvironment, product: Product): Promise<string> {
  const executablePath = findChromium();
  if (!executablePath) throw new LeftOutError('Chromium was not found. Set CHROMIUM to its path.');
  const bare = await serveBare();
  const browser = await chromium.launch({ executablePath, args: CHROMIUM_ARGS });
  try {
    const { port } = bare.address() as AddressInfo;
    return pagesTable([
      ...(await openings(browser, 'a bare form', `http://127.0.0.1:${port}/`)),
      ...(await openings(browser, 'Gatehouse', `${product.url}/if/flow/login/`)),
    ]);
  } finally {
    await browser.close();
    bare.close();
  }
}

async function serveBare(): Promise<Server> {
  const server = createServer((_request, response) =>
    response.writeHead(200, { 'content-type': 'text/html' }).end(BARE),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

async function openings(browser: Browser, name: string, address: string): Promise<Opening[]> {
  const first: Measurement[] = [];
  const second: Measurement[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    const context = await browser.newContext();
    first.push(await open(context, address));
    second.push(await open(context, address));
    await context.close();
  }
  return [
    { name, ...medianOf(first) },
    { name: `${name}, again`, ...medianOf(second) },
  ];
}

type Measurement = Omit<Opening, 'name'>;

async function open(context: BrowserContext, address: string): Promise<Measurement> {
  const page = await context.newPage();
  const session = await context.newCDPSession(page);
  await session.send('Network.enable');
  await session.send('Network.emulateNetworkConditions', CONNECTION);
  let bytes = 0;
  session.on('Network.loadingFinished', ({ encodedDataLength }) => {
    bytes += encodedDataLength;
  });
  await page.addInitScript(RECORD_FIELD_TIME);
  await page.goto(address, { waitUntil: 'load' });
  const times = (await page.evaluate(READ_TIMES)) as Omit<Measurement, 'bytes'>;
  await page.close();
  return { bytes, ...times };
}

/** Browser script that records the time at which the field was painted. */
const RECORD_FIELD_TIME = `new MutationObserver((_, observer) => {
  if (!document.getElementById('uid_field')) return;
  observer.disconnect();
  requestAnimationFrame(() => requestAnimationFrame(() => { globalThis.typeable = performance.now(); }));
}).observe(document, { childList: true, subtree: true });`;

const READ_TIMES = `new Promise((resolve) => {
  const check = () => globalThis.typeable
    ? resolve({ typeable: globalThis.typeable, scripted: performance.getEntriesByType('navigation')[0].loadEventEnd })
    : requestAnimationFrame(check);
  check();
})`;

const medianOf = (measured: readonly Measurement[]): Measurement => ({
  bytes: median(measured.map(({ bytes }) => bytes)),
  typeable: median(measured.map(({ typeable }) => typeable)),
  scripted: median(measured.map(({ scripted }) => scripted)),
});

const median = (values: readonly number[]) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
