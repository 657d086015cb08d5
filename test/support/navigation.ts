import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Page } from 'playwright-core';
import type { Browser, BrowserResponse } from './browser.js';

/** Values of `Sec-Fetch-Site`. */
export type Site = 'cross-site' | 'same-site' | 'same-origin' | 'none';

export interface NavigationOptions {
  readonly site: Site;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Opens an address as a browser does, and follows redirects, which keep the `Sec-Fetch-Site` of the navigation. */
export async function navigate(
  browser: Browser,
  address: string,
  options: NavigationOptions,
): Promise<BrowserResponse & { readonly address: string }> {
  const fetchMetadata = { 'sec-fetch-site': options.site, 'sec-fetch-mode': 'navigate', 'sec-fetch-dest': 'document' };
  const response = await browser.fetch(address, { headers: { ...fetchMetadata, ...options.headers } });
  const to = response.headers.get('location');
  return to?.startsWith('/') ? navigate(browser, to, options) : { ...response, address };
}

/** Serves a page with links on `localhost`, which is another site for browsers than the gateway on 127.0.0.1. */
export async function linkingSite(links: readonly string[]) {
  const server = createServer((_, reply) => {
    reply.setHeader('content-type', 'text/html').end(links.map((to) => `<a href="${to}">${to}</a>`).join(' '));
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}/`,
    close: () => new Promise((closed) => server.close(closed)),
  };
}

/**
 * Returns a function that makes a page believe that the browser has restored it from the back/forward cache. The
 * function waits until the script of the page listens for `pageshow`, and then dispatches that event. Call `restorerOf`
 * before the page is opened.
 */
export async function restorerOf(page: Page): Promise<() => Promise<void>> {
  await page.addInitScript(() => {
    const add = addEventListener;
    const listens = new Promise<void>((resolve) => {
      globalThis.addEventListener = (...args: Parameters<typeof add>) => {
        add(...args);
        if (args[0] === 'pageshow') resolve();
      };
    });
    Object.assign(globalThis, { listens });
  });
  return () =>
    page.evaluate(async () => {
      await (globalThis as unknown as { listens: Promise<void> }).listens;
      dispatchEvent(new PageTransitionEvent('pageshow', { persisted: true }));
    });
}
