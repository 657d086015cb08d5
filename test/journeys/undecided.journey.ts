import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { blueprint, DUMMY, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import { Deployment } from '../support/deployment.js';
import { boundEntry, expressionEntry } from '../support/policy-entries.js';

let house: Deployment;
let weather: Server;

const ROUND = [IDENTIFICATION, PASSWORD, LOGIN];

beforeAll(async () => {
  weather = createServer((_request, response) => response.writeHead(200).end('{"warm": true}'));
  await new Promise<void>((resolve) => weather.listen(0, '127.0.0.1', resolve));
  const address = `127.0.0.1:${(weather.address() as AddressInfo).port}`;
  house = await Deployment.open({
    services: ['identification', 'password', 'session', 'policy'],
    environment: { POLICY_ALLOWED_HOSTS: address },
    blueprints: [
      blueprint(
        userEntry('alice'),
        expressionEntry('broken', 'return 1 / 0'),
        expressionEntry('endless', 'while True: pass'),
        flowEntries('broken-password', ROUND),
        boundEntry('broken-password-1 bound', 'broken'),
        flowEntries('endless-password', ROUND),
        boundEntry('endless-password-1 bound', 'endless', { timeout: 1 }),
        flowEntries('broken-login', ROUND),
        boundEntry('broken-login-2 bound', 'broken'),
        expressionEntry('watchful', 'ak_create_event("noticed", path=request.http_request.path)\nreturn False'),
        flowEntries('watched', [DUMMY]),
        boundEntry('watched', 'watchful'),
        expressionEntry('colour', 'return context["colour"] == "red"'),
        expressionEntry('ask colour', 'return ak_call_policy("colour", colour="red").passing', {
          execution_logging: true,
        }),
        flowEntries('coloured', [DUMMY]),
        boundEntry('coloured', 'ask colour'),
        expressionEntry('is it warm', `return requests.get("http://${address}/", timeout=3).json()["warm"]`),
        flowEntries('warm', [DUMMY]),
        boundEntry('warm', 'is it warm'),
        expressionEntry('is it known', 'return requests.get("http://localhost/").ok'),
        flowEntries('unknown', [DUMMY]),
        boundEntry('unknown', 'is it known'),
      ),
    ],
  });
}, 120_000);
afterAll(async () => {
  await house?.close();
  weather?.close();
});

const topics = async () =>
  (await house.rows<{ topic: string }>('SELECT topic FROM flow.outbox ORDER BY topic')).map(({ topic }) => topic);
beforeEach(() => house.rows('DELETE FROM flow.outbox'));

describe('a step whose policy could not decide', () => {
  it.each(['broken-password', 'endless-password'])('is a password that is asked for (accident 1): %s', async (slug) => {
    const browser = house.browser();
    const asked = { component: 'ak-stage-password' };
    expect((await browser.solve(slug, { uid_field: 'alice' })).body).toMatchObject(asked);
    expect(await topics()).toEqual(['events.policy_exception']);
    expect((await browser.solve(slug, { password: 'wrong' })).body).toMatchObject(asked);
    expect((await browser.solve(slug, { password: 'correct-horse-7' })).body).toMatchObject({ to: '/' });
    expect((await browser.fetch('/api/v3/core/users/me/')).body).toMatchObject({ user: { username: 'alice' } });
  });

  it('is a login that does not happen (accident 1)', async () => {
    const browser = house.browser();
    await browser.solve('broken-login', { uid_field: 'alice' });
    expect((await browser.solve('broken-login', { password: 'correct-horse-7' })).body).toMatchObject({ to: '/' });
    expect((await browser.fetch('/api/v3/core/users/me/')).status).toBe(403);
  });
});

describe('what policies tell', () => {
  it('waits in the outbox, also of a flow that does not apply', async () => {
    expect((await house.browser().show('watched')).body).toMatchObject({ component: 'ak-stage-access-denied' });
    expect(await topics()).toEqual(['events.custom_noticed']);
  });

  it('is that one was evaluated, where it is to be logged, and not those that it calls', async () => {
    expect((await house.browser().show('coloured')).body).toMatchObject({ component: 'ak-stage-dummy' });
    expect(await topics()).toEqual(['events.policy_execution']);
  });
});

describe('a policy that asks a server', () => {
  it('decides by its answer, and cannot decide without', async () => {
    expect((await house.browser().show('warm')).body).toMatchObject({ component: 'ak-stage-dummy' });
    weather.close();
    weather.closeAllConnections();
    expect((await house.browser().show('warm')).body).toMatchObject({ component: 'ak-stage-access-denied' });
  });

  it('asks nobody whom the operator has not named', async () => {
    expect((await house.browser().show('unknown')).body).toMatchObject({ component: 'ak-stage-access-denied' });
    expect(await topics()).toEqual(['events.policy_exception']);
  });
});
