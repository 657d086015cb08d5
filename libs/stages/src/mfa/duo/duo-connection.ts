import { measureProvider, withHttpRequestSpan } from '@gatehouse/platform';
import { z } from 'zod';
import { DuoRejectedError, DuoUnavailableError } from './duo.js';
import { authorization, canonicalBody, canonicalQuery, type DuoAccount, type SignedRequest } from './duo-signature.js';

export type DuoParameters = Readonly<Record<string, string>>;

interface DuoCall {
  readonly path: string;
  readonly parameters: DuoParameters;
}

interface DuoConnectionOptions {
  /** Timeout of a request in milliseconds. */
  readonly timeoutMs: number;
  /** Base URL that replaces the account's host, such as that of a proxy. Signatures still cover the account's host. */
  readonly url?: string | undefined;
}

/** Maximum size of a reply from Duo. A page of users has a few hundred kilobytes. */
const MAX_RESPONSE_BYTES = 4 * 1024 * 1024;

const envelope = z.discriminatedUnion('stat', [
  z.object({
    stat: z.literal('OK'),
    response: z.unknown(),
    metadata: z.object({ next_offset: z.int().nonnegative().optional() }).optional(),
  }),
  z.object({
    stat: z.literal('FAIL'),
    code: z.int().optional(),
    message: z.string().default(''),
    message_detail: z.string().nullish(),
  }),
]);
type DuoReply = z.output<typeof envelope>;

/** Duo's error code for a long poll that ended without a new status. */
const NO_NEWS_CODE = 40_002;

/** Sends signed requests to Duo, with limits on time and size. Does not follow redirects. */
export class DuoConnection {
  constructor(private readonly options: DuoConnectionOptions) {}

  async post(account: DuoAccount, { path, parameters }: DuoCall): Promise<unknown> {
    const body = canonicalBody(parameters);
    const reply = await this.send(account, { method: 'POST', path, query: '', body }, this.options.timeoutMs);
    return assertAccepted(reply).response;
  }

  async getPage(account: DuoAccount, call: DuoCall): Promise<{ response: unknown; next: number | undefined }> {
    const { response, metadata } = assertAccepted(await this.get(account, call, this.options.timeoutMs));
    return { response, next: metadata?.next_offset };
  }

  /**
   * Sends a request that Duo answers when there is a new status. Returns `undefined` if there is none within
   * `withinMs`.
   */
  async poll(account: DuoAccount, call: DuoCall, withinMs: number): Promise<unknown> {
    try {
      const reply = await this.get(account, call, withinMs);
      return reply.stat === 'FAIL' && reply.code === NO_NEWS_CODE ? undefined : assertAccepted(reply).response;
    } catch (error) {
      if (error instanceof DuoTimeoutError) return undefined;
      throw error;
    }
  }

  private get(account: DuoAccount, { path, parameters }: DuoCall, timeoutMs: number): Promise<DuoReply> {
    return this.send(account, { method: 'GET', path, query: canonicalQuery(parameters), body: '' }, timeoutMs);
  }

  private async send(account: DuoAccount, request: Omit<SignedRequest, 'date'>, timeoutMs: number): Promise<DuoReply> {
    const { method, path, query, body } = request;
    const date = new Date().toUTCString();
    const headers = { date, authorization: authorization(account, { ...request, date }), accept: 'application/json' };
    const url = new URL(`${path}${query && `?${query}`}`, this.options.url ?? `https://${account.host}`);
    const signal = AbortSignal.timeout(Math.max(1, Math.ceil(timeoutMs)));
    try {
      const exchange = async () => {
        const response = await fetch(url, {
          ...{ method, signal, redirect: 'error' },
          headers: method === 'POST' ? { ...headers, 'content-type': 'application/json' } : headers,
          ...(method === 'POST' ? { body } : {}),
        });
        return { status: response.status, text: await readText(response) };
      };
      const send = () => measureProvider('duo', exchange);
      const { status, text } = await withHttpRequestSpan(method, url, send);
      return parseDuoReply(status, text);
    } catch (cause) {
      if (cause instanceof DuoUnavailableError) throw cause;
      throw signal.aborted
        ? new DuoTimeoutError('Duo timed out', { cause })
        : new DuoUnavailableError('Duo is unreachable', { cause });
    }
  }
}

class DuoTimeoutError extends DuoUnavailableError {}

const TOO_MANY_REQUESTS = 429;
const SERVER_ERROR = 500;

/** Parses the envelope of a reply. Ignores the body of an overloaded or failing server. */
function parseDuoReply(status: number, text: string): DuoReply {
  if (status === TOO_MANY_REQUESTS || status >= SERVER_ERROR) throw new DuoUnavailableError(`Received ${status}`);
  const reply = envelope.safeParse(parseJson(text));
  if (!reply.success) throw new DuoUnavailableError(`Received bad response: ${status}`);
  return reply.data;
}

function assertAccepted(reply: DuoReply) {
  if (reply.stat === 'OK') return reply;
  const { code, message, message_detail: detail } = reply;
  throw new DuoRejectedError(`Received ${code ?? 'an error'} ${message}${detail ? ` (${detail})` : ''}`.trim());
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function readText({ body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  let [text, bytes] = ['', 0];
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_RESPONSE_BYTES) throw new DuoUnavailableError('Received a response that is too large');
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
