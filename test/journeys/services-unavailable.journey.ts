import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blueprint, DUMMY, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import { Deployment } from '../support/deployment.js';

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
