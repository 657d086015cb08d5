import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';
import { UndecidedPolicyError } from '../../policy.js';

/** One question to a server, without any redirect followed. */
export interface PolicyHttpRequest {
  readonly method: string;
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Buffer | undefined;
}

/** What the server said, all of it. */
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

/** Asks a server, over a connection of its own. Throws Undecidable when it does not answer within bounds. */
export async function sendRequest(request: PolicyHttpRequest, bounds: RequestLimits): Promise<PolicyHttpResponse> {
  const message = await answerTo(request, bounds);
  const encoding = message.headers['content-encoding'] ?? 'identity';
  if (encoding !== 'identity')
    throw endOf(message, `${request.url.host} answers in ${encoding}, which nobody asked for`);
  const body = await bodyOf(message, request, bounds);
  return { status: message.statusCode ?? 0, reason: message.statusMessage ?? '', headers: headersOf(message), body };
}

function answerTo(
  { method, url, headers, body }: PolicyHttpRequest,
  { signal, lookup }: RequestLimits,
): Promise<IncomingMessage> {
  const options: RequestOptions = { method, headers, signal, lookup, agent: false };
  return new Promise((resolve, reject) => {
    const fail = (cause: unknown) => reject(unreachable(url, signal, cause));
    try {
      const sent = url.protocol === 'https:' ? httpsRequest(url, options) : httpRequest(url, options);
      sent.on('response', resolve).on('error', fail).end(body);
    } catch (error) {
      fail(error);
    }
  });
}

async function bodyOf(
  message: IncomingMessage,
  { url }: PolicyHttpRequest,
  { maxBytes, signal }: RequestLimits,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  try {
    for await (const chunk of message as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      if (bytes > maxBytes) throw endOf(message, `${url.host} answers with more than ${maxBytes} bytes`);
      chunks.push(chunk);
    }
  } catch (error) {
    throw unreachable(url, signal, error);
  }
  return Buffer.concat(chunks);
}

function endOf(message: IncomingMessage, why: string): UndecidedPolicyError {
  message.destroy();
  return new UndecidedPolicyError(why);
}

function unreachable({ host }: URL, { aborted }: AbortSignal, cause: unknown): UndecidedPolicyError {
  if (cause instanceof UndecidedPolicyError) return cause;
  const why = aborted ? 'did not answer in time' : `cannot be asked: ${messageOf(cause)}`;
  return new UndecidedPolicyError(`${host} ${why}`, { cause });
}

const messageOf = (cause: unknown) => (cause instanceof Error ? cause.message : String(cause));

const headersOf = ({ headers }: IncomingMessage) =>
  Object.fromEntries(
    Object.entries(headers).map(([name, value = '']) => [name, Array.isArray(value) ? value.join(', ') : value]),
  );
