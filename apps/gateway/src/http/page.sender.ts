import { randomBytes } from 'node:crypto';
import type { FastifyReply } from 'fastify';

/** What allows a page's own style, and no other. */
export const newNonce = (): string => randomBytes(16).toString('base64');

/** Sends a page that may load nothing, run nothing, and send its forms nowhere else. */
export const sendPage = (reply: FastifyReply, nonce: string, page: string) =>
  reply
    .header(
      'content-security-policy',
      `default-src 'none'; style-src 'nonce-${nonce}'; img-src data:; form-action 'self'; frame-ancestors 'self'; base-uri 'none'`,
    )
    .type('text/html; charset=utf-8')
    .send(page);
