import { describe, expect, it } from 'vitest';
import { promptContract } from './prompt.contract.js';

const policy = (kind: string, callable: readonly object[] = []) => ({
  id: kind,
  name: kind,
  kind,
  config: {},
  callable,
});

describe('compares_credentials', () => {
  it.each([
    [true, 'that compares passwords', [policy('password'), policy('unique_password')]],
    [true, 'with an expression that may compare passwords', [policy('expression', [policy('unique_password')])]],
    [false, 'with other policies', [policy('password'), policy('expression', [policy('password')])]],
    [false, 'without policies', undefined],
  ])('is %s for a form %s', (expected, _, validation_policies) => {
    expect(promptContract.compares_credentials({ fields: [], validation_policies })).toBe(expected);
  });
});
