import { expect, it } from 'vitest';
import { type CheckOptions, checkBlueprints } from './check-blueprints.js';

const NEWER = { apiVersion: '2026.8' } as const;

it.each<[threshold: number, options: Partial<CheckOptions>, rules: string[]]>([
  [-6, NEWER, ['reputation-out-of-reach']],
  [-5, NEWER, []],
  [-6, {}, []],
  [-6, { ...NEWER, env: { REPUTATION_LOWER_LIMIT: '-20' } }, []],
  [-6, { env: { REPUTATION_LOWER_LIMIT: '-1' } }, ['reputation-out-of-reach']],
])('a reputation policy with the threshold %i, checked with %j, gives %j', async (threshold, options, rules) => {
  const policy = `{model: authentik_policies_reputation.reputationpolicy, identifiers: {name: bad}, attrs: {threshold: ${threshold}}}`;
  const files = [{ name: '1.yaml', text: `entries: [${policy}]` }];
  const syntax = { check: async () => undefined };
  const found = await checkBlueprints({ files, library: async () => undefined, env: {}, syntax, ...options });
  expect(found.map(({ rule }) => rule)).toEqual(rules);
});
