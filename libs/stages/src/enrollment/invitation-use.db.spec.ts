import { randomUUID } from 'node:crypto';
import { InvitationRepository } from '@gatehouse/directory';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fresh, UserWriteHarness } from '../../testing/user-write-harness.js';

let desk: UserWriteHarness;
beforeAll(async () => {
  desk = await UserWriteHarness.open();
});
afterAll(() => desk.close());

describe('an invitation', () => {
  const DENIED = { type: 'denied', message: { code: 'user_write_uninvited' } };
  const invitations = () => new InvitationRepository(desk.database.source);
  async function invite(more: { single_use?: boolean; flow?: string } = {}) {
    const fields = { name: 'friends', expires: null, fixed_data: {}, single_use: true, flow: null, ...more };
    return (await invitations().create(fields)).pk;
  }
  const come = (due: string, username = fresh()) => desk.write({ username }, { context: { invitation_due: due } });

  it('is used up with what is written, by one of many who came by it, and told of', async () => {
    const [pk, before] = [await invite(), await desk.count()];
    const all = await Promise.all(Array.from({ length: 6 }, () => come(pk)));
    expect(all.filter(({ type }) => type === 'denied')).toEqual(Array(5).fill(DENIED));
    expect(await desk.count()).toBe(before + 1);
    expect(await invitations().find({ pk })).toBeUndefined();
    expect(all.find(({ type }) => type === 'passed')).toMatchObject({
      context: { invitation_due: null },
      effects: [{ action: 'user_write' }, { action: 'invitation_used' }],
    });
  });

  it('is still there when nothing could be written', async () => {
    const [pk, other] = [await invite(), await desk.somebody()];
    expect(await come(pk, other.username)).toEqual({ type: 'denied', message: { code: 'user_write_failed' } });
    expect(await come(pk, '')).toEqual({ type: 'denied' });
    expect(await come(pk)).toMatchObject({ type: 'passed' });
  });

  it('that may be used again is', async () => {
    const pk = await invite({ single_use: false });
    for (let i = 0; i < 2; i++) expect(await come(pk)).toMatchObject({ type: 'passed' });
  });

  it.each([
    ['is for another flow (accident 4)', () => invite({ flow: randomUUID() })],
    [
      'has expired meanwhile (accident 15)',
      async () => {
        const pk = await invite({ single_use: false });
        await desk.database.source.query('UPDATE directory.invitations SET expires = now() WHERE id = $1', [pk]);
        return pk;
      },
    ],
    ['was taken back meanwhile', async () => randomUUID()],
  ])('that %s makes nobody', async (_, make) => {
    const [pk, before] = [await make(), await desk.count()];
    expect(await come(pk)).toEqual(DENIED);
    expect(await desk.count()).toBe(before);
  });
});
