import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { LoginLoad } from '../faults/login-load.js';
import { usernameOf } from '../support/browser.js';
import { onServer } from '../support/postgres-databases.js';
import { FailoverStack } from './stack.js';
import { WrongPasswords } from './wrong-passwords.js';

const USERS = Array.from({ length: 4 }, (_, i) => `user-${i}`);
const VICTIMS = Array.from({ length: 200 }, (_, i) => `victim-${i}`);
/** Number of logins that must finish before each fault, and again after it. */
const UNDISTURBED = 8;
/** Milliseconds that a NATS server hangs: longer than it takes to notice it. */
const HANG_MS = 8000;
/** Milliseconds in which the proxy notices that an old primary is back. */
const PROXY_NOTICES_MS = 3000;

let stack: FailoverStack;
let load: LoginLoad;
/** Logins of all drills that have finished. */
let finishedLogins = 0;
const rows: (string | number)[][] = [
  ['fault', 'begun', 'finished', 'lost', 'started over', 'requests', 'refused', 'gap in s'],
  ['---', '---', '---', '---', '---', '---', '---', '---'],
];

beforeAll(async () => {
  const programs = { natsServer: process.env['NATS_SERVER'] ?? '', postgres: process.env['POSTGRES_BIN'] ?? '' };
  stack = await FailoverStack.open(programs, [...USERS, ...VICTIMS]);
});
afterAll(async () => {
  process.stdout.write(`${rows.map((row) => `| ${row.join(' | ')} |`).join('\n')}\n`);
  await stack?.close();
});
beforeEach(() => startLoad());

async function startLoad() {
  load = new LoginLoad(stack, { slug: 'login', users: USERS });
  await load.finish(UNDISTURBED);
}

/** Waits for logins that start after the fault, and returns how all logins ended. */
async function outcome(fault: string) {
  await load.finish(UNDISTURBED);
  const { begun, finished, startedOver, requests, refused, gapMs, lost } = await load.stop();
  rows.push([fault, begun, finished, lost.length, startedOver, requests, refused, (gapMs / 1000).toFixed(1)]);
  finishedLogins += finished;
  return { unfinished: begun - finished, lost, startedOver, gapMs };
}
const NONE_LOST = { unfinished: 0, lost: [] };
/** No reply to an accepted answer was lost, as it can be when a gateway crashes. */
const NONE_STARTED_OVER = { ...NONE_LOST, startedOver: 0 };

/** Connects all processes to one NATS server, and starts to count logins anew. */
async function gatherAt(i: number) {
  await stack.gatherAt(i);
  finishedLogins += (await load.stop()).finished;
  await startLoad();
}

/** Lets a NATS server hang for longer than it takes to notice it. */
async function hang(i: number) {
  process.kill(stack.nats.server(i).pid, 'SIGSTOP');
  await pause(HANG_MS);
  process.kill(stack.nats.server(i).pid, 'SIGCONT');
}

describe('no login is lost when one of three NATS servers hangs', () => {
  // At the start, each process has chosen a server at random.
  it.each([0, 1, 2])('server %i, to which some processes are connected', async (i) => {
    await hang(i);
    expect(await outcome(`NATS server ${i} hangs, with some processes`)).toMatchObject(NONE_STARTED_OVER);
  });

  it.each([0, 1, 2])('server %i, to which all processes are connected, which costs at most 5 s', async (i) => {
    await gatherAt(i);
    await hang(i);
    const { gapMs, ...rest } = await outcome(`NATS server ${i} hangs, with all processes`);
    expect(rest).toEqual(NONE_STARTED_OVER);
    expect(gapMs).toBeLessThanOrEqual(5000);
  });
});

describe('no login is lost when', () => {
  it.each([0, 1, 2])('NATS server %i is killed, to which all processes are connected', async (i) => {
    await gatherAt(i);
    await stack.nats.server(i).stop();
    await load.finish(UNDISTURBED);
    await stack.nats.start(i);
    expect(await outcome(`NATS server ${i} killed, with all processes`)).toMatchObject(NONE_STARTED_OVER);
  });

  it('the NATS servers are restarted one after the other', async () => {
    for (let i = 0; i < stack.nats.size; i++) {
      await stack.nats.server(i).stop('SIGTERM');
      await stack.nats.start(i);
      await load.finish(UNDISTURBED);
    }
    expect(await outcome('NATS servers restarted in turn')).toMatchObject(NONE_STARTED_OVER);
  });
});

describe('with two gateways, no login is lost', () => {
  it('when one of them is killed', async () => {
    await stack.end('gateway', 1, 'SIGKILL');
    await load.finish(UNDISTURBED);
    await stack.start('gateway', 1);
    expect(await outcome('one of two gateways killed')).toMatchObject(NONE_LOST);
  });

  it('and no request refused, when one of them is stopped in order', async () => {
    await stack.end('gateway', 2, 'SIGTERM');
    await stack.start('gateway', 2);
    expect(await outcome('one of two gateways stopped')).toMatchObject(NONE_STARTED_OVER);
    expect(load.tally.refused).toBe(0);
  });
});

describe('when the standby of Postgres is promoted', () => {
  it('after a crash: no login lost, no session ended, no answered wrong password forgotten', async () => {
    const visitor = await stack.logIn(USERS[0]!);
    const guesses = new WrongPasswords(stack, VICTIMS);
    await guesses.answers(20);
    await stack.postgres.crash('one');
    await stack.postgres.promote('two');
    expect(await outcome('Postgres primary crashed, standby promoted')).toMatchObject(NONE_STARTED_OVER);
    await guesses.stop();
    expect(await guesses.forgotten(stack.postgres.url('two'))).toEqual([]);
    expect(await usernameOf(visitor)).toBe(USERS[0]);
  });

  it('the proxy sends nothing to the old primary that returns without knowing of it', async () => {
    await stack.postgres.start('one');
    await pause(PROXY_NOTICES_MS);
    expect(await outcome('old Postgres primary returned')).toMatchObject(NONE_STARTED_OVER);
    const query = `SELECT count(*)::int AS clients FROM pg_stat_activity WHERE usename ~ '^gatehouse_(?!check)'`;
    const found = await onServer(stack.postgres.url('one'), (client) => client.query<{ clients: number }>(query));
    expect(found.rows).toEqual([{ clients: 0 }]);
    await stack.postgres.crash('one');
  });
});

describe('the old primary of Postgres', () => {
  it('follows the new one after pg_rewind, and takes over from it when it hangs', async () => {
    await stack.postgres.rewind('one', 'two');
    await stack.postgres.start('one');
    await stack.postgres.waitForStandby('two', 'one');
    await load.finish(UNDISTURBED);
    await stack.postgres.hang('two');
    await stack.postgres.promote('one');
    expect(await outcome('Postgres primary hangs, standby promoted')).toMatchObject(NONE_STARTED_OVER);
  });
});

describe('the stream of events', () => {
  it('has an event of each login that has finished during all faults', async () => {
    finishedLogins += (await load.stop()).finished;
    await stack.outboxEmpty(stack.postgres.url('one'));
    expect(await stack.storedEvents()).toBeGreaterThanOrEqual(finishedLogins);
  });
});
