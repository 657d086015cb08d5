import { expect, it } from 'vitest';
import { LeftOutError, runScenarios, type Scenario } from './run-scenarios.js';

const passing: Scenario = { name: 'solves', run: async () => 'a table' };
const leftOut: Scenario = {
  name: 'pages',
  run: () => Promise.reject(new LeftOutError('Chromium was not found. Set CHROMIUM to its path.')),
};
const broken: Scenario = { name: 'policies', run: () => Promise.reject(new Error('unexpected response 503')) };
const aboveBound: Scenario = { name: 'gate', run: async () => ({ text: 'two ratios', passed: false }) };

async function resultOf(...scenarios: Scenario[]) {
  let output = '';
  const passed = await runScenarios(scenarios, (text) => {
    output += text;
  });
  return { passed, output };
}

it('a scenario that cannot run on this machine is reported as left out, and the others run and pass', async () => {
  const { passed, output } = await resultOf(leftOut, passing);

  expect(passed).toBe(true);
  expect(output).toContain('### pages\n\nLeft out: Chromium was not found. Set CHROMIUM to its path.');
  expect(output).toContain('### solves\n\na table');
  expect(output).toMatch(/\nLeft out: pages\.\n$/);
});

it('a scenario that fails is reported, the others still run, and the run does not pass', async () => {
  const { passed, output } = await resultOf(broken, passing);

  expect(passed).toBe(false);
  expect(output).toContain('### policies\n\nFailed: Error: unexpected response 503');
  expect(output).toContain('### solves\n\na table');
  expect(output).toMatch(/\nFailed: policies\.\n$/);
});

it('a scenario above its bounds prints its result, and the run does not pass', async () => {
  const { passed, output } = await resultOf(aboveBound, passing);

  expect(passed).toBe(false);
  expect(output).toContain('### gate\n\ntwo ratios');
  expect(output).toMatch(/\nFailed: gate\.\n$/);
});

it('a run whose scenarios all pass prints only their results', async () => {
  expect(await resultOf(passing)).toEqual({ passed: true, output: '\n### solves\n\na table\n' });
});
