import { describe, expect, it } from 'vitest';
import { userChangesFrom } from './user-changes.js';

const attributesOf = (data: object, locked: string[] = []) =>
  userChangesFrom(data as Record<string, unknown>, locked).attributes;

describe('userChangesFrom', () => {
  it('returns username, name, email and password, and no other property of a user (accident 42)', () => {
    const data = {
      ...{ username: 'alice', name: 'Alice', email: 'a@example.org', password: 'hunter2' },
      ...{ is_active: true, is_superuser: true, groups: ['admins'], type: 'internal', path: 'admins', pk: 1, id: 1 },
      ...{ email_verified: true, epoch: 1, set_password: 'x', component: 'ak-stage-prompt', password_hash: 'x' },
    };
    expect(userChangesFrom(data, [])).toEqual({
      ...{ fields: { username: 'alice', name: 'Alice', email: 'a@example.org' }, password: 'hunter2', attributes: {} },
    });
  });

  it('ignores an empty password and values that are not text', () => {
    expect(userChangesFrom({ password: '', username: { a: 1 }, name: 7 }, [])).toEqual({
      ...{ fields: { name: '7' }, password: undefined, attributes: {} },
    });
  });

  it('reads dotted keys as paths into attributes, and merges the attributes', () => {
    const data = { 'attributes.settings.locale': 'de', attributes: { settings: { theme: 'dark' } }, 'attributes.a': 1 };
    expect(attributesOf(data)).toEqual({ settings: { locale: 'de', theme: 'dark' }, a: 1 });
  });

  it('splits attribute paths at dots only', () => {
    expect(attributesOf({ 'attributes.phone_number': '1', attributes_shoe_size: 38 })).toEqual({
      ...{ phone_number: '1', shoe_size: 38 },
    });
  });

  it('ignores a value of the key attributes that is not an object', () => {
    expect(attributesOf({ attributes: 'all' })).toEqual({});
    expect(attributesOf({ attributes: ['all'] })).toEqual({});
  });

  it.each([
    { 'attributes.goauthentik.io/user/debug': true },
    { attributes: { 'goauthentik.io/user/debug': true } },
    { 'attributes.email_verified': true },
    { 'attributes.contact.phone_verified': true },
    { attributes: { contact: { verified: true } } },
    { 'attributes.Phone_VERIFIED': true },
    { 'attributes.__proto__.debug': true },
  ])('drops attributes that grant rights or claim a verification: %j (accident 42)', (data) => {
    expect(JSON.stringify(attributesOf(data))).not.toContain('true');
    expect(attributesOf(data)).not.toHaveProperty('debug');
    expect(({} as { debug?: unknown }).debug).toBeUndefined();
  });

  it('keeps a reserved attribute that an invitation has fixed', () => {
    const data = { 'attributes.goauthentik.io/user/debug': true };
    expect(attributesOf(data, Object.keys(data))).toEqual({ 'goauthentik.io/user/debug': true });
  });

  it('keeps a reserved attribute that an invitation has fixed, and drops other reserved attributes', () => {
    const attributes = { 'goauthentik.io/user/debug': true, contact: { verified: 'fixed' }, verified: 'typed' };
    const locked = ['attributes.team', 'attributes.contact.verified'];
    expect(attributesOf({ attributes: { ...attributes, team: 'a' } }, locked)).toEqual({
      ...{ contact: { verified: 'fixed' }, team: 'a' },
    });
  });

  it.each(['attributes_team', 'attributes_team.name', 'attributes.team.name'])(
    'keeps the value of an attribute that an invitation has fixed if the form spells its key as %s',
    (key) => {
      const data = { attributes: { team: 'fixed' }, [key]: 'typed' };
      expect(attributesOf(data, ['attributes.team'])).toEqual({ team: 'fixed' });
      expect(attributesOf({ attributes_team: 'fixed', 'attributes.team': 'typed' }, ['attributes_team'])).toEqual({
        team: 'fixed',
      });
    },
  );
});
