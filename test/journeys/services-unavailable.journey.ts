import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blueprint, DUMMY, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import { Deployment } from '../support/deployment.js';

let house: Deployment;

beforeAll(async () => {
  house = await Deployment.open({
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
afterAll(() => house.close());

const away = {
  status: 503,
  body: { component: 'ak-stage-flow-error', request_id: expect.stringMatching(/^[0-9a-f]{32}$/) },
};

describe('a stage service that is away', () => {
  it('is said to be, the plan is kept, and the login goes on where it was when the service is back', async () => {
    const browser = house.browser();
    await browser.solve('login', { uid_field: 'alice' });
    await house.end('password');

    const refused = await browser.solve('login', { password: 'correct-horse-7' });
    expect(refused).toMatchObject(away);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(refused.headers.get('x-authentik-id')).toBe(refused.body['request_id']);
    expect(await browser.show('login')).toMatchObject(away);
    await house.start('password');

    expect((await browser.show('login')).body).toMatchObject({ component: 'ak-stage-password', pending_user: 'alice' });
    expect((await browser.solve('login', { password: 'correct-horse-7' })).body).toMatchObject({ to: '/' });
  });

  it('further on in the flow does not undo the step before it', async () => {
    const browser = house.browser();
    await browser.show('login');
    await house.end('password');
    expect(await browser.solve('login', { uid_field: 'alice' })).toMatchObject(away);
    await house.start('password');

    expect((await browser.show('login')).body).toMatchObject({ component: 'ak-stage-password', pending_user: 'alice' });
  });

  it('is not felt by flows that do not need it', async () => {
    await house.end('password');
    expect((await house.browser().show('plain')).body).toMatchObject({ component: 'ak-stage-dummy' });
    await house.start('password');
  });

  it('costs no attempt', async () => {
    await house.rows('DELETE FROM flow.attempts');
    const browser = house.browser();
    await browser.solve('login', { uid_field: 'alice' });
    await house.end('password');
    await browser.solve('login', { password: 'correct-horse-7' });
    await house.start('password');

    expect(await house.rows('SELECT FROM flow.attempts WHERE failures > 0')).toEqual([]);
  });
});

describe('a process that leaves', () => {
  it('lets a login go on at a gateway that was started since', async () => {
    const browser = house.browser();
    await browser.solve('login', { uid_field: 'alice' });
    expect(await house.end('gateway')).toBe(0);
    await house.openGateway();

    expect((await browser.solve('login', { password: 'correct-horse-7' })).body).toMatchObject({ to: '/' });
  });
});

describe('readiness', () => {
  it('tells an outage of the bus, liveness does not, and a login goes on when the bus is back', async () => {
    const browser = house.browser();
    await browser.solve('login', { uid_field: 'alice' });
    expect(await browser.fetch('/-/health/ready/')).toMatchObject({ status: 200, body: { status: 'ok' } });
    await house.stopBus();

    expect(await browser.fetch('/-/health/live/')).toMatchObject({ status: 200 });
    expect(await browser.fetch('/-/health/ready/')).toMatchObject({ status: 503, body: { missing: ['bus'] } });
    expect(await browser.solve('login', { password: 'correct-horse-7' })).toMatchObject(away);
    await house.startBus();

    expect((await browser.solve('login', { password: 'correct-horse-7' })).body).toMatchObject({ to: '/' });
  });
});
