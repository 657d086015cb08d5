import type { Readable } from 'node:stream';
import { Problem, type Sentence, sentence } from '@gatehouse/contracts';
import type { FastifyInstance, FastifyRequest } from 'fastify';

const FORM = /^application\/x-www-form-urlencoded\s*(;|$)/i;

/** Where people's pages are, what OAuth clients ask and where sources send people back: there, and only there, forms are taken. */
const FORM_PATHS = ['/if/', '/application/o/', '/source/'];

/**
 * A body that says nothing, and why. It is told when its turn comes, not when it is read: a flow that does not exist, or a
 * client that comes too often, comes first (docs/spec/http.md#order-of-checks).
 */
export class InvalidBody {
  constructor(readonly problem: Problem) {}
}

/**
 * JSON is all the API takes, forms are all that pages and OAuth clients send. An empty body of any type is an empty object
 * (docs/spec/http.md#request-body). `limit`: bytes.
 */
export function registerBodyParsers(fastify: FastifyInstance, limit: number) {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser('application/json', async ({ headers }: FastifyRequest, payload: Readable) => {
    const body = await readBody(payload, { limit, declared: headers['content-length'] });
    return body ? json(body) : tooLarge();
  });
  fastify.addContentTypeParser('*', async ({ headers, url }: FastifyRequest, payload: Readable) => {
    const { 'content-type': type = '', 'content-length': declared } = headers;
    const body = await readBody(payload, { limit, declared });
    if (body?.length === 0) return {};
    if (!FORM_PATHS.some((place) => url.startsWith(place)) || !FORM.test(type)) return unsupported(type);
    return body ? Object.fromEntries(new URLSearchParams(body.toString())) : tooLarge();
  });
}

/**
 * Bytes beyond the limit that are still taken in, and dropped, so that a client has sent its body when it is refused and
 * reads why; whoever sends more is cut off.
 */
const DISCARDED_BODY_BYTES = 4 * 1024 * 1024;

/** The whole body; undefined when it is longer than the limit. */
function readBody(
  payload: Readable,
  { limit, declared }: { limit: number; declared: string | undefined },
): Promise<Buffer | undefined> {
  return new Promise((resolve, reject) => {
    if (Number(declared) > limit + DISCARDED_BODY_BYTES) return resolve(undefined);
    const chunks: Buffer[] = [];
    let length = 0;
    payload.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= limit) chunks.push(chunk);
      else if (length > limit + DISCARDED_BODY_BYTES) resolve(undefined);
    });
    payload.once('end', () => resolve(length > limit ? undefined : Buffer.concat(chunks)));
    // The client is gone, or too slow: its mistake, not a fault of ours.
    payload.once('error', (cause) => reject(new Problem('malformed_http', { cause })));
  });
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Levels of arrays and objects that a body may have: more than any answer needs, less than any reader minds. */
export const MAX_DEPTH = 64;

/** What a parser says of a body quotes it, secrets included, so it is not repeated. */
function json(body: Buffer): unknown {
  if (body.length === 0) return {};
  try {
    const text = decoder.decode(body);
    return text.length > MAX_DEPTH && depthOf(text) > MAX_DEPTH
      ? malformed(sentence('JSON parse error - more than {levels} levels', { levels: MAX_DEPTH }))
      : JSON.parse(text);
  } catch {
    return malformed(sentence('JSON parse error - this is no JSON'));
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

const malformed = (why: Sentence) => new InvalidBody(new Problem('malformed_json', { detail: why }));

const unsupported = (type: string) =>
  new InvalidBody(
    new Problem('unsupported_media_type', {
      detail: sentence('Unsupported media type "{type}" in request.', { type }),
    }),
  );

const tooLarge = () => new InvalidBody(new Problem('body_too_large'));
