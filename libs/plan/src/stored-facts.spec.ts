import { expect, it } from 'vitest';
import { storedFacts } from './stored-facts.js';

it('known facts are checked by their schemas, and facts with unknown names are kept', () => {
  const facts = {
    groups: ['staff'],
    is_sso: true,
    x_acme_badge: { id: 7 },
    pending_user: { kind: 'saved', uuid: 'u' },
  };

  expect(storedFacts.parse(facts)).toEqual(facts);
});

it('a member of a known fact that its schema does not know is removed', () => {
  const invitation = { uuid: 'f1a7a0a5-9d0e-4f0c-8b3e-0c5b2b6c3f10', name: 'welcome' };

  expect(storedFacts.parse({ invitation: { ...invitation, colour: 'red' } })).toEqual({ invitation });
});

it('a known fact of another type is refused with its name', () => {
  const { error } = storedFacts.safeParse({ title: 'Sign in', groups: 'staff' });

  expect(error?.issues.map(({ path }) => path)).toEqual([['groups']]);
});

it.each([null, [], 'facts', undefined])('a value that is no object is refused: %j', (value) => {
  expect(storedFacts.safeParse(value).success).toBe(false);
});

it('a fact named like a member of every object is kept as an own member', () => {
  const facts: unknown = JSON.parse('{"__proto__": {"is_sso": true}, "constructor": 1}');

  expect(JSON.stringify(storedFacts.parse(facts))).toBe('{"__proto__":{"is_sso":true},"constructor":1}');
});
