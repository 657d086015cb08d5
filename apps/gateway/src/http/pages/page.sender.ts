import type { FastifyReply } from 'fastify';
import type { SendablePage } from './page-renderer.js';

/**
 * Sends a page with a CSP that allows the page's own resources, and the resources of other sites that its challenge
 * needs.
 */
export const sendPage = (reply: FastifyReply, { html, ...page }: SendablePage) =>
  reply.header('content-security-policy', contentSecurityPolicy(page)).type('text/html; charset=utf-8').send(html);

/** Returns the CSP of a page. */
export function contentSecurityPolicy({ nonce, externalOrigins }: Omit<SendablePage, 'html'>): string {
  const { scripts, connects, forms, frames, hashes } = externalOrigins;
  const framed = [...scripts, ...frames];
  const own = `'nonce-${nonce}'`;
  const rules = [
    ["default-src 'none'"],
    ['script-src', own, ...scripts, ...hashes],
    ['style-src', own, ...scripts],
    ['frame-src', ...(framed.length > 0 ? framed : ["'none'"])],
    ['connect-src', "'self'", ...connects, ...scripts],
    ['form-action', "'self'", ...forms],
    // Images of users, sources and brands may come from any https URL.
    ["img-src 'self' data: https:"],
    ["frame-ancestors 'self'"],
    ["base-uri 'none'"],
  ];
  return rules.map((rule) => rule.join(' ')).join('; ');
}
