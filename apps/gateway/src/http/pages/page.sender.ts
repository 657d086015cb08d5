import type { FastifyReply } from 'fastify';
import type { SendablePage } from './page-renderer.js';

/** Sends a page that may load, run and reach what is its own, and of others what its challenge cannot do without. */
export const sendPage = (reply: FastifyReply, { html, nonce, externalOrigins: reach }: SendablePage) =>
  reply.header('content-security-policy', policyOf(nonce, reach)).type('text/html; charset=utf-8').send(html);

function policyOf(nonce: string, { scripts, connects, forms }: SendablePage['externalOrigins']): string {
  const own = `'nonce-${nonce}'`;
  const rules = [
    ["default-src 'none'"],
    ['script-src', own, ...scripts],
    ['style-src', own, ...scripts],
    ['frame-src', ...(scripts.length > 0 ? scripts : ["'none'"])],
    ['connect-src', "'self'", ...connects, ...scripts],
    ['form-action', "'self'", ...forms],
    // Pictures of users, sources and brands may be anywhere that is encrypted.
    ["img-src 'self' data: https:"],
    ["frame-ancestors 'self'"],
    ["base-uri 'none'"],
  ];
  return rules.map((rule) => rule.join(' ')).join('; ');
}
