import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DeviceRepository } from '@gatehouse/authenticators';
import { deviceSettings } from '@gatehouse/authenticators/testing';
import { flowDatabase } from '@gatehouse/executor-postgres/testing';
import { Sealer } from '@gatehouse/platform';
import { EmailAddressIndex, PhoneNumberIndex } from '@gatehouse/stages/devices';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { importDevices } from './import-devices.js';
import { DeviceImportLookup } from './import-lookup.js';

const APP = 'authentik_stages_authenticator_';
const KEY = '3132333435363738393031323334353637383930';
/** Ids of stages: the Duo and SMS stages of the export, and the local SMS and email stages. */
const [DUO, SMS, SMS_HERE, EMAIL] = [randomUUID(), randomUUID(), randomUUID(), randomUUID()];
const [ALICE, BOB] = [randomUUID(), randomUUID()];

let source: DataSource;
let devices: DeviceRepository;
let numbers: PhoneNumberIndex;
let addresses: EmailAddressIndex;
let folder: string;
let close: () => Promise<void>;
beforeAll(async () => {
  const database = await flowDatabase();
  source = database.source;
  close = () => database.close();
  const { MFA_SEAL_KEYS } = deviceSettings(database.url);
  const sealer = new Sealer(MFA_SEAL_KEYS);
  devices = new DeviceRepository(source, sealer);
  numbers = new PhoneNumberIndex(devices, sealer);
  addresses = new EmailAddressIndex(devices, sealer);
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-devices-'));
  await source.query(`INSERT INTO directory.users (id, username) VALUES ($1, 'Alice'), ($2, 'bob')`, [ALICE, BOB]);
  await source.query(
    `INSERT INTO flow.objects (id, model, identifiers, attrs) VALUES
      ($1, '${APP}duo.authenticatorduostage', '{"name": "duo"}', '{}'),
      ($2, '${APP}sms.authenticatorsmsstage', '{}', '{"name": "texts"}'),
      ($3, '${APP}email.authenticatoremailstage', '{"name": "mails"}', '{}')`,
    [DUO, SMS_HERE, EMAIL],
  );
});
afterAll(async () => {
  await close();
  await rm(folder, { recursive: true });
});
beforeEach(() => source.query('TRUNCATE mfa.devices CASCADE'));

const row = (model: string, pk: unknown, fields: object) => ({ model, pk, fields });
const alice = row('authentik_core.user', 7, { username: 'alice', email: 'alice@example.org' });
const device = (kind: string, fields: object, pk: unknown = 1) =>
  row(`${APP}${kind}.${kind}device`, pk, { user: 7, name: 'Mine', confirmed: true, ...fields });
const app = (fields: object = {}, pk: unknown = 1) =>
  device('totp', { key: KEY, step: 30, t0: 0, digits: 6, tolerance: 1, drift: 0, last_t: 41, ...fields }, pk);
const code = (token: string, of: unknown = 1) => row(`${APP}static.statictoken`, 9, { device: of, token });

async function imported(...lines: readonly unknown[]) {
  const file = join(folder, 'export.jsonl');
  await writeFile(file, lines.map((line) => (typeof line === 'string' ? line : JSON.stringify(line))).join('\n'));
  const lookup = new DeviceImportLookup(source);
  return importDevices({ file, devices, numbers, addresses, lookup, progress: () => undefined });
}
const kept = async () => (await devices.findByUser(ALICE))[0];

describe('the import of devices', () => {
  it('imports TOTP devices with sealed keys, the last used time step and the timestamps', async () => {
    const times = { created: '2023-01-02T03:04:05.678Z', last_used: '2024-05-01T10:00:00+02:00' };
    expect(await imported(alice, app({ ...times, digits: '8', drift: -1, tolerance: 3 }))).toMatchObject({
      ...{ added: { totp: 1 }, wrong: 0 },
    });
    const found = await kept();
    expect(found).toMatchObject({
      ...{ kind: 'totp', name: 'Mine', counter: 41, handle: null },
      ...{ created: new Date(times.created), lastUsed: new Date(times.last_used) },
    });
    expect(found?.openSecret()).toEqual({ key: KEY, digits: 8, step: 30, t0: 0, tolerance: 1, drift: -1 });
    expect(await devices.recordUse(found!, { to: 41 })).toBe(false);
    const stored = JSON.stringify(await source.query('SELECT d::text FROM mfa.devices d'));
    for (const form of [KEY, Buffer.from(KEY, 'hex').toString('base64'), Buffer.from(KEY).toString('hex')])
      expect(stored).not.toContain(form);
  });

  it('cuts off a name that is too long between two characters, never within an emoji', async () => {
    const start = 'x'.repeat(63);
    expect(await imported(alice, app({ name: `${start}😀 and more` }))).toMatchObject({ added: { totp: 1 }, wrong: 0 });
    expect((await kept())?.name).toBe(`${start}😀`);
  });

  it('imports recovery codes from lines before and after their device, and restores no used code', async () => {
    const lines = [code('Abc123'), device('static', {}), code('Def456'), alice];
    expect(await imported(...lines)).toMatchObject({ added: { static: 1 }, wrong: 0 });
    expect(await devices.consumeCode((await kept())!, 'Abc123')).toBe(true);
    expect(await imported(...lines)).toMatchObject({ added: {}, existing: 1, wrong: 0 });
    const found = (await kept())!;
    expect([await devices.consumeCode(found, 'Abc123'), await devices.consumeCode(found, 'Def456')]).toEqual([
      false,
      true,
    ]);
  });

  it('imports WebAuthn devices with a normalised credential id', async () => {
    const aaguid = 'AAAAAAAA-0000-0000-0000-000000000001';
    const fields = { credential_id: 'q-_8', public_key: 'pQEC+w==', sign_count: 5, rp_id: 'id.example.org', aaguid };
    expect(await imported(alice, device('webauthn', fields))).toMatchObject({ added: { webauthn: 1 } });
    expect(await devices.findByHandle('webauthn', 'q-_8')).toMatchObject({
      ...{ user: ALICE, counter: 5 },
      facts: { public_key: 'pQEC-w', aaguid: aaguid.toLowerCase(), proven: false, rp_id: 'id.example.org' },
    });
  });

  it('assigns phones to the local stage with the same id or the same name', async () => {
    const named = row('authentik_flows.stage', SMS, { name: 'texts' });
    const phone = device('sms', { stage: SMS, phone_number: '+1 555-0100' });
    const report = await imported(alice, phone, named, device('duo', { stage: DUO, duo_user_id: 'DU1' }));
    expect(report).toMatchObject({ added: { duo: 1, sms: 1 }, wrong: 0 });
    expect(await devices.findByHandle('duo', 'DU1')).toMatchObject({ stage: DUO, user: ALICE });
    const found = await devices.findByHandle('sms', numbers.handleOf(SMS_HERE, '+15550100'));
    expect(found).toMatchObject({ stage: SMS_HERE, facts: { ending: '00', verified_only: false } });
    expect(found?.openSecret()).toEqual({ number: '+15550100' });
    expect(JSON.stringify(await source.query('SELECT d::text FROM mfa.devices d'))).not.toContain('5550100');
  });

  it('imports the hash of a phone number, so that the number stays registered', async () => {
    const digest = createHash('sha256').update('+15550100').digest('hex');
    await imported(alice, device('sms', { stage: SMS_HERE, phone_number: `hash:${digest}` }));
    expect(await kept()).toMatchObject({ handle: `${SMS_HERE}:sha256:${digest}`, facts: { verified_only: true } });
    expect((await kept())?.openSecret()).toBeNull();
    expect(await numbers.isRegistered(SMS_HERE, '+15550100')).toBe(true);
  });

  it('imports email addresses, which are sealed and unique in their stage', async () => {
    const lines = [alice, device('email', { stage: EMAIL, email: 'Alice@example.org' })];
    expect(await imported(...lines)).toMatchObject({ added: { email: 1 }, wrong: 0 });
    expect((await kept())?.openSecret()).toEqual({ address: 'Alice@example.org' });
    expect(await addresses.isRegistered(EMAIL, 'alice@EXAMPLE.org')).toBe(true);
    expect(JSON.stringify(await source.query('SELECT d::text FROM mfa.devices d'))).not.toContain('lice@');
    const wrong = await imported(alice, device('email', { stage: EMAIL, email: 'alice' }, 2));
    expect(wrong).toMatchObject({ added: {}, faults: ['line 2: email: is not an email address'] });
  });

  it('finds users by primary key, id or name, ignoring case', async () => {
    const bob = row('authentik_core.user', 8, { username: 'robert', uuid: BOB });
    const lines = [alice, bob, app(), app({ user: 8 }, 2), app({ user: ['ALICE'] }, 3), app({ user: BOB }, 4)];
    expect(await imported(...lines)).toMatchObject({ added: { totp: 4 }, wrong: 0 });
    expect([(await devices.findByUser(ALICE)).length, (await devices.findByUser(BOB)).length]).toEqual([2, 2]);
  });

  it('adds and changes nothing if the same file is imported again', async () => {
    await imported(alice, app(), app());
    await devices.recordUse((await kept())!, { to: 50 });
    expect(await imported(alice, app())).toMatchObject({ added: {}, existing: 1 });
    expect(await devices.findByUser(ALICE)).toMatchObject([{ counter: 50 }]);
  });

  it('skips unconfirmed devices and other models', async () => {
    const lines = [alice, app({ confirmed: false }), device('static', { confirmed: false }), code('Abc123')];
    const report = await imported(...lines, row('authentik_core.token', 1, {}), { username: 'carol' }, '');
    expect(report).toMatchObject({ added: {}, unconfirmed: 2, others: 2, wrong: 0 });
    expect(await devices.findByUser(ALICE)).toEqual([]);
  });
});

describe('an invalid line', () => {
  const carol = row('authentik_core.user', 9, { username: 'carol' });
  it.each([
    ['{', 'this is not JSON'],
    [app({ user: 99 }), 'the file has no user 99'],
    [app({ user: 9 }), 'there is no user carol here'],
    [app({ key: 'the secret' }), 'key: '],
    [app({ digits: 7 }), 'digits: '],
    [app({ drift: 21 }), 'drift: '],
    [{ model: `${APP}totp.totpdevice`, fields: { user: 7 } }, 'pk: is missing'],
    [device('webauthn', { credential_id: '§', public_key: 'AA' }), 'credential_id: '],
    [device('duo', { stage: randomUUID(), duo_user_id: 'DU9' }), 'stage: this deployment has no such stage'],
    [device('sms', { phone_number: '+15550100' }), 'stage: this deployment has no such stage'],
    [device('sms', { stage: SMS_HERE, phone_number: 'tel:5550100' }), 'phone_number: is not a phone number'],
    [device('sms', { stage: SMS_HERE, phone_number: 'hash:x' }), 'phone_number: is not a SHA-256 digest'],
    [code('Abc123', 77), 'device: the file has no such device'],
  ])('is reported with its line number, without its secret, and imports nothing: %j', async (line, reason) => {
    const report = await imported(alice, carol, line, app({}, 5));
    expect(report).toMatchObject({ added: { totp: 1 }, wrong: 1 });
    expect(report.faults[0]).toMatch(new RegExp(`^line 3: ${reason}`));
    expect(report.faults[0]).not.toMatch(/the secret|5550100|Abc123/);
  });

  it('with text that Postgres cannot store is reported, and the other lines are imported', async () => {
    const hidden = row('authentik_core.user', 8, { username: 'b\0b' });
    const lines = [app({ name: 'a\0b' }, 2), app({ user: ['b\ud800b'] }, 3), app({}, 4)];
    const report = await imported(alice, hidden, ...lines);
    expect(report).toMatchObject({ added: { totp: 1 }, wrong: 3 });
    const reason = 'contains characters that cannot be stored';
    expect(report.faults).toEqual([2, 3, 4].map((line) => `line ${line}: ${reason}`));
  });

  it('with a device that already belongs to another user is reported', async () => {
    const key = (user: unknown, pk: number) =>
      device('webauthn', { user, credential_id: 'AAAA', public_key: 'AA' }, pk);
    const report = await imported(alice, key(['bob'], 1), key(7, 2));
    expect(report.faults).toEqual(['line 3: another device here has the same identifier']);
    expect(await devices.findByHandle('webauthn', 'AAAA')).toMatchObject({ user: BOB });
  });
});
