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

const FOREIGN = '198.51.100.66';
const EVIL = 'evil.example';
let house: Deployment;
let bus: NatsConnection;
/** Addresses that stages were told of. */
const told = new Set<string>();

/** Nobody is a trusted proxy here, and no outpost has a token. */
beforeAll(async () => {
  const admins = { model: 'authentik_core.group', id: 'admins', identifiers: { name: 'admins' } };
  const linking = { ...IDENTIFICATION, attrs: { ...IDENTIFICATION.attrs, recovery_flow: keyOf('recover') } };
  house = await Deployment.open({
    blueprints: [
      blueprint(
        { ...admins, attrs: { is_superuser: true } },
        userEntry('root', { groups: [keyOf('admins')] }),
        flowEntries('recover', [DUMMY], { designation: 'recovery' }),
        flowEntries('login', [linking, PASSWORD, LOGIN]),
      ),
    ],
  });
  bus = await connect({ servers: house.nats.url });
  bus.subscribe('stage.*.*', {
    callback: (_, message) => void told.add(message.json<{ client: { ip: string } }>().client.ip),
  });
  await bus.flush();
});
afterAll(async () => {
  await bus.close();
  await house.close();
});

const ADDRESSES = {
  'x-forwarded-for': `${FOREIGN}, ${FOREIGN}`,
  forwarded: `for=${FOREIGN};host=${EVIL};proto=https`,
  'x-real-ip': FOREIGN,
  'x-client-ip': FOREIGN,
  'true-client-ip': FOREIGN,
  'x-authentik-remote-ip': FOREIGN,
};
const HOSTS = { 'x-forwarded-host': EVIL, 'x-forwarded-proto': 'https', 'x-forwarded-port': '666', 'x-host': EVIL };

async function logIn(headers: Readonly<Record<string, string>> = {}) {
  const browser = house.browser();
  for (const body of [{ uid_field: 'root' }, { password: 'wrong' }, { password: 'correct-horse-7' }]) {
    await browser.fetch('/api/v3/flows/executor/login/?query=', {
      ...{ method: 'POST', body: JSON.stringify(body) },
      headers: { 'content-type': 'application/json', ...headers },
    });
  }
  return browser;
}

describe('an address that anybody can write', () => {
  it('is not what stages are told, what is kept of the session and of a failure, or what is logged (accident 2)', async () => {
    const browser = await logIn(ADDRESSES);
    const { body } = await browser.fetch('/api/v3/core/authenticated_sessions/', { headers: ADDRESSES });
    const rows = await house.rows<{ ip: string }>('SELECT DISTINCT host(ip) AS ip FROM flow.reputation');

    expect([...told]).toEqual(['127.0.0.1']);
    expect(body).toMatchObject({ results: [{ last_ip: '127.0.0.1' }] });
    expect(rows).toEqual([{ ip: '127.0.0.1' }]);
    expect(house.output('gateway')).not.toContain(FOREIGN);
  });
});

describe('a host that anybody can write', () => {
  it.each([
    ['the link of a challenge', '/api/v3/flows/executor/login/', 200],
    ['the link to a flow', '/api/v3/flows/instances/login/execute/', 200],
    ['a page', '/if/flow/login/', 200],
    ['the address of a purpose', '/flows/-/default/authentication/', 302],
    ['the schema', '/api/v3/schema/', 200],
  ])('is in no address that is answered: %s (accident 41)', async (_, path, status) => {
    const browser = await logIn();
    await browser.solve('login', { uid_field: 'root' });
    const lines = Object.entries({ ...ADDRESSES, ...HOSTS }).map(([name, value]) => `${name}: ${value}`);
    const head = [`GET ${path} HTTP/1.1`, `Host: ${EVIL}`, `Cookie: authentik_session=${browser.cookie()}`, ...lines];
    const answer = await sendRaw(house.url, `${head.join('\r\n')}\r\n\r\n`);

    expect(answer.status).toBe(status);
    expect(JSON.stringify(answer)).not.toContain(EVIL);
  });

  it('is not where the password step says that one can be recovered (accident 41)', async () => {
    const browser = house.browser();
    await browser.solve('login', { uid_field: 'root' });
    const { body } = await browser.fetch('/api/v3/flows/executor/login/', { headers: HOSTS });

    expect(body).toMatchObject({ recovery_url: `${house.url}/if/flow/recover/` });
  });
});
