import type { FastifyReply } from 'fastify';

interface SitePage {
  readonly status: number;
  readonly language: string;
  readonly title: string;
  readonly text: string;
  /** A link to another address of the same site. */
  readonly link: { readonly href: string; readonly text: string };
}

const STYLE = 'body{font:1.1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:15vh auto;padding:0 1rem}';

/**
 * Sends a page at the host of a site. The page loads no other file, because the proxy of the site sends only a few
 * paths to Gatehouse.
 */
export function sendSitePage(reply: FastifyReply, { status, language, title, text, link }: SitePage): FastifyReply {
  const html = `<!doctype html><html lang="${escaped(language)}"><meta charset="utf-8">
<meta name="viewport" content="width=device-width"><title>${escaped(title)}</title><style>${STYLE}</style>
<h1>${escaped(title)}</h1><p>${escaped(text)}</p><p><a href="${escaped(link.href)}">${escaped(link.text)}</a></p></html>`;
  return reply
    .status(status)
    .header('content-security-policy', "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'self'")
    .type('text/html; charset=utf-8')
    .send(html);
}

const escaped = (text: string): string => text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0)};`);
