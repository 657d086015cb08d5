import type { IncomingHttpHeaders } from 'node:http';
import type { Readable } from 'node:stream';
import { exceedsDepth, MAX_JSON_DEPTH, Problem, type Sentence, sentence } from '@gatehouse/contracts';
import type { FastifyInstance, FastifyRequest } from 'fastify';

const FORM = /^application\/x-www-form-urlencoded\s*(;|$)/i;

/** Path of the endpoints that receive Security Event Tokens (RFC 8935). */
export const SIGNAL_PATH = '/signals';
const SIGNAL = /^application\/secevent\+jwt\s*(;|$)/i;

const OAUTH_PATH = '/application/o/';
/** Paths that accept forms: pages, OAuth endpoints and callbacks of sources. */
const FORM_PATHS = ['/if/', OAUTH_PATH, '/source/'];

/**
 * The value of `request.body` if the body could not be read. Handlers throw its `problem` only after other checks, so
 * that an unknown flow or the rate limit is reported first (docs/spec/http.md#order-of-checks).
 */
export class InvalidBody {
  constructor(readonly problem: Problem) {}
}

/**
 * Paths whose bodies may be large. Their handlers read the body after all guards, so that anonymous visitors cannot
 * fill the memory.
 */
const LATE_PATHS = /^\/api\/v3\/flows\/instances\/(apply|check|compare|draft|import)\/?(\?|$)/;

/** A body that the handler reads by itself. */
export class UnreadBody {
  private isRead = false;

  constructor(
    /** The media type, with its parameters. */
    readonly type: string,
    private readonly payload: Readable,
    private readonly declared: string | undefined,
  ) {}

  /** Returns the bytes of the body. Throws `body_too_large`. */
  async read(limit: number): Promise<Buffer> {
    this.isRead = true;
    const body = await readBody(this.payload, { limit, declared: this.declared });
    if (!body) throw new Problem('body_too_large');
    return body;
  }

  /**
   * Discards a body that no handler has read, so that the client can finish sending and read the response. Returns
   * false if the body is longer than DISCARDED_BODY_BYTES. The connection must then be closed.
   */
  async discard(): Promise<boolean> {
    return this.isRead || (await isDiscarded(this.payload, this.declared));
  }
}

/**
 * Parses JSON for the API, forms for pages and OAuth clients, and Security Event Tokens. An empty body of any type is an
 * empty object (docs/spec/http.md#request-body). `limit` is in bytes.
 */
export function registerBodyParsers(fastify: FastifyInstance, limit: number) {
  fastify.removeAllContentTypeParsers();
  fastify.addHook('onRequest', hideMalformedType);
  fastify.addHook('onSend', async ({ body }, reply) => {
    if (body instanceof UnreadBody && !(await body.discard())) reply.header('connection', 'close');
  });
  fastify.addContentTypeParser('application/json', async ({ headers, url }: FastifyRequest, payload: Readable) => {
    if (LATE_PATHS.test(url)) return unread(headers, payload);
    const body = await readBody(payload, { limit, declared: headers['content-length'] });
    return body ? parseJson(body) : tooLarge();
  });
  fastify.addContentTypeParser('*', async ({ raw: { headers }, url }: FastifyRequest, payload: Readable) => {
    if (LATE_PATHS.test(url)) return unread(headers, payload);
    const { 'content-type': type = '', 'content-length': declared } = headers;
    const body = await readBody(payload, { limit, declared });
    if (body?.length === 0) return {};
    if (url.startsWith(`${SIGNAL_PATH}/`) && SIGNAL.test(type)) return body ? body.toString('latin1') : tooLarge();
    if (!FORM_PATHS.some((path) => url.startsWith(path)) || !FORM.test(type)) return unsupported(type);
    return body ? formOf(body.toString(), url) : tooLarge();
  });
}

/**
 * Hides a malformed media type from Fastify, because Fastify would refuse the request before all other checks. The
 * catch-all parser then reads the body.
 */
function hideMalformedType(request: FastifyRequest, _reply: unknown, done: () => void) {
  if (request.headers['content-type'] !== undefined && request.mediaType === undefined)
    request.headers = { 'content-type': undefined };
  done();
}

/**
 * Returns the fields of a form. A repeated field has its last value, or, at OAuth endpoints, an array of all its
 * values.
 */
function formOf(text: string, url: string): Readonly<Record<string, unknown>> {
  const fields = new URLSearchParams(text);
  if (!url.startsWith(OAUTH_PATH)) return Object.fromEntries(fields);
  const values = new Map<string, string | string[]>();
  for (const [name, value] of fields) {
    const earlier = values.get(name);
    values.set(name, earlier === undefined ? value : [earlier, value].flat());
  }
  return Object.fromEntries(values);
}

const unread = (headers: IncomingHttpHeaders, payload: Readable) =>
  new UnreadBody(headers['content-type'] ?? '', payload, headers['content-length']);

/**
 * Bytes above the limit that the server still receives and discards, so that the client can finish its body and read
 * the refusal. For a longer body the server closes the connection.
 */
const DISCARDED_BODY_BYTES = 4 * 1024 * 1024;

/** Returns the whole body, or undefined if it is longer than the limit. */
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
    // The client has disconnected or is too slow, so this is not an internal error.
    payload.once('error', (cause) => reject(new Problem('malformed_http', { cause })));
  });
}

/** Receives and discards a body. Returns whether it ends within DISCARDED_BODY_BYTES. */
function isDiscarded(payload: Readable, declared: string | undefined): Promise<boolean> {
  return new Promise((resolve) => {
    if (Number(declared) > DISCARDED_BODY_BYTES) return resolve(false);
    let length = 0;
    payload.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length > DISCARDED_BODY_BYTES) resolve(false);
    });
    payload.once('end', () => resolve(true));
    payload.once('close', () => resolve(false));
  });
}

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Parses JSON. The problem does not repeat the parser's message, which quotes the body with its secrets. */
export function parseJson(body: Buffer): unknown {
  if (body.length === 0) return {};
  try {
    const text = decoder.decode(body);
    if (exceedsDepth(body, MAX_JSON_DEPTH))
      return malformed(sentence('JSON parse error - more than {levels} levels', { levels: MAX_JSON_DEPTH }));
    const value: unknown = JSON.parse(text);
    return hasInfinity(value) ? malformed(sentence('JSON parse error - a number is too large')) : value;
  } catch {
    return malformed(sentence('JSON parse error - this is no JSON'));
  }
}

/** Whether a number such as `1e400` is beyond the range of doubles. `JSON.stringify` would write it as null. */
const hasInfinity = (value: unknown): boolean =>
  typeof value === 'object' && value !== null
    ? Object.values(value).some(hasInfinity)
    : typeof value === 'number' && !Number.isFinite(value);

const malformed = (detail: Sentence) => new InvalidBody(new Problem('malformed_json', { detail }));

const unsupported = (type: string) =>
  new InvalidBody(
    new Problem('unsupported_media_type', {
      detail: sentence('Unsupported media type "{type}" in request.', { type }),
    }),
  );

const tooLarge = () => new InvalidBody(new Problem('body_too_large'));
