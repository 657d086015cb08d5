import { LOCALES, type Locale } from '@gatehouse/texts/browser';
import type { Brand, DocumentOptions } from './page.js';
import { brandStyle } from './style/brand-style.js';
import style from './style/page.css?inline';
import type { ThemedUrls } from './ui/background.js';

interface Content {
  readonly title: string;
  readonly brand: Brand;
  /** The background picture of the page; undefined for Gatehouse's own background. */
  readonly background?: ThemedUrls | undefined;
  readonly locale: Locale;
  readonly body: string;
  /** The page data for hydration; undefined for a page without a script. */
  readonly state?: unknown;
  /** CSS rules for this page in addition to the common style sheet. */
  readonly ownStyle?: string | undefined;
  /** Seconds after which a browser without JavaScript opens the page again, at `address`. */
  readonly refreshS?: number | undefined;
  readonly address?: string | undefined;
}

/** Returns the HTML document around a rendered body. */
export function renderDocument(
  { title, brand, background, locale, body, state, ownStyle = '', refreshS, address = '' }: Content,
  frame: DocumentOptions,
): string {
  const { nonce, script, csrfCookie } = frame;
  const direction = LOCALES.find((candidate) => candidate.locale === locale)?.direction;
  const theme = brand.theme === 'light' || brand.theme === 'dark' ? ` data-theme="${brand.theme}"` : '';
  const icon = brand.favicon ? `<link rel="icon" href="${escaped(brand.favicon)}">` : TOUCH_ICON;
  const refresh = refreshS
    ? `<noscript><meta http-equiv="refresh" content="${refreshS};url=${escaped(address)}"></noscript>`
    : '';
  const scripts =
    state === undefined
      ? ''
      : `<script type="application/json" id="opened">${json(state)}</script><script type="module" nonce="${nonce}" src="${script}"></script>`;
  return `<!doctype html>
<html lang="${locale}" dir="${direction}"${theme} data-csrf-cookie="${escaped(csrfCookie)}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="robots" content="noindex">
<meta name="color-scheme" content="light dark"><title>${escaped(title)}</title>${icon}${refresh}
<style nonce="${nonce}">${style}${ownStyle}${brandStyle(brand, background)}</style></head>
<body><div id="page">${body}</div>${scripts}</body></html>
`;
}

/** Browsers find `/favicon.ico` without a link. */
const TOUCH_ICON = '<link rel="apple-touch-icon" href="/apple-touch-icon.png">';

const escaped = (text: string) => text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** Returns JSON that is safe inside a <script> element. */
const json = (value: unknown) => JSON.stringify(value).replaceAll('<', '\\u003c');
