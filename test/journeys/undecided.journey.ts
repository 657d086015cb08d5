import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { blueprint, DUMMY, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import { Deployment } from '../support/deployment.js';
import { valueIn } from '../support/metrics.js';
import { boundEntry, expressionEntry } from '../support/policy-entries.js';
import { freePort } from '../support/processes.js';

let deployment: Deployment;
let weatherServer: Server;
let monitoringPort: number;

const STEPS = [IDENTIFICATION, PASSWORD, LOGIN];

beforeAll(async () => {
  weatherServer = createServer((_request, response) => response.writeHead(200).end('{"warm": true}'));
  await new Promise<void>((resolve) => weatherServer.listen(0, '127.0.0.1', resolve));
  monitoringPort = await freePort();
  const address = `127.0.0.1:${(weatherServer.address() as AddressInfo).port}`;
  deployment = await Deployment.open({
    services: ['identification', 'password', 'session', 'policy'],
    environment: { POLICY_ALLOWED_HOSTS: address },
    apart: ['policy'],
    gateway: { ANONYMOUS_EVENT_RATE: '2' },
    own: { policy: { MONITORING_PORT: String(monitoringPort) } },
    blueprints: [
      blueprint(
        userEntry('alice'),
        expressionEntry('broken', 'return 1 / 0'),
        expressionEntry('endless', 'while True: pass'),
        flowEntries('broken-password', STEPS),
        boundEntry('broken-password-1 bound', 'broken'),
        flowEntries('endless-password', STEPS),
        boundEntry('endless-password-1 bound', 'endless', { timeout: 1 }),
        flowEntries('plain', STEPS),
        flowEntries('broken-flow', [DUMMY]),
        boundEntry('broken-flow', 'broken'),
        flowEntries('broken-login', STEPS),
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
  await deployment?.close();
  weatherServer?.close();
});

const topics = async () =>
  (await deployment.rows<{ topic: string }>('SELECT topic FROM flow.outbox ORDER BY topic')).map(({ topic }) => topic);
beforeEach(() => deployment.rows('DELETE FROM flow.outbox'));

describe('a step whose policy is undecided', () => {
  it.each(['broken-password', 'endless-password'])(
    'is not skipped when it is the password step (accident 1): %s',
    async (slug) => {
      const browser = deployment.browser();
      const passwordForm = { component: 'ak-stage-password' };
      expect((await browser.solve(slug, { uid_field: 'alice' })).body).toMatchObject(passwordForm);
      expect(await topics()).toEqual(['events.policy_exception']);
      expect((await browser.solve(slug, { password: 'wrong' })).body).toMatchObject(passwordForm);
      expect((await browser.solve(slug, { password: 'correct-horse-7' })).body).toMatchObject({ to: '/' });
      expect((await browser.fetch('/api/v3/core/users/me/')).body).toMatchObject({ user: { username: 'alice' } });
    },
  );

  it('is skipped when it is the login step (accident 1)', async () => {
    const browser = deployment.browser();
    await browser.solve('broken-login', { uid_field: 'alice' });
    expect((await browser.solve('broken-login', { password: 'correct-horse-7' })).body).toMatchObject({ to: '/' });
    expect((await browser.fetch('/api/v3/core/users/me/')).status).toBe(403);
  });
});

describe('events of policies', () => {
  it('are saved to the outbox even when the flow does not apply', async () => {
    expect((await deployment.browser().show('watched')).body).toMatchObject({ component: 'ak-stage-access-denied' });
    expect(await topics()).toEqual(['events.custom_noticed']);
  });

  it('report the evaluation of a policy with execution logging, but not of the policies that it calls', async () => {
    expect((await deployment.browser().show('coloured')).body).toMatchObject({ component: 'ak-stage-dummy' });
    expect(await topics()).toEqual(['events.policy_execution']);
  });
});

describe('a policy that is evaluated repeatedly', () => {
  it.each([
    ['with execution logging', 'coloured', 'events.policy_execution'],
    ['with events of its own', 'watched', 'events.custom_noticed'],
  ])(
    '%s writes a limited number of events for the anonymous visitors of a network, and all events for a user',
    async (...[, slug, topic]) => {
      for (let visit = 0; visit < 5; visit++) await deployment.browser().show(slug);
      await deployment.rows('DELETE FROM flow.outbox');
      for (let visit = 0; visit < 3; visit++) await deployment.browser().show(slug);
      expect(await topics()).toEqual([]);

      const browser = deployment.browser();
      await browser.solve('plain', { uid_field: 'alice' });
      await browser.solve('plain', { password: 'correct-horse-7' });
      await deployment.rows('DELETE FROM flow.outbox');
      for (let visit = 0; visit < 3; visit++) {
        // Deletes the plan. A stored plan would show its challenge without evaluating the policies again.
        await deployment.rows('DELETE FROM flow.plans');
        await browser.show(slug);
      }
      expect(await topics()).toEqual(Array.from({ length: 3 }, () => topic));
    },
  );
});

describe('a policy that sends an HTTP request', () => {
  it('decides by the response, and is undecided without one', async () => {
    expect((await deployment.browser().show('warm')).body).toMatchObject({ component: 'ak-stage-dummy' });
    weatherServer.close();
    weatherServer.closeAllConnections();
    expect((await deployment.browser().show('warm')).body).toMatchObject({ component: 'ak-stage-access-denied' });
  });

  it('can only reach hosts that the operator allows', async () => {
    expect((await deployment.browser().show('unknown')).body).toMatchObject({ component: 'ak-stage-access-denied' });
    expect(await topics()).toEqual(['events.policy_exception']);
  });
});

describe('a policy that fails repeatedly', () => {
  /**
   * Returns the number of log lines about the flow. First waits for a line of a later request, because lines are
   * written in order.
   */
  const reports = async () => {
    const written = deployment.says('gateway', /"flow_answered".*"flow":"coloured"/);
    await deployment.browser().show('coloured');
    await written;
    return deployment.output('gateway').match(/"policy_undecided".*"flow":"broken-flow"/g)?.length ?? 0;
  };
  const failures = async () => {
    const response = await fetch(`http://127.0.0.1:${monitoringPort}/metrics`);
    return valueIn(
      await response.text(),
      'gatehouse_policy_evaluation_seconds_count{kind="expression",outcome="error"}',
    );
  };

  it('writes a limited number of events and log lines for the anonymous visitors of a network, and counts all failures', async () => {
    const [failed, reported] = [(await failures()) ?? 0, await reports()];
    await deployment.rows('DELETE FROM flow.outbox');
    for (let visit = 0; visit < 5; visit++) await deployment.browser().show('broken-flow');
    expect(await topics()).toEqual(Array.from({ length: 2 }, () => 'events.policy_exception'));
    expect([(await reports()) - reported, (await failures())! - failed]).toEqual([2, 5]);
  });

  it('writes all events and log lines for a logged-in user', async () => {
    const browser = deployment.browser();
    await browser.solve('plain', { uid_field: 'alice' });
    expect((await browser.solve('plain', { password: 'correct-horse-7' })).body).toMatchObject({ to: '/' });
    const reported = await reports();
    await deployment.rows('DELETE FROM flow.outbox');
    for (let visit = 0; visit < 3; visit++) await browser.show('broken-flow');
    expect(await topics()).toEqual(Array.from({ length: 3 }, () => 'events.policy_exception'));
    expect((await reports()) - reported).toBe(3);
  });
});
