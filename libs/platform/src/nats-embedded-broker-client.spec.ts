import { connect, headers } from '@nats-io/transport-node';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  dial,
  everything,
  hello,
  LOGIN,
  type StartBus,
  says,
  startEmbedded,
  startReal,
} from '../../../test/support/buses.js';
import { describeWithNats, type RunningNats } from '../../../test/support/nats.js';

const PONG = 'PONG\r\n';
const closed = (reason: string) => `-ERR '${reason}'\r\n`;
const conversations: [promise: string, said: string, answer: string][] = [
  ['answers a ping', `${hello()}PING\r\n`, PONG],
  ['refuses commands before an introduction', 'SUB a 1\r\nPING\r\n', closed('Authorization Violation')],
  ['refuses a wrong password', hello({ pass: 'x' }), closed('Authorization Violation')],
  [
    'confirms each command when asked to',
    `${hello({ verbose: true })}SUB a 1\r\nUNSUB 1\r\nPUB a 0\r\n\r\nPING\r\n`,
    `${'+OK\r\n'.repeat(4)}${PONG}`,
  ],
  [
    'refuses a malformed subject',
    `${hello()}SUB a..b 1\r\nSUB a.>.b 2\r\nPING\r\n`,
    `${closed('Invalid Subject').repeat(2)}${PONG}`,
  ],
  [
    'refuses to publish to a wildcard when pedantic',
    `${hello({ pedantic: true })}PUB a.* 0\r\n\r\nPING\r\n`,
    `${closed('Invalid Publish Subject')}${PONG}`,
  ],
  [
    'ends a subscription after as many messages as wanted',
    `${hello()}SUB a 1\r\nPUB a 0\r\n\r\nUNSUB 1 2\r\n${'PUB a 0\r\n\r\n'.repeat(2)}PING\r\n`,
    `${'MSG a 1 0\r\n\r\n'.repeat(2)}${PONG}`,
  ],
  [
    'ends one that has had as many already',
    `${hello()}SUB a 1\r\nPUB a 0\r\n\r\nUNSUB 1 1\r\nPUB a 0\r\n\r\nPING\r\n`,
    `MSG a 1 0\r\n\r\n${PONG}`,
  ],
  ['takes a subscription once', `${hello()}SUB a 1\r\nSUB a 1\r\nPUB a 0\r\n\r\nPING\r\n`, `MSG a 1 0\r\n\r\n${PONG}`],
  ['does not mind the end of what never began', `${hello()}UNSUB 9\r\nPING\r\n`, PONG],
  [
    'spares a client its own messages when asked to',
    `${hello({ echo: false })}SUB a 1\r\nPUB a 0\r\n\r\nPING\r\n`,
    PONG,
  ],
  [
    'tells only the asker that nobody is there',
    `${hello()}SUB r.* 7\r\nPUB a r.1 2\r\nhi\r\nPING\r\n`,
    `HMSG r.1 7 16 16\r\nNATS/1.0 503\r\n\r\n\r\n${PONG}`,
  ],
  [
    'wants headers of those who want to hear of nobody',
    `${hello({ headers: false })}PING\r\n`,
    closed('no responders requires headers support'),
  ],
  ['stops at a message that is too large', `${hello()}PUB a 1048577\r\n`, closed('Maximum Payload Violation')],
  [
    'stops at a line that is too long',
    `${hello()}SUB ${'a'.repeat(5000)} 1\r\n`,
    closed('maximum control line exceeded'),
  ],
  ['stops at what it does not understand', `${hello()}HELLO\r\nPING\r\n`, closed('Unknown Protocol Operation')],
  [
    'stops at a message of another length than announced',
    `${hello()}PUB a 2\r\nhi!\r\nPING\r\n`,
    closed('Unknown Protocol Operation'),
  ],
  ['goes on when lines end in line feeds alone', `${hello().replace('\r', '')}PING\n`, PONG],
];

describeWithNats('nats-server, spoken to by hand', () => {
  speaking(startReal);
});
describe('the embedded broker, spoken to by hand', () => {
  speaking(startEmbedded);
});

function speaking(start: StartBus) {
  let bus: RunningNats;

  beforeEach(async () => {
    bus = await start();
  });
  afterEach(() => bus.stop());

  const restart = async (limits: Parameters<StartBus>[0]) => {
    await bus.stop();
    bus = await start(limits);
  };
  const enter = () => connect({ servers: bus.url, user: LOGIN.user, pass: LOGIN.password });

  it.each(conversations)('%s', async (_promise, said, answer) => {
    expect(await converse(bus.url, said)).toBe(answer);
  });

  it('takes headers off for those who do not know them', async () => {
    const old = await dial(bus.url);
    const heard = everything(old);
    old.write(`${hello({ headers: false, no_responders: false })}SUB a 1\r\nPING\r\n`);
    await says(old, 'PONG');
    const sender = await enter();
    const given = headers();
    given.append('traceparent', '00');
    sender.publish('a', 'body', { headers: given });
    sender.publish('a', 'end');
    await says(old, 'end\r\n');
    old.destroy();
    await sender.close();
    expect(await heard).toBe('PONG\r\nMSG a 1 4\r\nbody\r\nMSG a 1 3\r\nend\r\n');
  });

  it('gives up on a client that does not read, and on nobody else', async () => {
    await restart({ maxPending: 2 ** 20 });
    const slow = await dial(bus.url);
    slow.write(`${hello()}SUB a 1\r\nPING\r\n`);
    await says(slow, 'PONG');
    slow.pause();
    const sender = await enter();
    for (let n = 0; n < 64; n++) {
      sender.publish('a', Buffer.alloc(2 ** 19));
      await sender.flush();
    }
    await sender.close();
    expect((await everything(slow)).length).toBeLessThan(2 ** 25);
  });

  it('does not wait for ever for a client to say who it is, and for ever once it has', async () => {
    await restart({ authTimeoutMs: 500 });
    const known = await dial(bus.url);
    known.write(`${hello()}PING\r\n`);
    await says(known, 'PONG');
    expect(await converse(bus.url, '')).toBe(`-ERR 'Authentication Timeout'\r\n`);
    known.write('PING\r\n');
    await says(known, 'PONG');
    known.destroy();
  });
}

/** What the server says after its greeting, up to the answer to a ping or to the end. */
async function converse(url: string, said: string): Promise<string> {
  const socket = await dial(url);
  const heard = everything(socket);
  void says(socket, 'PONG\r\n').then(() => socket.destroy());
  socket.write(said);
  return heard;
}
