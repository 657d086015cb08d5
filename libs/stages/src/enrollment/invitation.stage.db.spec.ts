import { createHash, randomUUID } from 'node:crypto';
import type { PlanContext } from '@gatehouse/contracts';
import { type InvitationFields, InvitationRepository } from '@gatehouse/directory';
import { driveStage } from '@gatehouse/stage-kit/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EnrollmentDatabase, openEnrollmentDatabase } from '../../testing/enrollment-database.js';
import { invitationContract } from './invitation.contract.js';
import { InvitationStage } from './invitation.stage.js';

const [FLOW, OTHER_FLOW] = [randomUUID(), randomUUID()];
const DENIED = { type: 'denied', message: { code: 'invitation_invalid' } };

let database: EnrollmentDatabase;
let invitations: InvitationRepository;
beforeAll(async () => {
  database = await openEnrollmentDatabase();
  invitations = new InvitationRepository(database.source);
});
afterAll(() => database.close());

const invite = (fields: Partial<InvitationFields> = {}) =>
  invitations.create({ name: 'friends', expires: null, fixed_data: {}, single_use: false, flow: null, ...fields });

interface Visit {
  readonly query?: Record<string, string>;
  readonly context?: PlanContext;
  readonly run?: string;
  readonly flow?: string | undefined;
  readonly continueWithout?: boolean;
  readonly redeems?: boolean;
}

/** Returns the reply of the stage to a GET. */
function visit({
  query = {},
  context = {},
  run = randomUUID(),
  continueWithout = false,
  redeems = false,
  ...rest
}: Visit) {
  const flow = { slug: 'enrol', title: '', designation: 'enrollment' as const, id: 'flow' in rest ? rest.flow : FLOW };
  return driveStage(invitationContract, new InvitationStage(invitations, database.transactions), {
    config: { continue_flow_without_invitation: continueWithout, redeems },
    context,
    request: { id: `${run}.work.0.step`, query, flow },
  }).show();
}

describe('the invitation stage', () => {
  it('passes with a valid invitation and applies its fixed data', async () => {
    const { pk } = await invite({ fixed_data: { name: 'Zed', attributes: { team: 'a' } } });
    const context = { prompt_data: { name: 'Mine', shoe: 38 } };
    expect(await visit({ query: { itoken: pk }, context })).toEqual({
      type: 'passed',
      context: {
        ...{ invitation: { uuid: pk, name: 'friends' }, invitation_in_effect: true, invitation_due: pk },
        prompt_data: { name: 'Zed', shoe: 38, attributes: { team: 'a' } },
        prompt_locked: ['name', 'attributes.team'],
      },
      insert: { where: 'last', steps: [{ kind: 'invitation', config: { redeems: true } }] },
    });
  });

  it.each([
    ['the query parameter itoken', (pk: string) => ({ query: { itoken: pk, token: 'x' } })],
    ['the query parameter token', (pk: string) => ({ query: { token: pk } })],
    ['a query parameter without dashes', (pk: string) => ({ query: { itoken: pk.replaceAll('-', '') } })],
    ['the entered data', (pk: string) => ({ context: { prompt_data: { token: pk } } })],
  ])('finds the token of the invitation in %s', async (_title, visitWith) => {
    expect(await visit(visitWith((await invite()).pk))).toMatchObject({ type: 'passed' });
  });

  it.each([{}, { itoken: '' }, { itoken: 'nonsense' }, { itoken: randomUUID() }, { itoken: `${randomUUID()}'--` }])(
    'denies a visitor without a valid invitation: %j',
    async (query) => {
      expect(await visit({ query })).toEqual(DENIED);
      expect(await visit({ query, continueWithout: true })).toEqual({ type: 'passed' });
    },
  );

  it('keeps the accepted invitation of the plan, even if a later request has another token', async () => {
    const [due, other] = [await invite({ fixed_data: { team: 'a' }, single_use: true }), await invite()];
    const { context } = (await visit({ query: { itoken: due.pk } })) as { context: PlanContext };
    expect(await visit({ query: { itoken: other.pk }, context })).toMatchObject({
      ...{ type: 'passed', context: { invitation_due: due.pk } },
    });
    await invitations.redeem(due.pk, FLOW);
    expect(await visit({ query: { itoken: other.pk }, context })).toEqual(DENIED);
  });

  it('adds the lists of the fixed data once, even after a restart that keeps the context', async () => {
    const { pk } = await invite({ fixed_data: { attributes: { teams: ['a'] } } });
    const query = { itoken: pk };
    const context = { prompt_data: { attributes: { teams: ['mine'] } } };
    const first = (await visit({ query, context })) as { context: PlanContext };
    expect(first.context.prompt_data).toEqual({ attributes: { teams: ['mine', 'a'] } });
    expect(await visit({ query, context: { ...context, ...first.context } })).toMatchObject({
      context: { prompt_data: { attributes: { teams: ['mine', 'a'] } } },
    });
  });

  it('denies an expired invitation even before its row is deleted (accident 15)', async () => {
    const { pk } = await invite({ expires: new Date(Date.now() - 1) });
    expect(await visit({ query: { itoken: pk } })).toEqual(DENIED);
    expect(await invitations.find({ pk })).toBeDefined();
  });

  it('denies an invitation for another flow, and does not redeem it (accident 4)', async () => {
    const { pk } = await invite({ flow: FLOW, single_use: true });
    expect(await visit({ query: { itoken: pk }, flow: OTHER_FLOW })).toEqual(DENIED);
    expect(await visit({ query: { itoken: pk }, flow: undefined })).toEqual(DENIED);
    expect(await visit({ context: { invitation_due: pk }, redeems: true, flow: OTHER_FLOW })).toEqual(DENIED);
    expect(await visit({ query: { itoken: pk } })).toMatchObject({ type: 'passed' });
  });

  it('does not redeem an invitation on a GET', async () => {
    const { pk } = await invite({ single_use: true });
    for (let i = 0; i < 3; i++) expect(await visit({ query: { itoken: pk } })).toMatchObject({ type: 'passed' });
  });

  it('redeems the invitation at the end of a flow that has saved no user, and records an event', async () => {
    const { pk } = await invite();
    const context = { name: 'friends', reference: createHash('sha256').update(pk).digest('hex').slice(0, 16) };
    const effects = [{ type: 'event', action: 'invitation_used', context }];
    const redeemed = { type: 'passed', context: { invitation_due: null }, effects };
    for (let i = 0; i < 2; i++)
      expect(await visit({ context: { invitation_due: pk }, redeems: true })).toEqual(redeemed);
  });

  it('redeems a single-use invitation for one of several plans, and replays the reply to a request id', async () => {
    const { pk } = await invite({ single_use: true });
    const runs = Array.from({ length: 8 }, () => randomUUID());
    const finish = (run: string) => visit({ context: { invitation_due: pk }, redeems: true, run });
    const replies = await Promise.all(runs.map(finish));
    const successful = runs.filter((_, i) => replies[i]!.type === 'passed');
    expect(successful).toHaveLength(1);
    expect(replies.filter(({ type }) => type === 'denied')).toEqual(Array(7).fill(DENIED));
    expect(await finish(successful[0]!)).toMatchObject({ type: 'passed' });
    expect(await visit({ query: { itoken: pk } })).toEqual(DENIED);
  });

  it('passes at the end of the flow if the plan has no invitation left to redeem', async () => {
    expect(await visit({ redeems: true })).toEqual({ type: 'passed' });
  });

  it.each([
    [
      'expires',
      (pk: string) => database.source.query(`UPDATE directory.invitations SET expires = now() WHERE id = $1`, [pk]),
    ],
    ['is deleted', (pk: string) => invitations.remove(pk)],
  ])('denies the end of the flow if the invitation %s in the meantime (accident 15)', async (_title, change) => {
    const { pk } = await invite();
    await change(pk);
    expect(await visit({ context: { invitation_due: pk }, redeems: true })).toEqual(DENIED);
  });

  it('rejects the config field redeems in a blueprint', () => {
    expect(invitationContract.validate({ redeems: true })).toHaveProperty('redeems');
    expect(invitationContract.validate({})).toEqual({});
  });

  it('denies a deleted invitation', async () => {
    const { pk } = await invite();
    expect(await invitations.remove(pk)).toBe(true);
    expect(await invitations.remove(pk)).toBe(false);
    expect(await visit({ query: { itoken: pk } })).toEqual(DENIED);
  });
});
