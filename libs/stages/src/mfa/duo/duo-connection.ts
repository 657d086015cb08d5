import { z } from 'zod';
import { DuoRejectedError, DuoUnavailableError } from './duo.js';
import { authorization, canonicalBody, canonicalQuery, type DuoAccount, type SignedRequest } from './duo-signature.js';

export type DuoParameters = Readonly<Record<string, string>>;

interface DuoCall {
  readonly path: string;
  readonly parameters: DuoParameters;
}

interface Settings {
  /** Milliseconds that a call may take in all. */
  readonly timeoutMs: number;
  /** Where calls go instead of to the account's host, such as to a proxy; what is signed stays the same. */
  readonly url?: string | undefined;
}

/** A page of users has some hundred kilobytes. */
const MAX_ANSWER_BYTES = 4 * 1024 * 1024;

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

/** Of a question that waits for news, `no news`. */
const NO_NEWS = 40_002;

/** Signed requests to Duo, each with an end in time and size; redirects are not followed. */
export class DuoConnection {
  constructor(private readonly settings: Settings) {}

  async post(account: DuoAccount, { path, parameters }: DuoCall): Promise<unknown> {
    const body = canonicalBody(parameters);
    const said = await this.send(account, { method: 'POST', path, query: '', body }, this.settings.timeoutMs);
    return accepted(said).response;
  }

  async page(account: DuoAccount, call: DuoCall): Promise<{ response: unknown; next: number | undefined }> {
    const { response, metadata } = accepted(await this.get(account, call, this.settings.timeoutMs));
    return { response, next: metadata?.next_offset };
  }

  /** Asks for news, and waits for them no longer than `withinMs`; undefined when there are none. */
  async poll(account: DuoAccount, call: DuoCall, withinMs: number): Promise<unknown> {
    try {
      const said = await this.get(account, call, withinMs);
      return said.stat === 'FAIL' && said.code === NO_NEWS ? undefined : accepted(said).response;
    } catch (error) {
      if (error instanceof TooSlow) return undefined;
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
    const url = new URL(`${path}${query && `?${query}`}`, this.settings.url ?? `https://${account.host}`);
    const signal = AbortSignal.timeout(Math.max(1, Math.ceil(timeoutMs)));
    try {
      const answer = await fetch(url, {
        ...{ method, signal, redirect: 'error' },
        headers: method === 'POST' ? { ...headers, 'content-type': 'application/json' } : headers,
        ...(method === 'POST' ? { body } : {}),
      });
      return parseDuoReply(answer.status, await textOf(answer));
    } catch (cause) {
      if (cause instanceof DuoUnavailableError) throw cause;
      throw signal.aborted
        ? new TooSlow('Duo does not answer in time', { cause })
        : new DuoUnavailableError('Duo cannot be reached', { cause });
    }
  }
}

class TooSlow extends DuoUnavailableError {}

const TOO_MANY = 429;
const SERVER_ERROR = 500;

/** An answer of Duo's own form; what a server in trouble says is none. */
function parseDuoReply(status: number, text: string): DuoReply {
  if (status === TOO_MANY || status >= SERVER_ERROR) throw new DuoUnavailableError(`Received ${status}`);
  const said = envelope.safeParse(parsed(text));
  if (!said.success) throw new DuoUnavailableError(`Received bad response: ${status}`);
  return said.data;
}

function accepted(said: DuoReply) {
  if (said.stat === 'OK') return said;
  const { code, message, message_detail: detail } = said;
  throw new DuoRejectedError(`Received ${code ?? 'an error'} ${message}${detail ? ` (${detail})` : ''}`.trim());
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

async function textOf({ body }: Response): Promise<string> {
  const decoder = new TextDecoder();
  let [text, bytes] = ['', 0];
  for await (const chunk of body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_ANSWER_BYTES) throw new DuoUnavailableError('Received an answer without end');
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
