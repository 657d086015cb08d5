import { simulatedContracts as contracts } from '@gatehouse/blueprints';
import { flowVersionOf } from '@gatehouse/plan/testing';
import { expect, it } from 'vitest';
import { ReplayCounter } from './replay-report.js';

it('a replay distinguishes a run that passed a step before it skipped the step from a run that only skipped it', async () => {
  const version = flowVersionOf([{ kind: 'captcha', id: 'captcha' }]);
  const draft = flowVersionOf([]);
  const counter = new ReplayCounter({ version: draft, contracts }, { findVersion: async () => version });
  const step = { step: 'captcha', kind: 'captcha', stage: version.steps[0]!.stage.id };
  const run = { versionId: 'v', outcome: 'done', loggedIn: false, verdicts: {}, plans: 1 };
  const skipped = { ...step, outcome: 'skipped' };
  await counter.add({ ...run, steps: [skipped] });
  await counter.add({ ...run, steps: [{ ...step, outcome: 'passed' }, skipped] });
  expect(counter.report().plans).toEqual({ same: 1, changed: 1, otherwise: 0, unknown: 0 });
});
