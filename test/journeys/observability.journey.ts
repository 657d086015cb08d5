import { afterAll, beforeAll, expect, it } from 'vitest';
import { blueprint, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import { Deployment } from '../support/deployment.js';
import { freePort } from '../support/processes.js';

let deployment: Deployment;
let port: number;

beforeAll(async () => {
  port = await freePort();
  deployment = await Deployment.open({
    apart: 'all',
    blueprints: [blueprint(userEntry('alice'), flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]))],
    gateway: { MONITORING_PORT: String(port) },
    environment: { LOG_LEVEL: 'debug' },
  });
});
afterAll(() => deployment.close());

it('the logs of the gateway and of the stages correlate a login by its plan, and contain no secret', async () => {
  const browser = deployment.browser();
  const logged = [
    deployment.says('identification', /"verb":"respond"/),
    deployment.says('password', /"verb":"respond"/),
    deployment.says('gateway', /"told":"done"/),
  ];
  const { headers } = await browser.solve('login', { uid_field: 'alice' });
  await browser.solve('login', { password: 'correct-horse-7' });
  await Promise.all(logged);
  const lines = deployment
    .output('gateway')
    .split('\n')
    .filter((line) => line.includes('"msg":"flow"'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const plan = lines[0]?.['plan'];

  expect(lines).toMatchObject([
    {
      request_id: headers.get('x-authentik-id'),
      method: 'POST',
      flow: 'login',
      told: 'show',
      component: 'ak-stage-password',
    },
    { flow: 'login', plan, told: 'done' },
  ]);
  expect(deployment.output('identification')).toContain(`"turn":"${String(plan)}.0.0"`);
  expect(deployment.output('password')).toContain(`"turn":"${String(plan)}.0.1"`);
  for (const name of ['gateway', 'identification', 'password', 'session'] as const) {
    expect(deployment.output(name)).not.toMatch(/correct-horse-7|\balice\b/);
    expect(deployment.output(name)).not.toContain(browser.cookie());
  }
});

it('metrics are served on the loopback address only, unless MONITORING_HOST names another one', async () => {
  // Every address in 127.0.0.0/8 reaches a server that listens on all addresses.
  await expect(fetch(`http://127.0.0.2:${port}/metrics`)).rejects.toThrow('fetch failed');
  const otherPort = await freePort();
  await deployment.openAnotherGateway({ MONITORING_PORT: String(otherPort), MONITORING_HOST: '0.0.0.0' });
  expect((await fetch(`http://127.0.0.2:${otherPort}/metrics`)).status).toBe(200);
});

it('metrics count responses by route and stage, without labels for users', async () => {
  const text = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();

  expect(text).toMatch(
    /gatehouse_http_seconds_count\{route="[^"]*executor\/:flow_slug[^"]*",method="POST",status="200"\} 2/,
  );
  expect(text).toMatch(/gatehouse_stage_hop_seconds_count\{kind="password",verb="respond",outcome="passed"\} 1/);
  expect(text).not.toContain('alice');
});
