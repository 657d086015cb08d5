import { randomUUID } from 'node:crypto';
import { InvitationRepository } from '@gatehouse/directory';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserWriteHarness, uniqueName } from '../../testing/user-write-harness.js';

let harness: UserWriteHarness;
beforeAll(async () => {
  harness = await UserWriteHarness.open();
});
afterAll(() => harness.close());

describe('the user write stage with an invitation', () => {
  const DENIED = { type: 'denied', message: { code: 'user_write_uninvited' } };
  const invitations = () => new InvitationRepository(harness.database.source);
  async function invite(more: { single_use?: boolean; flow?: string } = {}) {
    const fields = { name: 'friends', expires: null, fixed_data: {}, single_use: true, flow: null, ...more };
    return (await invitations().create(fields)).pk;
  }
  const writeInvited = (due: string, username = uniqueName()) =>
    harness.write({ username }, { context: { invitation_due: due } });

  it('saves the user, redeems the invitation and records an event for one of several concurrent visitors', async () => {
    const [pk, before] = [await invite(), await harness.count()];
    const replies = await Promise.all(Array.from({ length: 6 }, () => writeInvited(pk)));
    expect(replies.filter(({ type }) => type === 'denied')).toEqual(Array(5).fill(DENIED));
    expect(await harness.count()).toBe(before + 1);
    expect(await invitations().find({ pk })).toBeUndefined();
    const passed = replies.find(({ type }) => type === 'passed')!;
    expect(passed).toMatchObject({
      context: { invitation_due: null },
      effects: [
        { action: 'user_write' },
        { action: 'invitation_used', context: { name: 'friends', reference: expect.any(String) } },
      ],
    });
    expect(JSON.stringify(passed).replaceAll('-', '')).not.toContain(pk.replaceAll('-', ''));
  });

  it('does not redeem the invitation if the user cannot be saved', async () => {
    const [pk, other] = [await invite(), await harness.createUser()];
    expect(await writeInvited(pk, other.username)).toEqual({ type: 'denied', message: { code: 'user_write_failed' } });
    expect(await writeInvited(pk, '')).toEqual({ type: 'denied' });
    expect(await writeInvited(pk)).toMatchObject({ type: 'passed' });
  });

  it('redeems an invitation for multiple use more than once', async () => {
    const pk = await invite({ single_use: false });
    for (let i = 0; i < 2; i++) expect(await writeInvited(pk)).toMatchObject({ type: 'passed' });
  });

  it.each([
    ['for another flow (accident 4)', () => invite({ flow: randomUUID() })],
    [
      'that has expired in the meantime (accident 15)',
      async () => {
        const pk = await invite({ single_use: false });
        await harness.database.source.query('UPDATE directory.invitations SET expires = now() WHERE id = $1', [pk]);
        return pk;
      },
    ],
    ['that was deleted meanwhile', async () => randomUUID()],
  ])('saves no user with an invitation %s', async (_title, make) => {
    const [pk, before] = [await make(), await harness.count()];
    expect(await writeInvited(pk)).toEqual(DENIED);
    expect(await harness.count()).toBe(before);
  });
});
