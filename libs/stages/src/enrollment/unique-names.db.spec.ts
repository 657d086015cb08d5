import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { UserWriteHarness, uniqueName } from '../../testing/user-write-harness.js';

let harness: UserWriteHarness;
beforeAll(async () => {
  harness = await UserWriteHarness.open();
});
afterAll(() => harness.close());

describe('the user write stage', () => {
  it('denies a username that is an email address of another user, and the reverse', async () => {
    const address = `${uniqueName()}@example.org`;
    const [other, before] = [await harness.createUser({ email: address }), await harness.count()];
    const writes = [
      { username: address.toUpperCase() },
      { username: uniqueName(), email: other.username.toUpperCase() },
    ];
    for (const data of writes)
      expect(await harness.write(data)).toEqual({ type: 'denied', message: { code: 'user_write_failed' } });
    expect(await harness.count()).toBe(before);
    const own = `${uniqueName()}@example.org`;
    expect(await harness.write({ username: own, email: own })).toMatchObject({ type: 'passed' });
    expect(await harness.write({ username: uniqueName(), email: address })).toMatchObject({ type: 'passed' });
  });

  it('denies a username that is not allowed for new accounts, with the reason, but lets a user keep it', async () => {
    const denied = { type: 'denied', message: { text: 'Usernames cannot contain the character {character}.' } };
    expect(await harness.write({ username: 'ad\u200bmin' })).toMatchObject(denied);
    const pretended = { kind: 'pretended', username: 'x', email: 'x' };
    const recovery = { context: { pending_user: pretended } };
    expect(await harness.write({ username: 'ad\u200bmin' }, recovery)).toMatchObject(denied);
    const user = await harness.createUser();
    const legacy = { ...user, username: `\u200b${user.username}` };
    await harness.database.source.query('UPDATE directory.users SET username = $2 WHERE id = $1', [
      ...[user.uuid, legacy.username],
    ]);
    const written = await harness.write(
      { username: legacy.username, name: 'New' },
      { context: { pending_user: legacy } },
    );
    expect(written).toMatchObject({ context: { pending_user: { username: legacy.username, name: 'New' } } });
  });

  it('stores the prepared form of a username, and accepts no other spelling of it', async () => {
    const name = uniqueName();
    const written = await harness.write({ username: `\uff35${name}` });
    expect(written).toMatchObject({ context: { pending_user: { username: `U${name}` } } });
    expect(await harness.write({ username: `\uff55${name}` })).toMatchObject({ type: 'denied' });
  });

  it('creates only one of two concurrent users if the username of one is the email address of the other', async () => {
    const names = Array.from({ length: 4 }, uniqueName);
    const replies = await Promise.all(
      names.flatMap((name) => [
        harness.write({ username: name }),
        harness.write({ username: uniqueName(), email: name }),
      ]),
    );
    expect(replies.map(({ type }) => type).toSorted()).toEqual([
      ...Array(4).fill('denied'),
      ...Array(4).fill('passed'),
    ]);
  });

  it('denies a change to a name or address of another user, and allows conflicts that existed before', async () => {
    const address = `${uniqueName()}@example.org`;
    const [user, other] = [
      await harness.createUser({ email: address }),
      await harness.createUser({ username: address }),
    ];
    const [unchanged, third] = [
      { username: user.username, email: address },
      await harness.createUser({ email: uniqueName() }),
    ];
    expect(await harness.write({ ...unchanged, name: 'Other' }, { context: { pending_user: user } })).toMatchObject({
      type: 'passed',
    });
    expect(await harness.write({ email: third.username }, { context: { pending_user: user } })).toMatchObject({
      type: 'denied',
    });
    expect(await harness.write({ username: third.email }, { context: { pending_user: other } })).toMatchObject({
      type: 'denied',
    });
  });
});
