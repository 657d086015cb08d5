import { type Html, html } from './html.js';

/** What every page has. */
export interface PageFrame {
  readonly brand: string;
  /** Allows the page's own style, and no other. */
  readonly nonce: string;
}

/** A whole page. */
export function drawPage({ title, body }: { title: string; body: Html }, { brand, nonce }: PageFrame): string {
  return html`<!doctype html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>${title} - ${brand}</title>
  <style nonce="${nonce}">${STYLE}</style>
</head>
<body>
<main>
  <h1>${title}</h1>
  ${body}
</main>
</body>
</html>
`.text;
}

const STYLE = html`
  :root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
  body { margin: 0; min-height: 100vh; display: grid; place-items: center }
  main { width: min(22rem, 100vw - 2rem) }
  h1 { font-size: 1.5rem }
  form { display: grid; gap: .5rem }
  input, button { font: inherit; padding: .6rem; border: 1px solid GrayText; border-radius: .3rem }
  button { cursor: pointer; border: 0; background: #0b57d0; color: #fff }
  button.plain { background: none; color: inherit; border: 1px solid GrayText }
  :focus-visible { outline: 3px solid #0b57d0; outline-offset: 2px }
  .error { color: #b3261e; margin: 0 }
  .who { display: flex; gap: .5rem; align-items: center }
  .small { font-size: .8rem; color: GrayText }
  @media (prefers-color-scheme: dark) { .error { color: #ffb4ab } a { color: #a8c7fa } }`;
