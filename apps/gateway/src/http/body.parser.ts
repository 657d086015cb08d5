import { Problem } from '@gatehouse/contracts';
import type { FastifyInstance } from 'fastify';

/** JSON is all the API takes. An empty body of any type is an empty object (01-executor §1.2). */
export function parseJsonOnly(fastify: FastifyInstance) {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'string' }, (_request, body, done) => {
    const text = String(body);
    try {
      done(null, text.trim() === '' ? {} : JSON.parse(text));
    } catch (cause) {
      done(new Problem('malformed_json', { detail: `JSON parse error - ${(cause as Error).message}`, cause }));
    }
  });
  fastify.addContentTypeParser('*', { parseAs: 'string' }, ({ headers }, body, done) => {
    if (String(body) === '') return done(null, {});
    done(
      new Problem('unsupported_media_type', {
        detail: `Unsupported media type "${headers['content-type'] ?? ''}" in request.`,
      }),
    );
  });
}
