import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  blueprint,
  DUMMY,
  flowEntries,
  IDENTIFICATION,
  keyOf,
  LOGIN,
  PASSWORD,
  userEntry,
} from '../support/blueprints.js';
import { Deployment } from '../support/deployment.js';
import { sendRaw } from '../support/raw-http.js';

const FORGED_ADDRESS = '198.51.100.66';
const ATTACKER_HOST = 'evil.example';
let deployment: Deployment;
let bus: NatsConnection;
/** Client addresses that the gateway has sent in requests to stages. */
const clientAddresses = new Set<string>();

/** The deployment has no trusted proxy and no outpost token. */
beforeAll(async () => {
  const admins = { model: 'authentik_core.group', id: 'admins', identifiers: { name: 'admins' } };
  const identification = { ...IDENTIFICATION, attrs: { ...IDENTIFICATION.attrs, recovery_flow: keyOf('recover') } };
  deployment = await Deployment.open({
    blueprints: [
      blueprint(
        { ...admins, attrs: { is_superuser: true } },
        userEntry('root', { groups: [keyOf('admins')] }),
        flowEntries('recover', [DUMMY], { designation: 'recovery' }),
        flowEntries('login', [identification, PASSWORD, LOGIN]),
      ),
    ],
  });
  bus = await connect({ servers: deployment.nats.url });
  bus.subscribe('stage.*.*', {
    callback: (_, message) => void clientAddresses.add(message.json<{ client: { ip: string } }>().client.ip),
  });
  await bus.flush();
});
afterAll(async () => {
  await bus.close();
  await deployment.close();
});

const ADDRESSES = {
  'x-forwarded-for': `${FORGED_ADDRESS}, ${FORGED_ADDRESS}`,
  forwarded: `for=${FORGED_ADDRESS};host=${ATTACKER_HOST};proto=https`,
  'x-real-ip': FORGED_ADDRESS,
  'x-client-ip': FORGED_ADDRESS,
  'true-client-ip': FORGED_ADDRESS,
  'x-authentik-remote-ip': FORGED_ADDRESS,
};
const HOSTS = {
  'x-forwarded-host': ATTACKER_HOST,
  'x-forwarded-proto': 'https',
  'x-forwarded-port': '666',
  'x-host': ATTACKER_HOST,
};

async function logIn(headers: Readonly<Record<string, string>> = {}) {
  const browser = deployment.browser();
  for (const body of [{ uid_field: 'root' }, { password: 'wrong' }, { password: 'correct-horse-7' }]) {
    await browser.fetch('/api/v3/flows/executor/login/?query=', {
      ...{ method: 'POST', body: JSON.stringify(body) },
      headers: { 'content-type': 'application/json', ...headers },
    });
  }
  return browser;
}

describe('a client address in an untrusted header', () => {
  it('is not sent to stages, saved with the session or the reputation, or logged (accident 2)', async () => {
    const browser = await logIn(ADDRESSES);
    const { body } = await browser.fetch('/api/v3/core/authenticated_sessions/', { headers: ADDRESSES });
    const rows = await deployment.rows<{ ip: string }>('SELECT DISTINCT host(ip) AS ip FROM flow.reputation');

    expect([...clientAddresses]).toEqual(['127.0.0.1']);
    expect(body).toMatchObject({ results: [{ last_ip: '127.0.0.1' }] });
    expect(rows).toEqual([{ ip: '127.0.0.1' }]);
    expect(deployment.output('gateway')).not.toContain(FORGED_ADDRESS);
  });
});

describe('a host in an untrusted header', () => {
  it.each([
    ['the link of a challenge', '/api/v3/flows/executor/login/', 200],
    ['the link to a flow', '/api/v3/flows/instances/login/execute/', 200],
    ['a page', '/if/flow/login/', 200],
    ['the URL of a default flow', '/flows/-/default/authentication/', 302],
    ['the schema', '/api/v3/schema/', 200],
  ])('is in no URL of a response: %s (accident 41)', async (_, path, status) => {
    const browser = await logIn();
    await browser.solve('login', { uid_field: 'root' });
    const lines = Object.entries({ ...ADDRESSES, ...HOSTS }).map(([name, value]) => `${name}: ${value}`);
    const head = [
      `GET ${path} HTTP/1.1`,
      `Host: ${ATTACKER_HOST}`,
      `Cookie: authentik_session=${browser.cookie()}`,
      ...lines,
    ];
    const answer = await sendRaw(deployment.url, `${head.join('\r\n')}\r\n\r\n`);

    expect(answer.status).toBe(status);
    expect(JSON.stringify(answer)).not.toContain(ATTACKER_HOST);
  });

  it('is not in the recovery URL of the password step (accident 41)', async () => {
    const browser = deployment.browser();
    await browser.solve('login', { uid_field: 'root' });
    const { body } = await browser.fetch('/api/v3/flows/executor/login/', { headers: HOSTS });

    expect(body).toMatchObject({ recovery_url: `${deployment.url}/if/flow/recover/` });
  });
});
