import type { PlanContext, SavedUser } from '@gatehouse/contracts';
import { AccountActivation } from '@gatehouse/directory';
import { driveStage } from '@gatehouse/stage-kit/testing';
import { expect, it } from 'vitest';
import { emailContract } from './email.contract.js';
import { EmailStage } from './email.stage.js';

const alice: SavedUser = {
  ...{ kind: 'saved', uuid: '41c0a6b8-6a0e-4c55-9d3b-2f7a5b1f8a01', pk: 7, username: 'alice', name: 'Alice' },
  ...{ email: 'alice@example.org', is_active: true, epoch: 1, locale: '' },
};

class InMemoryVerifications extends AccountActivation {
  readonly recorded: string[] = [];
  async recordVerified(userId: string, address: string) {
    this.recorded.push(`${userId} ${address}`);
  }
  async activate() {
    return false;
  }
}

/** Returns the reply of the stage after it has sent the mail and the visitor has followed the link. */
async function followLink(context: PlanContext, verifications = new InMemoryVerifications()) {
  const stage = new EmailStage(verifications, { resendS: 30, mails: 3, codeS: 600 });
  const config = { use_global_settings: true };
  const mailed = await driveStage(emailContract, stage, { config, context }).show();
  const is_restored = { step: 'step', user: alice.uuid };
  const request = {
    step: { id: 'step', name: 'step', confirmed: true },
    ...('state' in mailed && mailed.state ? { state: mailed.state } : {}),
  };
  return driveStage(emailContract, stage, { config, context: { ...context, is_restored }, request }).show();
}

it('the email stage verifies the user only if the mail went to the address of the user', async () => {
  const context = { pending_user: alice };
  expect(await followLink(context)).toMatchObject({ type: 'passed', context: { verified_user: alice.uuid } });
  expect(await followLink({ ...context, email: alice.email })).toMatchObject({
    context: { verified_user: alice.uuid },
  });
  const other = await followLink({ ...context, email: 'other@example.org' });
  expect([other.type, 'context' in other && other.context]).toEqual(['passed', {}]);
});

it('the email stage records only the address of the user as verified', async () => {
  const [verifications, context] = [new InMemoryVerifications(), { pending_user: alice }];
  await followLink({ ...context, email: 'other@example.org' }, verifications);
  expect(verifications.recorded).toEqual([]);
  await followLink(context, verifications);
  expect(verifications.recorded).toEqual([`${alice.uuid} alice@example.org`]);
});

it('the email stage records no address for a link of an operator, because no mail was sent', async () => {
  const verifications = new InMemoryVerifications();
  const stage = new EmailStage(verifications, { resendS: 30, mails: 3, codeS: 600 });
  const reply = await driveStage(emailContract, stage, {
    config: { use_global_settings: true },
    context: { pending_user: alice, is_restored: { step: 'step', user: alice.uuid } },
    request: { step: { id: 'step', name: 'step', confirmed: true } },
  }).show();
  expect(reply).toMatchObject({ type: 'passed' });
  expect(verifications.recorded).toEqual([]);
});

it.each([
  ['alice@example.org', 'step', [`${alice.uuid} alice@example.org`]],
  ['other@example.org', 'step', []],
  ['alice@example.org', 'another', []],
])(
  'after a superuser has mailed a link to %s for the step %s, the email stage records as verified: %j',
  async (address, at, recorded) => {
    const verifications = new InMemoryVerifications();
    const stage = new EmailStage(verifications, { resendS: 30, mails: 3, codeS: 600 });
    await driveStage(emailContract, stage, {
      config: { use_global_settings: true },
      context: { pending_user: alice, is_restored: { step: at, user: alice.uuid, address } },
      request: { step: { id: 'step', name: 'step', confirmed: true } },
    }).show();
    expect(verifications.recorded).toEqual(recorded);
  },
);
