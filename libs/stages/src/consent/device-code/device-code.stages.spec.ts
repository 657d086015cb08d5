import { randomUUID } from 'node:crypto';
import type { SavedUser } from '@gatehouse/contracts';
import { driveStage, stageRequestFixture } from '@gatehouse/stage-kit/testing';
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

/** A store with the user code `012345678`, which only Alice can claim, while `open` is true. */
class InMemoryDeviceCodeStore extends DeviceCodeStore {
  open = true;
  readonly approvals: DeviceApproval[] = [];
  /** Ids of the requests that have approved a device. */
  readonly approvedBy = new Set<string>();
  async claim(code: string, user: string) {
    return this.open && code === '012345678' && user === ALICE.uuid ? CLAIMED : undefined;
  }
  async isOpen() {
    return this.open;
  }
  async approve(id: string, approval: DeviceApproval) {
    if (this.open) {
      this.approvals.push(approval);
      this.approvedBy.add(id);
    }
    return this.open;
  }
  async isApproved(id: string) {
    return this.approvedBy.has(id);
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
        effects: [{ type: 'authorize', claimed: CLAIMED, user_code: '012345678' }],
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

interface FinishOptions {
  readonly codes?: InMemoryDeviceCodeStore;
  readonly session?: SavedUser | null;
  readonly query?: Record<string, string>;
  /** The gateway's `consented` member. A gateway before 1.0 does not send this member. */
  readonly consented?: boolean | undefined;
}

describe('the device code finish stage', () => {
  const driveFinishStage = (options: FinishOptions = {}) => {
    const { codes = new InMemoryDeviceCodeStore(), session = ALICE, query = {} } = options;
    const { step } = stageRequestFixture();
    const consented = 'consented' in options ? options.consented : true;
    return driveStage(deviceCodeFinishContract, new DeviceCodeFinishStage(codes), {
      config: { claimed: CLAIMED.id },
      context: { consent_permissions: [{ id: 'openid', name: '' }] },
      request: { session: { user: session }, query, step: consented === undefined ? step : { ...step, consented } },
    });
  };
  const approval = { claimed: CLAIMED.id, user: { uuid: ALICE.uuid }, scopes: ['openid'] };

  it('approves the device once, directly after a consent, and then shows that the device is signed in', async () => {
    const codes = new InMemoryDeviceCodeStore();
    const step = driveFinishStage({ codes });
    const shown = { type: 'challenge', challenge: { approved: true } };
    expect(await step.show()).toMatchObject({ ...shown, effects: [{ action: 'authorize_application' }] });
    codes.open = false;
    expect(await step.show()).toEqual(shown);
    expect(await step.answer({})).toEqual({ type: 'passed' });
    expect(codes.approvals).toMatchObject([approval]);
  });

  it('does not approve without a consent, but inserts a consent step that saves no grant', async () => {
    const codes = new InMemoryDeviceCodeStore();
    const step = driveFinishStage({ codes, consented: false });
    const steps = [{ kind: 'consent', config: { mode: 'always_require' } }];
    for (const reply of [await step.show(), await step.answer({})])
      expect(reply).toEqual({ type: 'passed', insert: { where: 'before', steps } });
    expect(codes.approvals).toEqual([]);
  });

  it('shows that the device is signed in if the reply to the consent was lost', async () => {
    const codes = new InMemoryDeviceCodeStore();
    await driveFinishStage({ codes }).show();
    codes.open = false;
    expect(await driveFinishStage({ codes, consented: false }).show()).toMatchObject({
      ...{ type: 'challenge', challenge: { approved: true } },
      effects: [{ action: 'authorize_application' }],
    });
    expect(codes.approvals).toHaveLength(1);
  });

  it('shows a challenge of its own if the gateway is older than 1.0, and approves on the response', async () => {
    const codes = new InMemoryDeviceCodeStore();
    const step = driveFinishStage({ codes, consented: undefined });
    for (const _ of [1, 2, 3]) expect(await step.show()).toEqual({ type: 'challenge', challenge: {} });
    expect(codes.approvals).toEqual([]);
    expect(await step.answer({})).toMatchObject({ type: 'passed', effects: [{ action: 'authorize_application' }] });
    expect(codes.approvals).toMatchObject([approval]);
  });

  it.each([
    ['//evil.example', { redirect: '/' }],
    ['https://evil.example/', { redirect: '/' }],
    ['/app/', undefined],
    ['', undefined],
  ])('replaces `next` by / only if it is invalid: %j', async (next, context) => {
    const step = driveFinishStage({ query: { next } });
    await step.show();
    const reply = await step.answer({});
    expect([reply.type, 'context' in reply ? reply.context : undefined]).toEqual(['passed', context]);
  });

  it.each([true, false, undefined])(
    'denies if the code has expired, or the visitor is not logged in (consented: %s)',
    async (consented) => {
      const codes = new InMemoryDeviceCodeStore();
      expect(await driveFinishStage({ codes, consented, session: null }).show()).toMatchObject({ type: 'denied' });
      expect(await driveFinishStage({ codes, consented, session: null }).answer({})).toMatchObject({ type: 'denied' });
      codes.open = false;
      const step = driveFinishStage({ codes, consented });
      for (const reply of [await step.show(), await step.answer({})])
        expect(reply).toMatchObject({ type: 'denied', message: { code: 'device_code_finish_over' } });
      expect(codes.approvals).toEqual([]);
    },
  );
});
