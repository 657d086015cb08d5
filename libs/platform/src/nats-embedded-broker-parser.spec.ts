import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Command, CommandParser, ProtocolViolation } from './nats-embedded-broker-parser.js';

const HELLO = 'CONNECT {"user":"ü"}\r\n';
const MAX_PAYLOAD = 64;

/** What was understood of some chunks, and why it went no further. */
function heard(chunks: readonly Buffer[]): { commands: object[]; violation: string | undefined } {
  const commands: object[] = [];
  const parser = new CommandParser(MAX_PAYLOAD, (command) => void commands.push(plain(command)));
  try {
    for (const chunk of chunks) parser.push(chunk);
  } catch (error) {
    if (!(error instanceof ProtocolViolation)) throw error;
    return { commands, violation: error.message };
  }
  return { commands, violation: undefined };
}

const plain = (command: Command) =>
  command.op === 'PUB' ? { ...command, body: command.body.toString('latin1') } : command;

function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const ends = [...places.map((place) => place % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  return ends.map((end, i) => bytes.subarray(ends[i - 1] ?? 0, end));
}

const one = (text: string) => heard([Buffer.from(HELLO + text)]);

describe('reading what a client says', () => {
  const cases: [string, object][] = [
    ['PING\r\n', { op: 'PING' }],
    ['pong\r\n', { op: 'PONG' }],
    ['SUB a.* 7\r\n', { op: 'SUB', subject: 'a.*', queue: undefined, sid: '7' }],
    ['SUB\ta  q\t7\n', { op: 'SUB', subject: 'a', queue: 'q', sid: '7' }],
    ['UNSUB 7\r\n', { op: 'UNSUB', sid: '7', max: 0 }],
    ['UNSUB 7 3\r\n', { op: 'UNSUB', sid: '7', max: 3 }],
    ['PUB a 2\r\nhi\r\n', { op: 'PUB', subject: 'a', headerLength: 0, body: 'hi\r\n' }],
    ['PUB a r 0\r\n\r\n', { op: 'PUB', subject: 'a', reply: 'r', headerLength: 0, body: '\r\n' }],
    ['HPUB a r 3 5\r\nH:\nhi\r\n', { op: 'PUB', subject: 'a', reply: 'r', headerLength: 3, body: 'H:\nhi\r\n' }],
    ['PUB a 4\r\n\r\n\r\n\r\n', { op: 'PUB', subject: 'a', headerLength: 0, body: '\r\n\r\n\r\n' }],
  ];
  it.each(cases)('understands %j', (text, command) => {
    expect(one(text)).toEqual({
      commands: [{ op: 'CONNECT', options: ' {"user":"ü"}' }, command],
      violation: undefined,
    });
  });

  it.each([
    ['', '\r\n'],
    ['', 'HELLO\r\n'],
    ['', ' PING\r\n'],
    ['', 'SUB a\r\n'],
    ['', 'SUB a b c d\r\n'],
    ['', 'UNSUB\r\n'],
    ['', 'UNSUB 1 x\r\n'],
    ['', 'PUB a\r\n'],
    ['', 'PUB a -1\r\n'],
    ['', 'PUB a 1e1\r\n'],
    ['', 'PUB a 2\r\nhixx'],
    ['', 'HPUB a 2\r\n'],
    ['', 'HPUB a 3 2\r\n'],
    ['Maximum Payload Violation', 'PUB a 65\r\n'],
    ['maximum control line exceeded', `SUB ${'a'.repeat(4096)} 1\r\n`],
    ['maximum control line exceeded', 'a'.repeat(4097)],
  ])('shows the door (%s) to %j', (reason, text) => {
    expect(one(text).violation).toBe(reason || 'Unknown Protocol Operation');
  });

  it('listens to nobody who has not said who they are', () => {
    for (const text of ['PING\r\n', 'SUB a 1\r\n', 'PUB a 1000000\r\n', '\r\n'])
      expect(heard([Buffer.from(text)])).toEqual({ commands: [], violation: 'Authorization Violation' });
  });
});

describe('reading what a client says in pieces', () => {
  const token = fc.stringMatching(/^[a-zA-Z0-9.*>_$é-]{1,12}$/);
  const publication = fc
    .tuple(token, fc.option(token), fc.uint8Array({ maxLength: 20 }), fc.uint8Array({ maxLength: MAX_PAYLOAD - 20 }))
    .map(([subject, reply, head, body]) => {
      const [op, sizes] =
        head.length > 0 ? ['HPUB', `${head.length} ${head.length + body.length}`] : ['PUB', body.length];
      const line = Buffer.from(`${op} ${subject} ${reply ? `${reply} ` : ''}${sizes}\r\n`, 'latin1');
      return Buffer.concat([line, head, body, Buffer.from('\r\n')]);
    });
  const line = fc
    .oneof(
      fc.constant('PING'),
      fc.tuple(token, fc.nat()).map(([subject, sid]) => `SUB ${subject} ${sid}`),
      fc.tuple(token, token, fc.nat()).map(([subject, queue, sid]) => `SUB ${subject} ${queue} ${sid}`),
      fc.tuple(fc.nat(), fc.nat({ max: 9 })).map(([sid, max]) => `UNSUB ${sid} ${max}`),
    )
    .map((text) => Buffer.from(`${text}\r\n`, 'latin1'));
  const traffic = fc
    .array(fc.oneof(publication, line), { minLength: 1, maxLength: 8 })
    .map((said) => ({ count: said.length, bytes: Buffer.concat([Buffer.from(HELLO), ...said]) }));

  it('understands the same wherever it is cut', () => {
    fc.assert(
      fc.property(traffic, fc.array(fc.nat(), { maxLength: 20 }), ({ count, bytes }, places) => {
        const whole = heard([bytes]);
        expect(whole.commands).toHaveLength(count + 1);
        expect(heard(cut(bytes, places))).toEqual(whole);
      }),
    );
  });

  it('understands the same when it is cut at every byte, and when each byte comes alone', () => {
    fc.assert(
      fc.property(traffic, ({ bytes }) => {
        const whole = heard([bytes]);
        for (let place = 0; place <= bytes.length; place++) expect(heard(cut(bytes, [place]))).toEqual(whole);
        expect(heard([...bytes].map((byte) => Buffer.from([byte])))).toEqual(whole);
      }),
      { numRuns: 20 },
    );
  });

  it('meets any bytes with a violation or with patience', () => {
    const noise = fc.oneof(
      fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)),
      traffic.map(({ bytes }) => bytes),
      fc.constantFrom('PUB ', 'HPUB ', 'SUB ', 'CONNECT ', '\r\n', ' 9 9', '\0').map((text) => Buffer.from(text)),
    );
    fc.assert(
      fc.property(fc.array(noise, { maxLength: 10 }), fc.array(fc.nat(), { maxLength: 20 }), (pieces, places) => {
        const bytes = Buffer.concat([Buffer.from(HELLO), ...pieces]);
        expect(heard(cut(bytes, places))).toEqual(heard([bytes]));
      }),
      { numRuns: 500 },
    );
  });
});
