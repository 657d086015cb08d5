import { randomUUID } from 'node:crypto';
import { createDeviceDatabase, type DeviceDatabase } from '@gatehouse/authenticators/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { DuoServer, duoAccount } from '../../../testing/duo-server.js';
import { adminAccount, duoClient, importDuo } from './duo-import.js';

const STAGE = randomUUID();
const ADMIN = { admin_integration_key: duoAccount.integrationKey, admin_secret_key: duoAccount.secretKey };
const CONFIG = { api_hostname: duoAccount.host, client_id: 'DI', client_secret: 'hush' };

let database: DeviceDatabase;
let server: DuoServer;
let usersByName: Map<string, string>;
beforeAll(async () => {
  database = await createDeviceDatabase();
});
afterAll(() => database?.close());
beforeEach(async () => {
  server = await DuoServer.open();
  usersByName = new Map(['alice', 'bob'].map((name) => [name, randomUUID()]));
  await database.source.query('TRUNCATE mfa.devices CASCADE');
  return () => server.close();
});

function runImport() {
  const ownersOf = (names: readonly string[]) => Promise.resolve(names.map((name) => usersByName.get(name)));
  const users = duoClient({ DUO_URL: server.url, DUO_TIMEOUT_S: '1' }).users(adminAccount({ ...CONFIG, ...ADMIN })!);
  return importDuo(users, { devices: database.devices, stage: STAGE, ownersOf });
}
const devicesOf = (name: string) => database.devices.findByUser(usersByName.get(name)!);

describe('importing the users of a Duo account', () => {
  it('adds one device of the stage for each user of the same name, even if the import is repeated', async () => {
    const [alice] = [server.add('alice'), server.add('unknown')];
    expect(await runImport()).toEqual({ added: 1, existing: 0, unknown: 1 });
    const device = { kind: 'duo', name: 'Imported Duo Authenticator', handle: alice.id, stage: STAGE };
    expect(await devicesOf('alice')).toMatchObject([device]);
    server.add('bob');
    expect(await runImport()).toEqual({ added: 1, existing: 1, unknown: 1 });
    expect([(await devicesOf('alice')).length, (await devicesOf('bob')).length]).toEqual([1, 1]);
  });

  it('imports the users of every page', async () => {
    for (let i = 0; i < 650; i++) usersByName.set(server.add(`user-${i}`).username, randomUUID());
    expect(await runImport()).toEqual({ added: 650, existing: 0, unknown: 0 });
  });

  it('imports nothing and reports the error if Duo is unavailable', async () => {
    server.outage = 500;
    expect(await runImport()).toEqual({ added: 0, existing: 0, unknown: 0, error: 'Received 500' });
  });
});

it('a Duo stage without Admin API keys has no Admin API account', () => {
  expect(adminAccount(CONFIG)).toBeUndefined();
  expect(adminAccount({ ...CONFIG, admin_integration_key: 'DI' })).toBeUndefined();
});
