import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { chooseLocale } from '@gatehouse/texts';
import type { Brand, Challenge, FlowPageData } from '../page.js';
import { renderFlowPage } from '../server.js';
import { EXAMPLES } from './examples.js';
import { CAPTCHA_SCRIPT_URL } from './steps.js';

/** A site that shows example challenges, for page development and tests. */
export interface ExampleSite {
  readonly url: string;
  readonly names: readonly string[];
  readonly close: () => Promise<void>;
}

/** A fake captcha provider script: a button that solves the captcha. */
const FAKE_CAPTCHA_SCRIPT = `globalThis.turnstile = {
  render(place, { sitekey, callback }) {
    const button = document.createElement('button');
    button.textContent = 'I am no robot';
    button.style.height = '3rem';
    button.onclick = () => callback('solved ' + sitekey);
    place.append(button);
  },
};`;

const BUILT = new URL('./', import.meta.url);

const BRAND: Brand = {
  title: 'Example',
  footer_links: [
    { name: 'Imprint', href: 'https://example.org/imprint' },
    { name: 'Example Ltd', href: null },
  ],
};

/** Starts the site. Each example is at `/if/flow/{name}/`; `?layout=`, `?locale=` and `?colour=` (a brand colour without `#`) and `?logo=` change its look. */
export async function openExamples(port = 0): Promise<ExampleSite> {
  const manifest = JSON.parse(await readFile(new URL('manifest.json', BUILT), 'utf8')) as Manifest;
  const script = `/static/${manifest['src/client.tsx']?.file}`;
  const server = createServer((request, response) => {
    void answer(request, script).then(
      (page) => send(response, page),
      () => send(response, { type: 'text/plain', status: 404, text: 'not found' }),
    );
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const { port: listeningPort } = server.address() as AddressInfo;
  return {
    url: `http://localhost:${listeningPort}`,
    names: Object.keys(EXAMPLES),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        // `close` waits for open connections, and browsers keep unused connections open for minutes.
        server.closeAllConnections();
      }),
  };
}

type Manifest = Readonly<Record<string, { readonly file: string } | undefined>>;

interface Page {
  readonly type: string;
  readonly text: string;
  readonly status?: number;
}

const send = (response: ServerResponse, { type, text, status = 200 }: Page) =>
  response.writeHead(status, { 'content-type': `${type}; charset=utf-8` }).end(text);

async function answer({ url = '/' }: IncomingMessage, script: string): Promise<Page> {
  const { pathname, searchParams } = new URL(url, 'http://localhost');
  const [, area, , name = ''] = pathname.split('/');
  if (pathname === CAPTCHA_SCRIPT_URL) return { type: 'text/javascript', text: FAKE_CAPTCHA_SCRIPT };
  if (area === 'static') {
    const file = await readFile(new URL(`pages/${pathname.split('/').at(-1)}`, BUILT), 'utf8');
    return { type: 'text/javascript', text: file };
  }
  const challenge = EXAMPLES[area === 'api' ? (pathname.split('/')[5] ?? '') : name];
  if (area === 'api' && challenge) return { type: 'application/json', text: JSON.stringify(challenge) };
  if (challenge) return { type: 'text/html', text: drawn(challenge, { name, searchParams, script }) };
  const links = Object.keys(EXAMPLES).map((example) => `<li><a href="/if/flow/${example}/">${example}</a>`);
  return { type: 'text/html', text: `<!doctype html><title>Examples</title><ul>${links.join('')}</ul>` };
}

interface Wanted {
  readonly name: string;
  readonly searchParams: URLSearchParams;
  readonly script: string;
}

function drawn(challenge: Challenge, { name, searchParams, script }: Wanted): string {
  const layout = searchParams.get('layout');
  const pageData: FlowPageData = {
    challenge: layout ? { ...challenge, flow_info: { ...(challenge['flow_info'] as object), layout } } : challenge,
    brand: {
      ...BRAND,
      colours: { primary: `#${searchParams.get('colour') ?? ''}` },
      logo: searchParams.get('logo') ?? undefined,
    },
    locale: chooseLocale(undefined, searchParams.get('locale') ?? ''),
    chosen_locale: '',
    slug: name,
    address: `/if/flow/${name}/${searchParams.size > 0 ? `?${searchParams}` : ''}`,
    token: { field: 'csrf_token', value: 'x' },
    recovery_url: '/if/flow/recovery/',
  };
  return renderFlowPage(pageData, { nonce: 'example', script, csrfCookie: 'authentik_csrf' }).html;
}
