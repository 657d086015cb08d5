import { Problem } from '@gatehouse/contracts';
import type { FastifyInstance } from 'fastify';

const FORM = /^application\/x-www-form-urlencoded\s*(;|$)/i;

/** Where people's pages are: there, and only there, forms are taken. */
const PAGES = '/if/';

/** JSON is all the API takes, forms are all that pages send. An empty body of any type is an empty object (01-executor §1.2). */
export function parseBodies(fastify: FastifyInstance) {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    const text = String(body);
    try {
      done(null, text.trim() === '' ? {} : JSON.parse(text));
    } catch (cause) {
      done(new Problem('malformed_json', { detail: `JSON parse error - ${(cause as Error).message}`, cause }));
    }
  });
  fastify.addContentTypeParser('*', { parseAs: 'string' }, ({ headers, url }, body, done) => {
    const text = String(body);
    if (text === '') return done(null, {});
    if (url.startsWith(PAGES) && FORM.test(headers['content-type'] ?? '')) {
      return done(null, Object.fromEntries(new URLSearchParams(text)));
    }
    done(
      new Problem('unsupported_media_type', {
        detail: `Unsupported media type "${headers['content-type'] ?? ''}" in request.`,
      }),
    );
  });
}
