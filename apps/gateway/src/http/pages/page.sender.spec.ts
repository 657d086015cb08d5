import fastify from 'fastify';
import { expect, it } from 'vitest';
import { sendPage } from './page.sender.js';

/** Returns the CSP directives of a page, by name. */
async function rulesFor(externalOrigins: Partial<Parameters<typeof sendPage>[1]['externalOrigins']>) {
  const app = fastify();
  const origins = { scripts: [], connects: [], forms: [], frames: [], hashes: [], ...externalOrigins };
  const page = { html: '', nonce: 'n', externalOrigins: origins };
  app.get('/', (_request, reply) => sendPage(reply, page));
  const { headers } = await app.inject('/');
  const rules = String(headers['content-security-policy']).split('; ');
  return Object.fromEntries(rules.map((rule) => [rule.split(' ', 1)[0], rule.split(' ').slice(1).join(' ')]));
}

it('the CSP of a page allows no other origin by default', async () => {
  expect(await rulesFor({})).toEqual({
    'default-src': "'none'",
    'script-src': "'nonce-n'",
    'style-src': "'nonce-n'",
    'frame-src': "'none'",
    'connect-src': "'self'",
    'form-action': "'self'",
    'img-src': "'self' data: https:",
    'frame-ancestors': "'self'",
    'base-uri': "'none'",
  });
});

it('the CSP of a page allows each origin that the challenge needs only in the directives for its use', async () => {
  const puzzle = await rulesFor({ scripts: ['https://puzzle.example'] });
  const form = await rulesFor({ forms: ['https://app.example'] });
  const framed = await rulesFor({ frames: ['https://sea.example'] });

  expect(puzzle).toMatchObject({
    'script-src': "'nonce-n' https://puzzle.example",
    'frame-src': 'https://puzzle.example',
    'form-action': "'self'",
  });
  expect(framed).toMatchObject({ 'frame-src': 'https://sea.example', 'script-src': "'nonce-n'" });
  expect(form).toMatchObject({ 'form-action': "'self' https://app.example", 'script-src': "'nonce-n'" });
});
