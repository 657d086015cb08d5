import { randomUUID } from 'node:crypto';
import type { NewDevice } from '@gatehouse/authenticators';
import type { DeviceDatabase } from '@gatehouse/authenticators/testing';
import type { SavedUser, StageReply, StageRequest } from '@gatehouse/contracts';
import { driveStage } from '@gatehouse/stage-kit/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { codeHarness, person } from '../../../testing/code-harness.js';
import { freshKey } from '../totp/totp-key.js';
import { authenticatorValidateContract } from './authenticator-validate.contract.js';
import type { AuthenticatorValidateStage } from './authenticator-validate.stage.js';

let database: DeviceDatabase;
let stage: AuthenticatorValidateStage;
beforeAll(async () => {
  ({ database, stage } = await codeHarness());
});
afterEach(() => void vi.useRealTimers());
afterAll(() => database?.close());

const add = (user: SavedUser, device: Pick<NewDevice, 'kind' | 'codes' | 'secret'>) =>
  database.devices.add({ id: randomUUID(), user: user.uuid, name: device.kind, ...device });
const hasCodes = (user: SavedUser) => add(user, { kind: 'static', codes: ['Abc123'] });
const hasApp = (user: SavedUser) => add(user, { kind: 'totp', secret: { key: freshKey(), digits: 6 } });

interface Given {
  readonly config?: Record<string, unknown>;
  readonly request?: Partial<StageRequest>;
}
const drive = (user: SavedUser, { config = {}, request = {} }: Given = {}) =>
  driveStage(authenticatorValidateContract, stage, { config, context: { pending_user: user }, request });
const cookieOf = (reply: StageReply) => {
  const [cookie] = ('effects' in reply ? (reply.effects ?? []) : []).filter(({ type }) => type === 'cookie');
  return cookie as { name: string; value: string; max_age_s: number } | undefined;
};

describe('a proof that is remembered', () => {
  const config = { last_auth_threshold: 'hours=1' };
  const returning = (value: string, more: Partial<StageRequest> = {}): Given => ({
    config,
    request: {
      client: { ip: '203.0.113.7', user_agent: 'x', outpost: false, cookies: { authentik_mfa: value } },
      ...more,
    },
  });

  async function proved() {
    const alice = person();
    await hasCodes(alice);
    const { show, answer } = drive(alice, { config });
    await show();
    const cookie = cookieOf(await answer({ code: 'Abc123' }));
    return { alice, value: cookie?.value ?? '', cookie };
  }

  it('passes the same user at the same stage, for as long as it says', async () => {
    const { alice, value, cookie } = await proved();
    expect(cookie).toMatchObject({ name: 'authentik_mfa', max_age_s: 3600 });
    expect(await drive(alice, returning(value)).show()).toMatchObject({ type: 'passed' });
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 3600 * 1000 });
    expect((await drive(alice, returning(value)).show()).type).toBe('challenge');
  });

  it('passes nobody who has been shown the step: what another tab remembers since is not theirs to go on by', async () => {
    const { alice, value } = await proved();
    const shown = { state: { offers: [], memory: {} } };
    expect((await drive(alice, returning(value, shown)).show()).type).toBe('challenge');
  });

  it('is nothing for another user, stage or password, for a shorter time, or changed', async () => {
    const { alice, value } = await proved();
    const bob = person();
    await hasCodes(bob);
    const elsewhere = { step: { id: 'step', name: 'another', confirmed: true } };
    const changed = `${value.slice(0, -4)}AAAA`;
    const tried = [
      drive(bob, returning(value)),
      drive({ ...alice, epoch: 2 }, returning(value)),
      drive(alice, returning(value, elsewhere)),
      drive(alice, { ...returning(value), config: { last_auth_threshold: 'minutes=1' } }),
      drive(alice, { ...returning(value), config: {} }),
      drive(alice, returning(changed)),
      drive(alice, returning('x'.repeat(2000))),
    ];
    for (const { show } of tried) expect((await show()).type).toBe('challenge');
  });

  it('is nothing any more once its device is gone', async () => {
    const { alice, value } = await proved();
    const [device] = await database.devices.findByUser(alice.uuid);
    await hasApp(alice);
    await database.source.query('SELECT mfa.remove_device($1, $2, $3)', [alice.uuid, 'static', device?.pk]);
    expect((await drive(alice, returning(value)).show()).type).toBe('challenge');
  });

  it('is not remembered where the stage does not say so', async () => {
    const alice = person();
    await hasCodes(alice);
    const { show, answer } = drive(alice);
    await show();
    expect(cookieOf(await answer({ code: 'Abc123' }))).toBeUndefined();
  });
});
