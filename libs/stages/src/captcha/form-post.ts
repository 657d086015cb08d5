import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { LookupFunction } from 'node:net';

/** What a server said to a form. */
export interface Said {
  readonly status: number;
  readonly text: string;
}

interface Bounds {
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/** Milliseconds that an idle connection is kept; servers mostly keep theirs longer. */
const IDLE_MS = 4000;

const HEADERS = {
  ...{ 'user-agent': 'gatehouse', accept: 'application/json', 'accept-encoding': 'identity' },
  'content-type': 'application/x-www-form-urlencoded',
};

/** Sends forms to servers of the web, and follows none of them elsewhere. */
export class FormPost {
  private readonly http: HttpAgent;
  private readonly https: HttpsAgent;

  /** `lookup` resolves names where connections are made; without it any address of a name will do. */
  constructor(lookup: LookupFunction | undefined) {
    const options = { keepAlive: true, timeout: IDLE_MS, ...(lookup && { lookup }) };
    this.http = new HttpAgent(options);
    this.https = new HttpsAgent(options);
  }

  /** Throws what a connection throws, and an Error for an answer of more than `maxBytes`. */
  async send(url: URL, form: Readonly<Record<string, string>>, { maxBytes, signal }: Bounds): Promise<Said> {
    const message = await this.answerTo(url, new URLSearchParams(form).toString(), signal);
    return { status: message.statusCode ?? 0, text: await textOf(message, maxBytes) };
  }

  private answerTo(url: URL, body: string, signal: AbortSignal): Promise<IncomingMessage> {
    const options = { method: 'POST', headers: HEADERS, signal };
    return new Promise((resolve, reject) => {
      const sent =
        url.protocol === 'https:'
          ? httpsRequest(url, { ...options, agent: this.https })
          : httpRequest(url, { ...options, agent: this.http });
      sent.on('response', resolve).on('error', reject).end(body);
    });
  }
}

async function textOf(message: IncomingMessage, maxBytes: number): Promise<string> {
  const read: Buffer[] = [];
  let length = 0;
  // What ends the loop early ends the connection, too.
  for await (const chunk of message as AsyncIterable<Buffer>) {
    length += chunk.length;
    if (length > maxBytes) throw new Error(`the answer is longer than ${maxBytes} bytes`);
    read.push(chunk);
  }
  return Buffer.concat(read).toString();
}
