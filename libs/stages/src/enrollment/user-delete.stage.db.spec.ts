import { randomUUID } from 'node:crypto';
import type { SavedUser } from '@gatehouse/contracts';
import { driveStage } from '@gatehouse/stage-kit/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type EnrolmentDatabase, enrolmentDatabase } from '../../testing/enrollment-database.js';
import { userDeleteContract } from './user-delete.contract.js';
import { UserDeleteStage } from './user-delete.stage.js';

let database: EnrolmentDatabase;
beforeAll(async () => {
  database = await enrolmentDatabase();
});
afterAll(() => database.close());

async function somebody(): Promise<SavedUser> {
  const { uuid, pk, username, epoch } = await database.register.createUser({ username: `user-${randomUUID()}` });
  return { kind: 'saved', uuid, pk, username, name: '', email: '', is_active: true, epoch, locale: '' };
}
const exists = async ({ uuid }: SavedUser) => (await database.register.findUsers({ uuid })).length === 1;

type Given = Parameters<typeof driveStage<typeof userDeleteContract>>[2];
const drive = (given: Given) => driveStage(userDeleteContract, new UserDeleteStage(database.enrolments), given);
/** Work of its own. */
const fresh = () => ({ id: randomUUID() });

const DENIED = { type: 'denied', message: { code: 'user_delete_nobody' } };

describe('the user delete stage', () => {
  it('removes the user whom the flow is about, ends their sessions and says who it was', async () => {
    const [alice, bob] = [await somebody(), await somebody()];
    const given = { context: { pending_user: alice }, request: { ...fresh(), session: { user: bob } } };
    expect(await drive(given).show()).toEqual({
      type: 'passed',
      context: { pending_user: null },
      effects: [
        { type: 'logout' },
        { type: 'end_sessions', user: alice.uuid },
        {
          type: 'event',
          action: 'model_deleted',
          context: { model: { app: 'authentik_core', model_name: 'user', pk: alice.pk, name: alice.username } },
        },
      ],
    });
    expect(await exists(alice)).toBe(false);
    expect(await exists(bob)).toBe(true);
  });

  it('removes whoever is logged in where the flow is about nobody, whatever the answer', async () => {
    const alice = await somebody();
    const done = await drive({ request: { ...fresh(), session: { user: alice } } }).answer({ keep: true });
    expect(done).toMatchObject({ type: 'passed' });
    expect(await exists(alice)).toBe(false);
  });

  it('says the same when it is asked the same again, and that there is nobody when it is asked anew', async () => {
    const alice = await somebody();
    const asked = { context: { pending_user: alice }, request: fresh() };
    const first = await drive(asked).show();
    expect(first).toMatchObject({ type: 'passed' });
    expect(await drive(asked).show()).toEqual(first);
    expect(await drive({ ...asked, request: fresh() }).show()).toEqual(DENIED);
  });

  it.each([
    ['nobody', undefined],
    ['a pretended user', { kind: 'pretended', username: 'ghost', email: '' }],
    ['a user who is not written yet', { kind: 'unsaved', username: 'new', name: '', email: '' }],
  ] as const)('denies %s, in words', async (_, pending_user) => {
    const context = pending_user ? { pending_user } : {};
    expect(await drive({ context, request: fresh() }).show()).toEqual(DENIED);
  });
});
