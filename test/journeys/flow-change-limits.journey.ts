import pg from 'pg';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { administratorsEntry } from '../support/administrators.js';
import { waitForBlockedStatements } from '../support/blocked-statements.js';
import { blueprint, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import type { BrowserResponse } from '../support/browser.js';
import { Browser } from '../support/browser.js';
import { CODE_LOGIN_FLOWS, logInWithCode } from '../support/code-login.js';
import { CountingProxy } from '../support/counting-proxy.js';
import { Deployment } from '../support/deployment.js';
import { describeWithNats } from '../support/nats.js';
import { type FreshDatabase, migratedDatabase } from '../support/postgres.js';

const INSTANCES = '/api/v3/flows/instances';
/**
 * Moments at which the service is killed: after this share of the messages that it sends to Postgres, or at its COMMIT.
 */
const MOMENTS = [0.4, 0.8, 'COMMIT'] as const;
/** Timeout in milliseconds of a test that starts a process three times, on a loaded machine. */
const START_TIMEOUT_MS = 120_000;
const BUSY = { status: 409, code: 'flow_change_busy', retryAfter: '1' };
const TIMEOUT = { status: 503, code: 'flow_change_timeout', retryAfter: '1' };
const AWAY = { status: 503, code: 'flow_changes_away', retryAfter: '1' };

const login = (title: string) => blueprint(flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN], { title }));
const refusal = ({ status, body, headers }: BrowserResponse) => ({
  ...{ status, code: body['code'], retryAfter: headers.get('retry-after') },
});

describeWithNats('a change of flows over HTTP', () => {
  let database: FreshDatabase;
  let proxy: CountingProxy;
  let deployment: Deployment;
  let gateways: readonly string[];
  let root: Browser;
  beforeAll(async () => {
    database = await migratedDatabase();
    proxy = await CountingProxy.start(database.url);
    deployment = await Deployment.open({
      ...{ database, services: ['identification', 'password', 'session', 'mfa', 'blueprints'], apart: ['blueprints'] },
      own: { blueprints: { DATABASE_URL: proxy.url, FLOW_CHANGES_CONCURRENCY: '1' } },
      gateway: { ANONYMOUS_RATE: '0', FLOW_CHANGE_TIMEOUT_MS: '2000' },
      blueprints: [
        blueprint(userEntry('alice'), userEntry('root'), administratorsEntry('root'), CODE_LOGIN_FLOWS),
        login('First'),
      ],
    });
    gateways = [deployment.url, await deployment.openAnotherGateway()];
    root = await logInWithCode(() => deployment.browser(), 'root');
  });
  afterAll(async () => {
    await deployment?.close();
    await proxy?.close();
  });

  const apply = (title: string) =>
    root.fetch(`${INSTANCES}/apply/`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ blueprint: login(title) }),
    });
  const rollOut = () =>
    root.fetch(`${INSTANCES}/login/versions/1/rollout/`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ percent: 10 }),
    });
  const versions = () => root.fetch(`${INSTANCES}/login/versions/`);
  const titles = async () => {
    const rows = await deployment.rows<{ title: string }>(
      `SELECT v.document->'flow'->>'title' AS title FROM flow.flows f JOIN flow.flow_versions v ON v.id = f.version_id
       WHERE f.slug = 'login'`,
    );
    return rows.map(({ title }) => title);
  };
  const rowCounts = () =>
    deployment.rows(`SELECT count(*)::int AS n FROM flow.flow_versions UNION ALL SELECT count(*) FROM flow.releases
      UNION ALL SELECT count(*) FROM flow.objects UNION ALL SELECT count(*) FROM flow.outbox WHERE topic LIKE '%blueprint%'`);

  /** Runs `work` while another client has run `sql` in a transaction, which is then rolled back. */
  async function whileLocked(sql: string, work: () => Promise<void>): Promise<void> {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    try {
      await client.query(`BEGIN; ${sql}`);
      await work();
    } finally {
      await client.end();
    }
  }

  /**
   * Resolves when no change runs. Postgres frees the lock of a killed process when it notices that the connection is
   * closed.
   */
  const lockFreed = () =>
    deployment.rows(`SELECT pg_advisory_lock(hashtext('gatehouse blueprints')), pg_advisory_unlock_all()`);

  /**
   * Kills the service before the message at this moment of an apply reaches Postgres. `messages` is the number of
   * messages of a complete apply. Returns the gateway's response to the apply, which comes only after the time limit.
   */
  async function killAt(moment: (typeof MOMENTS)[number], messages: number) {
    const reached = new Promise<void>((resolve) =>
      proxy.restart(
        (message, number) => (moment === 'COMMIT' ? message.includes('COMMIT') : number >= messages * moment),
        resolve,
      ),
    );
    const interrupted = apply('Lost');
    await reached;
    await deployment.end('blueprints', 'SIGKILL');
    return { response: interrupted };
  }

  /** Begins a login at each gateway. Returns a function that completes these logins. */
  async function beginLogins(): Promise<() => Promise<void>> {
    const browsers = gateways.map((gateway) => new Browser(gateway));
    for (const browser of browsers) await browser.solve('login', { uid_field: 'alice' });
    return async () => {
      for (const browser of browsers)
        expect((await browser.solve('login', { password: 'correct-horse-7' })).body).toMatchObject({ to: '/' });
    };
  }
  const logIn = async () => (await beginLogins())();

  it('is refused with 409 while a command or another request changes flows, and flows can still be read', async () => {
    await whileLocked(`SELECT pg_advisory_xact_lock(hashtext('gatehouse blueprints'))`, async () => {
      expect(refusal(await apply('Never'))).toEqual(BUSY);
      expect(refusal(await rollOut())).toEqual(BUSY);
      expect((await versions()).status).toBe(200);
    });
    expect(await titles()).toEqual(['First']);
  });

  it('is rolled back after its timeout, and until then requests above FLOW_CHANGES_CONCURRENCY get 409', async () => {
    const before = await rowCounts();
    await whileLocked('LOCK TABLE flow.flow_versions IN SHARE ROW EXCLUSIVE MODE', async () => {
      const slow = apply('Late');
      await waitForBlockedStatements({ query: (sql) => deployment.rows(sql) as Promise<never> }, 1);
      expect(refusal(await versions())).toEqual(BUSY);
      expect(refusal(await slow)).toEqual(TIMEOUT);
    });
    await lockFreed();
    expect(await titles()).toEqual(['First']);
    expect(await rowCounts()).toEqual(before);
  });

  it('publishes nothing if the service is killed at any moment, and no login at two gateways fails', {
    timeout: START_TIMEOUT_MS,
  }, async () => {
    proxy.restart();
    expect((await apply('Second')).status).toBe(200);
    const messages = proxy.count;
    const before = await rowCounts();
    const interrupted: Promise<BrowserResponse>[] = [];
    for (const moment of MOMENTS) {
      const completeLogins = await beginLogins();
      const [{ response }] = await Promise.all([killAt(moment, messages), logIn()]);
      interrupted.push(response);
      // NATS notices the end of a process a moment later.
      await expect.poll(async () => refusal(await versions())).toEqual(AWAY);
      await completeLogins();
      await lockFreed();
      expect([moment, await titles(), await rowCounts()]).toEqual([moment, ['Second'], before]);
      proxy.restart();
      await deployment.start('blueprints');
    }
    expect((await apply('Third')).status).toBe(200);
    expect(await titles()).toEqual(['Third']);
    await logIn();
    expect((await Promise.all(interrupted)).map(refusal)).toEqual(MOMENTS.map(() => TIMEOUT));
  });
});
