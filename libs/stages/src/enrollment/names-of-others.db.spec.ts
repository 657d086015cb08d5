import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { fresh, UserWriteHarness } from '../../testing/user-write-harness.js';

let desk: UserWriteHarness;
beforeAll(async () => {
  desk = await UserWriteHarness.open();
});
afterAll(() => desk.close());

describe('a user', () => {
  it('has no name that is the address of another, nor an address that is the name of another', async () => {
    const address = `${fresh()}@example.org`;
    const [other, before] = [await desk.somebody({ email: address }), await desk.count()];
    const data = [{ username: address.toUpperCase() }, { username: fresh(), email: other.username.toUpperCase() }];
    for (const one of data)
      expect(await desk.write(one)).toEqual({ type: 'denied', message: { code: 'user_write_failed' } });
    expect(await desk.count()).toBe(before);
    const own = `${fresh()}@example.org`;
    expect(await desk.write({ username: own, email: own })).toMatchObject({ type: 'passed' });
    expect(await desk.write({ username: fresh(), email: address })).toMatchObject({ type: 'passed' });
  });

  it('is one of two who ask at once for the same thing as a name and as an address', async () => {
    const names = Array.from({ length: 4 }, fresh);
    const all = await Promise.all(
      names.flatMap((name) => [desk.write({ username: name }), desk.write({ username: fresh(), email: name })]),
    );
    expect(all.map(({ type }) => type).toSorted()).toEqual([...Array(4).fill('denied'), ...Array(4).fill('passed')]);
  });

  it('takes no name that others are known by, and keeps those that they had before', async () => {
    const address = `${fresh()}@example.org`;
    const [user, other] = [await desk.somebody({ email: address }), await desk.somebody({ username: address })];
    const [same, third] = [{ username: user.username, email: address }, await desk.somebody({ email: fresh() })];
    expect(await desk.write({ ...same, name: 'Other' }, { context: { pending_user: user } })).toMatchObject({
      type: 'passed',
    });
    expect(await desk.write({ email: third.username }, { context: { pending_user: user } })).toMatchObject({
      type: 'denied',
    });
    expect(await desk.write({ username: third.email }, { context: { pending_user: other } })).toMatchObject({
      type: 'denied',
    });
  });
});
