import { Agent, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blueprint, DUMMY, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import type { Browser, BrowserResponse } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';
import { freePort } from '../support/processes.js';

let deployment: Deployment;
/** Port on which the gateway serves its readiness, also while it is stopping. */
let monitoringPort: number;

beforeAll(async () => {
  monitoringPort = await freePort();
  deployment = await Deployment.open({
    apart: ['gateway', 'password'],
    blueprints: [
      blueprint(
        userEntry('alice'),
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
        flowEntries('plain', [DUMMY]),
      ),
    ],
    gateway: { SHUTDOWN_DELAY_S: '3', MONITORING_PORT: String(monitoringPort) },
  });
});
afterAll(() => deployment.close());

const unavailable = {
  status: 503,
  body: { component: 'ak-stage-flow-error', request_id: expect.stringMatching(/^[0-9a-f]{32}$/) },
};

describe('a stage service that is down', () => {
  let [waiting, entering]: Browser[] = [];
  /** The responses while the service was down. */
  let down: Record<'answered' | 'shown' | 'identified' | 'plain', BrowserResponse>;
  let failures: object[];
  beforeAll(async () => {
    const guessing = deployment.browser();
    [waiting, entering] = [deployment.browser(), deployment.browser()];
    for (const browser of [waiting, guessing]) await browser.solve('login', { uid_field: 'alice' });
    await entering.show('login');
    await deployment.rows('DELETE FROM flow.attempts');
    await deployment.end('password');

    down = {
      answered: await waiting.solve('login', { password: 'correct-horse-7' }),
      shown: await waiting.show('login'),
      identified: await entering.solve('login', { uid_field: 'alice' }),
      plain: await deployment.browser().show('plain'),
    };
    await guessing.solve('login', { password: 'correct-horse-7' });
    await deployment.start('password');
    failures = await deployment.rows('SELECT FROM flow.attempts WHERE failures > 0');
  });

  it('causes 503 with Retry-After, and the login continues at the same step when the service is back', async () => {
    expect(down.answered).toMatchObject(unavailable);
    expect(down.answered.headers.get('retry-after')).toBe('1');
    expect(down.answered.headers.get('x-authentik-id')).toBe(down.answered.body['request_id']);
    expect(down.shown).toMatchObject(unavailable);

    expect((await waiting!.show('login')).body).toMatchObject({
      component: 'ak-stage-password',
      pending_user: 'alice',
    });
    expect((await waiting!.solve('login', { password: 'correct-horse-7' })).body).toMatchObject({ to: '/' });
  });

  it('does not undo the step that was passed before', async () => {
    expect(down.identified).toMatchObject(unavailable);
    expect((await entering!.show('login')).body).toMatchObject({
      component: 'ak-stage-password',
      pending_user: 'alice',
    });
  });

  it('does not affect flows that do not use it', () => {
    expect(down.plain.body).toMatchObject({ component: 'ak-stage-dummy' });
  });

  it('uses none of the user’s attempts', () => {
    expect(failures).toEqual([]);
  });
});

describe('a gateway that stops', () => {
  let browser: Browser;
  let exitCode: number | null;
  /** What the gateway answered before it was told to stop, and while it was stopping. */
  let before: Answer;
  let stopping: { readonly ready: number; readonly answers: readonly Answer[] };
  beforeAll(async () => {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const flow = () => get(`${deployment.url}/api/v3/flows/executor/login/`, agent);
    browser = deployment.browser();
    await browser.solve('login', { uid_field: 'alice' });
    before = await flow();
    const begins = deployment.says('gateway', /"stopping"/);
    const ended = deployment.end('gateway');
    await begins;
    const { status } = await fetch(`http://127.0.0.1:${monitoringPort}/-/health/ready/`);
    stopping = { ready: status, answers: [await flow(), await flow()] };
    exitCode = await ended;
    agent.destroy();
    await deployment.openGateway();
  });

  it('answers requests on open connections, closes them, and is not ready, until SHUTDOWN_DELAY_S has passed', () => {
    expect(before).toEqual({ status: 200, connection: 'keep-alive' });
    expect(stopping.ready).toBe(503);
    expect(stopping.answers).toEqual(Array(2).fill({ status: 200, connection: 'close' }));
    expect(exitCode).toBe(0);
  });

  it('does not interrupt a login, which continues at another gateway', async () => {
    expect((await browser.solve('login', { password: 'correct-horse-7' })).body).toMatchObject({ to: '/' });
  });
});

interface Answer {
  readonly status: number | undefined;
  readonly connection: string | undefined;
}

/** Requests a URL on a connection of `agent`. */
function get(url: string, agent: Agent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    request(url, { agent }, (response) => {
      const { statusCode: status, headers } = response;
      response.resume().once('end', () => resolve({ status, connection: headers.connection }));
    })
      .once('error', reject)
      .end();
  });
}

describe('readiness', () => {
  it('reports an outage of NATS while liveness does not, and a login continues when NATS is back', async () => {
    const browser = deployment.browser();
    await browser.solve('login', { uid_field: 'alice' });
    expect(await browser.fetch('/-/health/ready/')).toMatchObject({ status: 200, body: { status: 'ok' } });
    await deployment.stopBus();

    expect(await browser.fetch('/-/health/live/')).toMatchObject({ status: 200 });
    expect(await browser.fetch('/-/health/ready/')).toMatchObject({ status: 503, body: { missing: ['bus'] } });
    expect(await browser.solve('login', { password: 'correct-horse-7' })).toMatchObject(unavailable);
    await deployment.startBus();

    expect((await browser.solve('login', { password: 'correct-horse-7' })).body).toMatchObject({ to: '/' });
  });
});
