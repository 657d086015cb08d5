import { describe, expect, it } from 'vitest';
import { userChangesFrom } from './user-changes.js';

const attributesOf = (data: object, locked: string[] = []) =>
  userChangesFrom(data as Record<string, unknown>, locked).attributes;

describe('what is written of a form', () => {
  it('is name, address and password, and nothing else that a user has (accident 42)', () => {
    const data = {
      ...{ username: 'alice', name: 'Alice', email: 'a@example.org', password: 'hunter2' },
      ...{ is_active: true, is_superuser: true, groups: ['admins'], type: 'internal', path: 'admins', pk: 1, id: 1 },
      ...{ email_verified: true, epoch: 1, set_password: 'x', component: 'ak-stage-prompt', password_hash: 'x' },
    };
    expect(userChangesFrom(data, [])).toEqual({
      ...{ fields: { username: 'alice', name: 'Alice', email: 'a@example.org' }, password: 'hunter2', attributes: {} },
    });
  });

  it('has no password where none was typed, and no field that is no text', () => {
    expect(userChangesFrom({ password: '', username: { a: 1 }, name: 7 }, [])).toEqual({
      ...{ fields: { name: '7' }, password: undefined, attributes: {} },
    });
  });

  it('reaches into attributes by dots, and beside what else is there', () => {
    const data = { 'attributes.settings.locale': 'de', attributes: { settings: { theme: 'dark' } }, 'attributes.a': 1 };
    expect(attributesOf(data)).toEqual({ settings: { locale: 'de', theme: 'dark' }, a: 1 });
  });

  it('parts names at dots only', () => {
    expect(attributesOf({ 'attributes.phone_number': '1', attributes_shoe_size: 38 })).toEqual({
      ...{ phone_number: '1', shoe_size: 38 },
    });
  });

  it('takes no attributes that are no object', () => {
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
  ])('says nothing of what somebody may do, or has proved: %j (accident 42)', (data) => {
    expect(JSON.stringify(attributesOf(data))).not.toContain('true');
    expect(attributesOf(data)).not.toHaveProperty('debug');
    expect(({} as { debug?: unknown }).debug).toBeUndefined();
  });

  it('may say so where an invitation fixed it', () => {
    const data = { 'attributes.goauthentik.io/user/debug': true };
    expect(attributesOf(data, Object.keys(data))).toEqual({ 'goauthentik.io/user/debug': true });
  });

  it('may say so where an invitation fixed that very thing, and nothing beside it', () => {
    const attributes = { 'goauthentik.io/user/debug': true, contact: { verified: 'fixed' }, verified: 'typed' };
    const locked = ['attributes.team', 'attributes.contact.verified'];
    expect(attributesOf({ attributes: { ...attributes, team: 'a' } }, locked)).toEqual({
      ...{ contact: { verified: 'fixed' }, team: 'a' },
    });
  });

  it.each(['attributes_team', 'attributes_team.name', 'attributes.team.name'])(
    'is what an invitation fixed, however a form spells it: %s',
    (key) => {
      const data = { attributes: { team: 'fixed' }, [key]: 'typed' };
      expect(attributesOf(data, ['attributes.team'])).toEqual({ team: 'fixed' });
      expect(attributesOf({ attributes_team: 'fixed', 'attributes.team': 'typed' }, ['attributes_team'])).toEqual({
        team: 'fixed',
      });
    },
  );
});
