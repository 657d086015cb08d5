import { randomUUID } from 'node:crypto';
import type { PlanContext } from '@gatehouse/contracts';
import { type InvitationFields, InvitationRepository } from '@gatehouse/directory';
import { driveStage } from '@gatehouse/stage-kit/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EnrolmentDatabase, enrolmentDatabase } from '../../testing/enrollment-database.js';
import { invitationContract } from './invitation.contract.js';
import { InvitationStage } from './invitation.stage.js';

const [HERE, ELSEWHERE] = [randomUUID(), randomUUID()];
const DENIED = { type: 'denied', message: { code: 'invitation_invalid' } };

let database: EnrolmentDatabase;
let invitations: InvitationRepository;
beforeAll(async () => {
  database = await enrolmentDatabase();
  invitations = new InvitationRepository(database.source);
});
afterAll(() => database.close());

const invite = (fields: Partial<InvitationFields> = {}) =>
  invitations.create({ name: 'friends', expires: null, fixed_data: {}, single_use: false, flow: null, ...fields });

interface Came {
  readonly query?: Record<string, string>;
  readonly context?: PlanContext;
  readonly run?: string;
  readonly flow?: string | undefined;
  readonly goesOn?: boolean;
  readonly redeems?: boolean;
}

/** Comes by with an address; what the stage says. */
function come({ query = {}, context = {}, run = randomUUID(), goesOn = false, redeems = false, ...rest }: Came) {
  const flow = { slug: 'enrol', title: '', designation: 'enrollment' as const, id: 'flow' in rest ? rest.flow : HERE };
  return driveStage(invitationContract, new InvitationStage(invitations, database.enrolments), {
    config: { continue_flow_without_invitation: goesOn, redeems },
    context,
    request: { id: `${run}.work.0.step`, query, flow },
  }).show();
}

describe('an invitation', () => {
  it('lets whoever has it in, with what it fixes', async () => {
    const { pk } = await invite({ fixed_data: { name: 'Zed', attributes: { team: 'a' } } });
    const context = { prompt_data: { name: 'Mine', shoe: 38 } };
    expect(await come({ query: { itoken: pk }, context })).toEqual({
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
    ['the address as itoken', (pk: string) => ({ query: { itoken: pk, token: 'x' } })],
    ['the address as token', (pk: string) => ({ query: { token: pk } })],
    ['the address without dashes', (pk: string) => ({ query: { itoken: pk.replaceAll('-', '') } })],
    ['what was typed', (pk: string) => ({ context: { prompt_data: { token: pk } } })],
  ])('is found in %s', async (_, where) => {
    expect(await come(where((await invite()).pk))).toMatchObject({ type: 'passed' });
  });

  it.each([{}, { itoken: '' }, { itoken: 'nonsense' }, { itoken: randomUUID() }, { itoken: `${randomUUID()}'--` }])(
    'is none: %j',
    async (query) => {
      expect(await come({ query })).toEqual(DENIED);
      expect(await come({ query, goesOn: true })).toEqual({ type: 'passed' });
    },
  );

  it('whose use is due is not swapped for another, with what it fixed kept', async () => {
    const [due, other] = [await invite({ fixed_data: { team: 'a' }, single_use: true }), await invite()];
    const { context } = (await come({ query: { itoken: due.pk } })) as { context: PlanContext };
    expect(await come({ query: { itoken: other.pk }, context })).toMatchObject({
      ...{ type: 'passed', context: { invitation_due: due.pk } },
    });
    await invitations.redeem(due.pk, HERE);
    expect(await come({ query: { itoken: other.pk }, context })).toEqual(DENIED);
  });

  it('that has expired is none, whoever cleans up (accident 15)', async () => {
    const { pk } = await invite({ expires: new Date(Date.now() - 1) });
    expect(await come({ query: { itoken: pk } })).toEqual(DENIED);
    expect(await invitations.find({ pk })).toBeDefined();
  });

  it('for one flow is none in another, and is not used up there (accident 4)', async () => {
    const { pk } = await invite({ flow: HERE, single_use: true });
    expect(await come({ query: { itoken: pk }, flow: ELSEWHERE })).toEqual(DENIED);
    expect(await come({ query: { itoken: pk }, flow: undefined })).toEqual(DENIED);
    expect(await come({ context: { invitation_due: pk }, redeems: true, flow: ELSEWHERE })).toEqual(DENIED);
    expect(await come({ query: { itoken: pk } })).toMatchObject({ type: 'passed' });
  });

  it('is not used up by a look, whoever looks how often', async () => {
    const { pk } = await invite({ single_use: true });
    for (let i = 0; i < 3; i++) expect(await come({ query: { itoken: pk } })).toMatchObject({ type: 'passed' });
  });

  it('is used at the end of a flow that wrote nobody, and told of then', async () => {
    const { pk } = await invite();
    const effects = [
      { type: 'event', action: 'invitation_used', context: { invitation_uuid: pk.replaceAll('-', '') } },
    ];
    const done = { type: 'passed', context: { invitation_due: null }, effects };
    for (let i = 0; i < 2; i++) expect(await come({ context: { invitation_due: pk }, redeems: true })).toEqual(done);
  });

  it('for a single use is good for one of many who are done with it at once, who may ask again', async () => {
    const { pk } = await invite({ single_use: true });
    const runs = Array.from({ length: 8 }, () => randomUUID());
    const finish = (run: string) => come({ context: { invitation_due: pk }, redeems: true, run });
    const heard = await Promise.all(runs.map(finish));
    const lucky = runs.filter((_, i) => heard[i]!.type === 'passed');
    expect(lucky).toHaveLength(1);
    expect(heard.filter(({ type }) => type === 'denied')).toEqual(Array(7).fill(DENIED));
    expect(await finish(lucky[0]!)).toMatchObject({ type: 'passed' });
    expect(await come({ query: { itoken: pk } })).toEqual(DENIED);
  });

  it('that was used on the way is not looked for at the end', async () => {
    expect(await come({ redeems: true })).toEqual({ type: 'passed' });
  });

  it.each([
    [
      'expires',
      (pk: string) => database.source.query(`UPDATE directory.invitations SET expires = now() WHERE id = $1`, [pk]),
    ],
    ['is taken back', (pk: string) => invitations.remove(pk)],
  ])('that %s while somebody is on the way is none at the end (accident 15)', async (_, happens) => {
    const { pk } = await invite();
    await happens(pk);
    expect(await come({ context: { invitation_due: pk }, redeems: true })).toEqual(DENIED);
  });

  it('is not for blueprints to use up', () => {
    expect(invitationContract.validate({ redeems: true })).toHaveProperty('redeems');
    expect(invitationContract.validate({})).toEqual({});
  });

  it('that was taken back is none', async () => {
    const { pk } = await invite();
    expect(await invitations.remove(pk)).toBe(true);
    expect(await invitations.remove(pk)).toBe(false);
    expect(await come({ query: { itoken: pk } })).toEqual(DENIED);
  });
});
