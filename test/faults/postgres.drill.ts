import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { usernameOf } from '../support/browser.js';
import { onServer } from '../support/postgres-databases.js';
import { FaultDrill, NONE_STARTED_OVER, USERS } from './fault-drill.js';
import { WrongPasswords } from './wrong-passwords.js';

const VICTIMS = Array.from({ length: 200 }, (_, i) => `victim-${i}`);
/** Milliseconds in which the proxy notices that an old primary is back. */
const PROXY_NOTICES_MS = 3000;

let drill: FaultDrill;
beforeAll(async () => {
  drill = await FaultDrill.open({ users: [...USERS, ...VICTIMS] });
});
afterAll(() => drill?.close());
afterEach(({ task }) => drill.endTest(task.result?.state === 'fail'));

describe('no login is lost when', () => {
  it('PgBouncer is killed and started again', async () => {
    await drill.startLoad();
    await drill.stack.database.restartPgbouncer();
    expect(await drill.outcome('PgBouncer killed and restarted')).toMatchObject(NONE_STARTED_OVER);
  });

  it('PgBouncer drops all connections', async () => {
    await drill.startLoad();
    await drill.stack.database.dropConnections();
    expect(await drill.outcome('connections of PgBouncer dropped')).toMatchObject(NONE_STARTED_OVER);
  });
});

// Each test continues with the servers that the test before has left.
describe('when the standby of Postgres is promoted', () => {
  it('after a crash, no login, no session and no counted wrong password is lost', async () => {
    await drill.startLoad();
    const { stack } = drill;
    const visitor = await stack.logIn(USERS[0]!);
    const guesses = new WrongPasswords(stack, VICTIMS);
    await guesses.answers(20);
    await stack.postgres.crash('one');
    await stack.postgres.promote('two');
    expect(await drill.outcome('Postgres primary crashed, standby promoted')).toMatchObject(NONE_STARTED_OVER);
    await guesses.stop();
    expect(await guesses.forgotten(stack.postgres.url('two'))).toEqual([]);
    expect(await usernameOf(visitor)).toBe(USERS[0]);
  });

  it('the proxy sends no client to the crashed primary, which starts as a primary again', async () => {
    await drill.startLoad();
    const { postgres } = drill.stack;
    await postgres.start('one');
    await pause(PROXY_NOTICES_MS);
    expect(await drill.outcome('old Postgres primary returned')).toMatchObject(NONE_STARTED_OVER);
    const query = `SELECT count(*)::int AS clients FROM pg_stat_activity WHERE usename ~ '^gatehouse_(?!check)'`;
    const found = await onServer(postgres.url('one'), (client) => client.query<{ clients: number }>(query));
    expect(found.rows).toEqual([{ clients: 0 }]);
    await postgres.crash('one');
  });
});

describe('the old primary of Postgres', () => {
  it('follows the new primary after pg_rewind, and replaces it without a lost login when it hangs', async () => {
    await drill.startLoad();
    const { postgres } = drill.stack;
    await postgres.rewind('one', 'two');
    await postgres.start('one');
    await postgres.waitForStandby('two', 'one');
    await drill.loginsGoOn();
    await postgres.hang('two');
    await postgres.promote('one');
    expect(await drill.outcome('Postgres primary hangs, standby promoted')).toMatchObject(NONE_STARTED_OVER);
  });
});

describe('the stream of events', () => {
  it('has at least one event for each login that has finished during all faults', async () => {
    const { logins, events } = await drill.loginsAndEvents();
    expect(events).toBeGreaterThanOrEqual(logins);
  });
});
