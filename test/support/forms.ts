import type { Browser } from './browser.js';

type Fields = Readonly<Record<string, string>>;

/** Sends fields to a page as a form does. */
export const post = (browser: Browser, page: string, fields: Fields) =>
  browser.fetch(page, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams(fields).toString(),
  });

/** What a page's form sends without anybody's doing. */
export async function hiddenFields(browser: Browser, page: string): Promise<Record<string, string>> {
  const { text } = await browser.fetch(page);
  const found = text.matchAll(/<input type="hidden" name="([^"]+)" value="([^"]*)"\/>/g);
  return Object.fromEntries([...found].map(([, name, value]) => [name, value]));
}

/** What a browser without scripts would send: every field of the page's form, with what was typed and pressed. */
export const submit = async (browser: Browser, page: string, typed: Fields) =>
  post(browser, page, { ...(await hiddenFields(browser, page)), ...typed });
