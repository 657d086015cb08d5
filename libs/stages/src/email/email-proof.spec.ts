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

class NoAccountActivation extends AccountActivation {
  async activate() {
    return false;
  }
}

/** Returns the reply of the stage after it has sent the mail and the visitor has followed the link. */
async function followLink(context: PlanContext) {
  const stage = new EmailStage(new NoAccountActivation(), { resendS: 30, mails: 3, codeS: 600 });
  const config = { use_global_settings: true };
  const mailed = await driveStage(emailContract, stage, { config, context }).show();
  const is_restored = { step: 'step', user: alice.uuid };
  const request = {
    step: { id: 'step', name: 'step', confirmed: true },
    ...('state' in mailed && mailed.state ? { state: mailed.state } : {}),
  };
  return driveStage(emailContract, stage, { config, context: { ...context, is_restored }, request }).show();
}

it('verifies the user only if the mail went to their own address', async () => {
  const context = { pending_user: alice };
  expect(await followLink(context)).toEqual({ type: 'passed', context: { verified_user: alice.uuid } });
  expect(await followLink({ ...context, email: alice.email })).toMatchObject({
    context: { verified_user: alice.uuid },
  });
  expect(await followLink({ ...context, email: 'other@example.org' })).toEqual({ type: 'passed', context: {} });
});
