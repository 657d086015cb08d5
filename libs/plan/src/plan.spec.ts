import { describe, expect, it } from 'vitest';
import { flowVersionOf } from '../testing/flow-version.js';
import { alice } from '../testing/users.js';
import { createPlan } from './create-plan.js';
import { destination, endPlan, type Plan } from './plan.js';
import { storeState } from './plan-state.js';

const PLAN = '0b5c1d5e-8f7a-4c3e-9d2b-6a1f0e9c8b7a';
const version = flowVersionOf([{ id: 'a' }, { id: 'b' }, { id: 'c' }]);
const plan = createPlan(version, PLAN);

describe('an ended plan', () => {
  it('keeps only its ending and its trail', () => {
    const full: Plan = {
      ...storeState(plan, 'a', { n: 1 }),
      context: { pending_user: alice },
      next: '/x',
      restarts: 2,
    };
    expect(endPlan(full, { to: '/' })).toEqual({
      ...{
        id: PLAN,
        v: 1,
        steps: [],
        cursor: 0,
        context: {},
        states: {},
        verdicts: {},
        query: {},
        visitor: null,
        answers: 0,
        restarts: 0,
        silent_restarts: 0,
        trail: [],
      },
      ended: { to: '/' },
    });
  });
});

describe('the destination of a finished plan', () => {
  it('is / if the plan has no next', () => {
    expect(destination(plan)).toEqual({ to: '/' });
  });
  it('is next if next is a local path', () => {
    expect(destination({ ...plan, next: '/if/user/' })).toEqual({ to: '/if/user/' });
  });
  it('is encoded for an HTTP header', () => {
    expect(destination({ ...plan, next: '/路 径?a=%2F' })).toEqual({ to: '/%E8%B7%AF%20%E5%BE%84?a=%2F' });
    expect(destination({ ...plan, context: { redirect: '/ü' } })).toEqual({ to: '/%C3%BC' });
    expect(destination({ ...plan, next: '/?a[]=%5B%5D%25%255B' })).toEqual({ to: '/?a[]=%5B%5D%25%255B' });
  });
  it('is `invalid` if next is not a local path', () => {
    expect(destination({ ...plan, next: '//evil.example' })).toEqual({ invalid: '//evil.example' });
    expect(destination({ ...plan, next: '' })).toEqual({ invalid: '' });
  });
  it('is the fact redirect instead of next, if that fact is set, and may then be an absolute URL', () => {
    const redirected = { ...plan, next: '/if/user/', context: { redirect: 'https://app.example.org/' } };
    expect(destination(redirected)).toEqual({ to: 'https://app.example.org/' });
  });
});
