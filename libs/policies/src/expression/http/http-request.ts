import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import { UndecidedPolicyError } from '../../policy.js';

/** A single HTTP request, without redirects. */
export interface PolicyHttpRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
}

/** The response of a server, with its complete body. */
export interface PolicyHttpResponse {
  readonly status: number;
  readonly reason: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer;
}

interface RequestLimits {
  readonly maxBytes: number;
  readonly signal: AbortSignal;
  readonly lookup: LookupFunction;
}

/**
 * Sends a request over a new connection. Throws UndecidedPolicyError if no complete response arrives within the limits.
 */
export async function sendRequest(request: PolicyHttpRequest, limits: RequestLimits): Promise<PolicyHttpResponse> {
  const message = await receive(request, limits);
  const encoding = message.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity')
    throw abort(message, `${request.url.host} responds with the content encoding ${encoding}, which is not supported`);
  const body = await readBody(message, request, limits);
  return { status: message.statusCode ?? 0, reason: message.statusMessage ?? '', headers: headersOf(message), body };
}

function receive(
  { method, url, headers, body }: PolicyHttpRequest,
  { signal, lookup }: RequestLimits,
): Promise<IncomingMessage> {
  const options: RequestOptions = { method, headers, signal, lookup, agent: false };
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown) => reject(unreachable(url, signal, cause));
    try {
      const request = url.protocol === 'https:' ? httpsRequest(url, options) : httpRequest(url, options);
      // After a response with the status 101, Node.js closes the connection without a response or an error. Without
      // this, the promise would never settle.
      const endedEarly = () => fail(new Error('the connection ended without a response'));
      request.on('response', resolve).on('error', fail).on('close', endedEarly).end(body);
    } catch (error) {
      fail(error);
    }
  });
}

async function readBody(
  message: IncomingMessage,
  { url }: PolicyHttpRequest,
  { maxBytes, signal }: RequestLimits,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of message as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw abort(message, `${url.host} responds with more than ${maxBytes} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    throw unreachable(url, signal, error);
  }
  return Buffer.concat(chunks);
}

function abort(message: IncomingMessage, reason: string): UndecidedPolicyError {
  message.destroy();
  return new UndecidedPolicyError(reason);
}

function unreachable({ host }: URL, { aborted }: AbortSignal, cause: unknown): UndecidedPolicyError {
  if (cause instanceof UndecidedPolicyError) return cause;
  const reason = aborted ? 'did not respond in time' : `cannot be reached: ${messageOf(cause)}`;
  return new UndecidedPolicyError(`${host} ${reason}`, { cause });
}

const messageOf = (cause: unknown) => (cause instanceof Error ? cause.message : String(cause));

const headersOf = ({ headers }: IncomingMessage) =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value = '']) => [name, Array.isArray(value) ? value.join(', ') : value]),
  );
