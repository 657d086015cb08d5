import { Problem } from '@gatehouse/contracts';
import type { FastifyInstance } from 'fastify';

const FORM = /^application\/x-www-form-urlencoded\s*(;|$)/i;

/** Where people's pages are: there, and only there, forms are taken. */
const PAGES = '/if/';

/**
 * A body that says nothing, and why. It is told when its turn comes, not when it is read: a flow that does not exist, or a
 * forged request, comes first (protocol §11).
 */
export class Unreadable {
  constructor(readonly problem: Problem) {}
}

/** JSON is all the API takes, forms are all that pages send. An empty body of any type is an empty object (01-executor §1.2). */
export function parseBodies(fastify: FastifyInstance) {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    done(null, body.length === 0 ? {} : json(body as Buffer));
  });
  fastify.addContentTypeParser('*', { parseAs: 'buffer' }, ({ headers, url }, body, done) => {
    const type = headers['content-type'] ?? '';
    if (body.length === 0) done(null, {});
    else if (url.startsWith(PAGES) && FORM.test(type))
      done(null, Object.fromEntries(new URLSearchParams(String(body))));
    else done(null, unsupported(type));
  });
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Levels of arrays and objects that a body may have: more than any answer needs, less than any reader minds. */
export const MAX_DEPTH = 64;

/** What a parser says of a body quotes it, secrets included, so it is not repeated. */
function json(body: Buffer): unknown {
  try {
    const text = decoder.decode(body);
    return text.length > MAX_DEPTH && depthOf(text) > MAX_DEPTH
      ? malformed(`more than ${MAX_DEPTH} levels`)
      : JSON.parse(text);
  } catch {
    return malformed('this is no JSON');
  }
}

/** The deepest level that JSON text reaches; brackets inside strings are none. */
function depthOf(text: string): number {
  let [depth, deepest] = [0, 0];
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"?|[[\]{}]/gs)) {
    if (token === '[' || token === '{') deepest = Math.max(deepest, ++depth);
    else if (token === ']' || token === '}') depth--;
  }
  return deepest;
}

const malformed = (why: string) =>
  new Unreadable(new Problem('malformed_json', { detail: `JSON parse error - ${why}` }));

const unsupported = (type: string) =>
  new Unreadable(new Problem('unsupported_media_type', { detail: `Unsupported media type "${type}" in request.` }));
