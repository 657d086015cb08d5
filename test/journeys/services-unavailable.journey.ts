import { Agent, request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blueprint, DUMMY, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import { Deployment } from '../support/deployment.js';
import { freePort } from '../support/processes.js';

let deployment: Deployment;

beforeAll(async () => {
  deployment = await Deployment.open({
    apart: 'all',
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
  it('leads to 503 with Retry-After, and the login continues at the same step when the service is back', async () => {
    const browser = deployment.browser();
    await browser.solve('login', { uid_field: 'alice' });
    await deployment.end('password');

    const response = await browser.solve('login', { password: 'correct-horse-7' });
    expect(response).toMatchObject(unavailable);
    expect(response.headers.get('retry-after')).toBe('1');
    expect(response.headers.get('x-authentik-id')).toBe(response.body['request_id']);
    expect(await browser.show('login')).toMatchObject(unavailable);
    await deployment.start('password');

    expect((await browser.show('login')).body).toMatchObject({ component: 'ak-stage-password', pending_user: 'alice' });
    expect((await browser.solve('login', { password: 'correct-horse-7' })).body).toMatchObject({ to: '/' });
  });

  it('does not undo the step that was passed before', async () => {
    const browser = deployment.browser();
    await browser.show('login');
    await deployment.end('password');
    expect(await browser.solve('login', { uid_field: 'alice' })).toMatchObject(unavailable);
    await deployment.start('password');

    expect((await browser.show('login')).body).toMatchObject({ component: 'ak-stage-password', pending_user: 'alice' });
  });

  it('does not affect flows that do not use it', async () => {
    await deployment.end('password');
    expect((await deployment.browser().show('plain')).body).toMatchObject({ component: 'ak-stage-dummy' });
    await deployment.start('password');
  });

  it('costs the user no attempt', async () => {
    await deployment.rows('DELETE FROM flow.attempts');
    const browser = deployment.browser();
    await browser.solve('login', { uid_field: 'alice' });
    await deployment.end('password');
    await browser.solve('login', { password: 'correct-horse-7' });
    await deployment.start('password');

    expect(await deployment.rows('SELECT FROM flow.attempts WHERE failures > 0')).toEqual([]);
  });
});

describe('a gateway that stops', () => {
  it('does not interrupt a login that goes on at another gateway', async () => {
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
  it('reports an outage of NATS while liveness does not, and a login goes on when NATS is back', async () => {
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
