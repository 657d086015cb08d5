import { describe, expect, it } from 'vitest';
import { flowVersionOf } from '../testing/flow-version.js';
import { createPlan, restartPlan } from './create-plan.js';
import { markCrossSite, unmarkCrossSite } from './cross-site.js';
import { endPlan } from './plan.js';

const version = flowVersionOf([{ id: 'a', kind: 'a' }]);
const plan = createPlan(version, 'p');
const marked = markCrossSite(plan, 'the token');

describe('the mark of a run that another site began', () => {
  it('stays when the run starts over', () => {
    expect(restartPlan(marked, version, { keepContext: false }).cross_site).toEqual({ token: 'the token' });
  });

  it('goes with an answer, and with the run', () => {
    expect(unmarkCrossSite(marked)).toEqual(plan);
    expect(endPlan(marked, { to: '/' }).cross_site).toBeUndefined();
  });

  it('changes nothing of a run that has none', () => {
    expect(unmarkCrossSite(plan)).toBe(plan);
  });
});
