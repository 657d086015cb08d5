import { Agent, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blueprint, DUMMY, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import type { Browser, BrowserResponse } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';
import { freePort } from '../support/processes.js';

let deployment: Deployment;

beforeAll(async () => {
  deployment = await Deployment.open({
    apart: ['gateway', 'password'],
    blueprints: [
      blueprint(
        userEntry('alice'),
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
        flowEntries('plain', [DUMMY]),
      ),
    ],
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
  it('does not interrupt a login, which continues at another gateway', async () => {
    const browser = deployment.browser();
    await browser.solve('login', { uid_field: 'alice' });
    expect(await deployment.end('gateway')).toBe(0);
    await deployment.openGateway();

    expect((await browser.solve('login', { password: 'correct-horse-7' })).body).toMatchObject({ to: '/' });
  });
});

describe('a gateway that is stopping', () => {
  it('answers requests on open connections, closes them, and is not ready, until SHUTDOWN_DELAY_S has passed', async () => {
    const port = await freePort();
    const url = await deployment.openAnotherGateway({ SHUTDOWN_DELAY_S: '3', MONITORING_PORT: String(port) });
    const name = `gateway-${new URL(url).port}`;
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    const flow = () => get(`${url}/api/v3/flows/executor/login/`, agent);
    expect(await flow()).toEqual({ status: 200, connection: 'keep-alive' });

    const stopping = deployment.says(name, /"stopping"/);
    const ended = deployment.end(name);
    await stopping;
    expect((await fetch(`http://127.0.0.1:${port}/-/health/ready/`)).status).toBe(503);
    expect(await flow()).toEqual({ status: 200, connection: 'close' });
    expect(await flow()).toEqual({ status: 200, connection: 'close' });
    expect(await ended).toBe(0);
    agent.destroy();
  });
});

/** Requests a URL on a connection of `agent`. */
function get(url: string, agent: Agent): Promise<{ status: number | undefined; connection: string | undefined }> {
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
