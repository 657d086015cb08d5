import type { Browser } from './browser.js';

type Fields = Readonly<Record<string, string>>;

/** Posts fields to a page as a browser posts a form. */
export const post = (browser: Browser, page: string, fields: Fields) =>
  browser.fetch(page, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(fields).toString(),
  });

/** Returns the hidden fields of a page's form. */
export async function hiddenFields(browser: Browser, page: string): Promise<Record<string, string>> {
  const { text } = await browser.fetch(page);
  const inputs = text.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"\/>/g);
  return Object.fromEntries([...inputs].map(([, name, value]) => [name, value]));
}

/** Submits the form of a page as a browser without JavaScript does: the hidden fields and the typed ones. */
export const submit = async (browser: Browser, page: string, typed: Fields) =>
  post(browser, page, { ...(await hiddenFields(browser, page)), ...typed });
