import { once } from 'node:events';
import { connect } from 'node:net';

/** A response to raw bytes. The status is 0 if the server closed the connection without a response. */
export interface RawResponse {
  readonly status: number;
  /** Header values by lower-case name. A repeated header has its last value. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Sends bytes, or a text with one character per byte. Returns the first response that is not informational. */
export async function sendRaw(url: string, request: string | Buffer): Promise<RawResponse> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  // The server may close the connection before the whole request is written.
  socket.on('error', () => undefined);
  socket.write(typeof request === 'string' ? Buffer.from(request, 'latin1') : request);
  try {
    let received = Buffer.alloc(0);
    for await (const chunk of socket) {
      received = Buffer.concat([received, chunk as Buffer]);
      const response = parseResponse(received.toString('latin1'));
      if (response) return response;
    }
    return { status: 0, headers: {}, body: '' };
  } finally {
    socket.destroy();
  }
}

/** Returns the response, or `undefined` if it is incomplete. */
function parseResponse(text: string): RawResponse | undefined {
  const end = text.indexOf('\r\n\r\n');
  if (end < 0) return undefined;
  const [first = '', ...lines] = text.slice(0, end).split('\r\n');
  const status = Number(first.split(' ')[1]);
  if (status < 200) return parseResponse(text.slice(end + 4));
  const headers = Object.fromEntries(lines.map((line) => [line.split(':', 1)[0]!.toLowerCase(), valueOf(line)]));
  const body = text.slice(end + 4);
  if (body.length < Number(headers['content-length'] ?? 0)) return undefined;
  return { status, headers, body: Buffer.from(body, 'latin1').toString() };
}

const valueOf = (line: string) => line.slice(line.indexOf(':') + 1).trim();
