import { readdirSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { builtInContracts } from '../built-in-models.js';
import { applyInMemory, checkBlueprints } from './check-blueprints.js';
import { lintedFlows } from './linted-flow.js';
import { walkedFlows } from './walk-rules.js';

const SHIPPED = readdirSync('blueprints')
  .map((name) => `blueprints/${name}`)
  .sort();
const syntax = { check: async () => undefined };
const optionsOf = (names: readonly string[]) => {
  const files = names.map((name) => ({ name, text: readFileSync(name, 'utf8') }));
  return { files, library: async () => undefined, env: {}, syntax };
};

/**
 * Numbers of paths of the shipped flows, with working policies and while all policies are undecided. A change of the
 * simulation changes these numbers.
 */
const PATHS: Readonly<Record<string, readonly [number, number]>> = {
  'default-authentication-flow': [14, 14],
  'default-invalidation-flow': [4, 4],
  'default-password-change': [7, 7],
  'default-provider-invalidation-flow': [2, 2],
  'default-step-up-flow': [3, 3],
  'default-user-settings-flow': [5, 5],
};

/** Findings of simulations by flow. The step-up flow gets its user from the query, which a simulation lacks. */
const FINDINGS: Readonly<Record<string, readonly string[]>> = {
  'default-step-up-flow': ['dead end: default-step-up-login'],
};

describe('the shipped blueprints', () => {
  let walks: Record<string, unknown>;
  beforeAll(async () => {
    const { draft } = await applyInMemory(optionsOf(SHIPPED));
    const flows = lintedFlows(draft, builtInContracts);
    const found = await walkedFlows(flows, draft, { maxPaths: 1000 });
    walks = Object.fromEntries(
      flows.map(({ flow }) => {
        const walk = found.get(flow.id);
        const findings = walk && [
          ...walk.loginsWithoutFactor.map(({ step }) => `login without factor: ${step.name}`),
          ...walk.loginsWithoutSecondFactor.map(({ step }) => `login without second factor: ${step.name}`),
          ...walk.neverReached.map(({ name }) => `never reached: ${name}`),
          ...walk.deadEnds.map(({ name }) => `dead end: ${name}`),
          ...walk.policiesAway.vanishing.map(({ name }) => `vanishing: ${name}`),
          ...walk.changingPolicies.map(({ name }) => `incomplete: ${name}`),
        ];
        const counts = [walk?.paths.length, walk?.policiesAway.report.paths.length];
        return [String(flow.values['slug']), { counts, isComplete: walk?.isComplete, findings }];
      }),
    );
  });

  it('have no findings when they are checked together', async () => {
    expect(await checkBlueprints(optionsOf(SHIPPED))).toEqual([]);
  });

  it('have flows with the listed numbers of paths and the listed findings', () => {
    expect(walks).toEqual(
      Object.fromEntries(
        Object.entries(PATHS).map(([slug, counts]) => [
          slug,
          { counts, isComplete: true, findings: FINDINGS[slug] ?? [] },
        ]),
      ),
    );
  });
});

describe('the login by mail of docs/how-to/log-in-by-mail.md', () => {
  const text = /```yaml.*?\n(.*?)```/s.exec(readFileSync('docs/how-to/log-in-by-mail.md', 'utf8'))?.[1] ?? '';
  const rulesOf = async (blueprint: string) =>
    (await checkBlueprints({ ...optionsOf([]), files: [{ name: 'mail-login.yaml', text: blueprint }] })).map(
      ({ rule, severity }) => [rule, severity],
    );

  it('has no error, because a mailed link or code proves access to the mailbox', async () => {
    expect(await rulesOf(text)).toEqual([['mfa-skippable', 'warning']]);
  });

  it('has an error without its email stage', async () => {
    const unbound = text.replace(
      /^.*stage: !KeyOf mail.*\n/m,
      '    identifiers: { target: !KeyOf flow, stage: !KeyOf who, order: 20 }\n',
    );
    expect(await rulesOf(unbound)).toContainEqual(['login-without-credential', 'error']);
  });
});
