import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { LoadError } from './load-error.js';
import { fillIn, parseScenario, placeholdersOf, readScenario } from './scenario.js';

const SHIPPED = readdirSync('load/scenarios').map((file) => file.replace('.yaml', ''));

const withSteps = (...steps: string[]) => parseScenario(['flow: login', 'steps:', ...steps].join('\n'), 'mine.yaml');

describe('a scenario file', () => {
  it.each(SHIPPED)('is valid: the shipped scenario %s', async (name) => {
    const { steps, description } = await readScenario(name);
    expect(steps.length).toBeGreaterThan(0);
    expect(description).not.toBe('');
  });

  it('has steps with answers and with think times, which are fixed or random within bounds', () => {
    const { steps, end } = withSteps(
      '  - { component: a, answer: { uid_field: $user }, think: 1.5s }',
      '  - { component: b, answer: { code: $totp }, think: { min: 200ms, max: 1m }, optional: true }',
    );
    expect(end).toBe('xak-flow-redirect');
    expect(steps).toEqual([
      { component: 'a', answer: { uid_field: '$user' }, think: { min: 1500, max: 1500 }, optional: false },
      { component: 'b', answer: { code: '$totp' }, think: { min: 200, max: 60_000 }, optional: true },
    ]);
  });

  it('is refused with the place and the reason of every mistake', () => {
    const text = `
flow: a flow
steps:
  - { component: a, answer: { code: $otp } }
  - { component: b, answer: {}, think: soon }
  - { component: c, answer: {}, think: { min: 2s, max: 1s } }
  - { component: d, answers: {} }
`;
    expect(() => parseScenario(text, 'mine.yaml')).toThrow(LoadError);
    expect(() => parseScenario(text, 'mine.yaml')).toThrow(
      [
        'mine.yaml is not a scenario:',
        '  flow: is not the slug of a flow',
        '  steps.0.answer: $otp is not a placeholder. Placeholders: $user, $password, $totp, $static, $new',
        '  steps.1.think.min: is not a duration such as 500ms, 30s, 5m or 1h',
        '  steps.1.think.max: is not a duration such as 500ms, 30s, 5m or 1h',
        '  steps.2.think: min must not be greater than max',
        '  steps.3.answer: Invalid input: expected record, received undefined',
        '  steps.3: Unrecognized key: "answers"',
      ].join('\n'),
    );
  });

  it('is refused if two steps answer the same component, or the file is not YAML', async () => {
    const twice = ['  - { component: a, answer: {} }', '  - { component: a, answer: {} }'];
    expect(() => withSteps(...twice)).toThrow(/two steps have the same component/);
    expect(() => parseScenario('flow: [', 'mine.yaml')).toThrow(/^mine.yaml is not YAML: /);
    await expect(readScenario('no-such-scenario')).rejects.toThrow(
      /^The scenario load\/scenarios\/no-such-scenario.yaml cannot be read: ENOENT/,
    );
  });
});

describe('the placeholders of answers', () => {
  it('are found in a step, and replaced by values that are escaped for JSON', () => {
    const { steps } = withSteps('  - { component: a, answer: { name: "$user at $user", code: $totp } }');
    expect([...placeholdersOf({ steps })]).toEqual(['user', 'totp']);
    const filled = fillIn(JSON.stringify(steps[0]?.answer), (name) => (name === 'user' ? 'a"b' : '123'));
    expect(JSON.parse(filled)).toEqual({ name: 'a"b at a"b', code: '123' });
  });
});
