import { once } from 'node:events';
import { connect } from 'node:net';

/** What a server said to what was written by hand; status 0 when it hung up without a word. */
export interface RawAnswer {
  readonly status: number;
  /** Names in lower case; of a repeated one the last. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Writes bytes (a text stands for one byte a character) to a server; its first answer that is no interim one. */
export async function sendRaw(url: string, sent: string | Buffer): Promise<RawAnswer> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  // Who is refused early may be cut off while still writing.
  socket.on('error', () => undefined);
  socket.write(typeof sent === 'string' ? Buffer.from(sent, 'latin1') : sent);
  try {
    let heard = Buffer.alloc(0);
    for await (const chunk of socket) {
      heard = Buffer.concat([heard, chunk as Buffer]);
      const answer = answerIn(heard.toString('latin1'));
      if (answer) return answer;
    }
    return { status: 0, headers: {}, body: '' };
  } finally {
    socket.destroy();
  }
}

/** The answer, once all of it has come. */
function answerIn(heard: string): RawAnswer | undefined {
  const end = heard.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [first = '', ...lines] = heard.slice(0, end).split('\r\n');
  const status = Number(first.split(' ')[1]);
  if (status < 200) return answerIn(heard.slice(end + 4));
  const headers = Object.fromEntries(lines.map((line) => [line.split(':', 1)[0]!.toLowerCase(), valueOf(line)]));
  const body = heard.slice(end + 4);
  if (body.length < Number(headers['content-length'] ?? 0)) return undefined;
  return { status, headers, body: Buffer.from(body, 'latin1').toString() };
}

const valueOf = (line: string) => line.slice(line.indexOf(':') + 1).trim();
