import { describe, expect, it } from 'vitest';
import { flowVersionOf } from '../testing/flow-version.js';
import { createPlan } from './create-plan.js';
import { destination } from './destination.js';

describe('where a plan leads that is done', () => {
  const plan = createPlan(flowVersionOf([{ id: 'a' }]), 'id');

  it('is the root when nobody asked for anything', () => {
    expect(destination(plan)).toEqual({ to: '/' });
  });
  it('is what was asked for when it is local', () => {
    expect(destination({ ...plan, next: '/if/user/' })).toEqual({ to: '/if/user/' });
  });
  it('is an address that a header can hold, whoever asked for it', () => {
    expect(destination({ ...plan, next: '/路 径?a=%2F' })).toEqual({ to: '/%E8%B7%AF%20%E5%BE%84?a=%2F' });
    expect(destination({ ...plan, context: { redirect: '/ü' } })).toEqual({ to: '/%C3%BC' });
    expect(destination({ ...plan, next: '/?a[]=%5B%5D%25%255B' })).toEqual({ to: '/?a[]=%5B%5D%25%255B' });
  });
  it('is refused, not mended, when it is not', () => {
    expect(destination({ ...plan, next: '//evil.example' })).toEqual({ invalid: '//evil.example' });
    expect(destination({ ...plan, next: '' })).toEqual({ invalid: '' });
  });
  it('is the redirect of the context before all, even an absolute one', () => {
    const redirected = { ...plan, next: '/if/user/', context: { redirect: 'https://app.example.org/' } };
    expect(destination(redirected)).toEqual({ to: 'https://app.example.org/' });
  });
});
