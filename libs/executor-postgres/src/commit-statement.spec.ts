import { expect, it } from 'vitest';
import { commitStatement } from './commit-statement.js';

const plan = {
  ...{ session: 's', flow: 'f', plan: 'p', revision: 3, pending_user: null, body: Buffer.of(1) },
  ...{ is_over: false, has_answer: false, lifetime: '1 hour' },
};

it('a commit statement returns its values in the order of its parameters', () => {
  const [{ text }, values] = commitStatement(plan, { keep: { kept_user: 'u', kept_epoch: 2 } });
  const places = new Set(text.match(/\$\d+/g));

  expect(places.size).toBe(values.length);
  expect(values).toContain('u');
  expect(text).not.toMatch(/[^:]:[a-z]/);
});

it('commit statements with different parts have different names and texts', () => {
  const [plain] = commitStatement(plan, {});
  const [out] = commitStatement(plan, { logout: { anonymous_ttl: '1 hour' } });

  expect(commitStatement({ ...plan, revision: 4 }, {})[0]).toBe(plain);
  expect(out.name).not.toBe(plain.name);
  expect(plain.text).not.toContain('sessions');
});

it('a commit statement throws if a parameter has no value', () => {
  expect(() => commitStatement(plan, { logout: {} })).toThrow(':anonymous_ttl');
});
