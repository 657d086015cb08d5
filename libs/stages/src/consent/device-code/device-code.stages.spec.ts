import { randomUUID } from 'node:crypto';
import type { SavedUser } from '@gatehouse/contracts';
import { driveStage } from '@gatehouse/stage-kit/testing';
import { describe, expect, it } from 'vitest';
import { deviceCodeContract } from './device-code.contract.js';
import { DeviceCodeStage } from './device-code.stage.js';
import { deviceCodeFinishContract } from './device-code-finish.contract.js';
import { DeviceCodeFinishStage } from './device-code-finish.stage.js';
import { type DeviceApproval, DeviceCodeStore } from './device-code-store.js';

const ALICE: SavedUser = {
  ...{ kind: 'saved', uuid: randomUUID(), pk: 1, username: 'alice', name: '', email: '' },
  ...{ is_active: true, epoch: 4, locale: '' },
};
const CLAIMED = { id: randomUUID(), client_id: 'tv', application: randomUUID(), scopes: ['openid'] };

/** A store with the code `012345678`, which Alice can claim while it is open. */
class InMemoryDeviceCodeStore extends DeviceCodeStore {
  open = true;
  readonly approvals: DeviceApproval[] = [];
  async claim(code: string, user: string) {
    return this.open && code === '012345678' && user === ALICE.uuid ? CLAIMED : undefined;
  }
  async isOpen() {
    return this.open;
  }
  async approve(_id: string, approval: DeviceApproval) {
    if (this.open) this.approvals.push(approval);
    return this.open;
  }
  async issue() {
    return { device_code: '', user_code: '', interval: 5 };
  }
  async refuse() {
    return 0;
  }
  async redeem() {
    return { error: 'invalid_grant' as const };
  }
  async findToken() {
    return undefined;
  }
}
const driveCodeStage = (session: SavedUser | null = ALICE) =>
  driveStage(deviceCodeContract, new DeviceCodeStage(new InMemoryDeviceCodeStore()), {
    config: {},
    request: { session: { user: session } },
  });

describe('the device code stage', () => {
  it.each([['012345678'], [' 012345678 '], ['12345678'], [12345678]])(
    'claims the code %j, with or without leading zeros',
    async (code) => {
      expect(await driveCodeStage().answer({ code })).toEqual({
        type: 'passed',
        context: { redirect: '/device?code=012345678' },
        effects: [{ type: 'authorize', claimed: CLAIMED }],
        verified: ['device_code'],
      });
    },
  );

  it.each([['876543210'], ['0012345678'], ['-12345678'], ['1']])('rejects the code %j', async (code) => {
    const errors = { code: [{ code: 'device_code_invalid' }] };
    expect(await driveCodeStage().answer({ code })).toMatchObject({
      type: 'rejected',
      errors,
      failed: ['device_code'],
    });
  });

  it('denies an anonymous visitor', async () => {
    expect(await driveCodeStage(null).show()).toMatchObject({ type: 'denied' });
    expect(await driveCodeStage(null).answer({ code: '012345678' })).toMatchObject({ type: 'denied' });
  });
});

describe('the device code finish stage', () => {
  const driveFinishStage = (
    codes: InMemoryDeviceCodeStore,
    session: SavedUser | null = ALICE,
    query: Record<string, string> = {},
  ) =>
    driveStage(deviceCodeFinishContract, new DeviceCodeFinishStage(codes), {
      config: { claimed: CLAIMED.id },
      context: { consent_permissions: [{ id: 'openid', name: '' }] },
      request: { session: { user: session }, query },
    });

  it('approves the device on a response, never on a GET', async () => {
    const codes = new InMemoryDeviceCodeStore();
    const step = driveFinishStage(codes);
    for (const _ of [1, 2, 3]) expect(await step.show()).toMatchObject({ type: 'challenge' });
    expect(codes.approvals).toEqual([]);
    expect(await step.answer({})).toMatchObject({ type: 'passed', effects: [{ action: 'authorize_application' }] });
    expect(codes.approvals).toMatchObject([{ claimed: CLAIMED.id, user: { uuid: ALICE.uuid }, scopes: ['openid'] }]);
  });

  it.each([
    ['//evil.example', { redirect: '/' }],
    ['https://evil.example/', { redirect: '/' }],
    ['/app/', undefined],
    ['', undefined],
  ])('redirects to / instead of next only if next is invalid: %j', async (next, context) => {
    const reply = await driveFinishStage(new InMemoryDeviceCodeStore(), ALICE, { next }).answer({});
    expect([reply.type, 'context' in reply ? reply.context : undefined]).toEqual(['passed', context]);
  });

  it('denies if the code has expired, or the visitor is not logged in', async () => {
    const codes = new InMemoryDeviceCodeStore();
    expect(await driveFinishStage(codes, null).show()).toMatchObject({ type: 'denied' });
    expect(await driveFinishStage(codes, null).answer({})).toMatchObject({ type: 'denied' });
    codes.open = false;
    for (const reply of [await driveFinishStage(codes).show(), await driveFinishStage(codes).answer({})])
      expect(reply).toMatchObject({ type: 'denied', message: { code: 'device_code_finish_over' } });
    expect(codes.approvals).toEqual([]);
  });
});
