import { MAX_RETRIES } from '@gatehouse/client';
import { describe, expect, it } from 'vitest';
import type { FlowPageData } from '../page.js';
import { reduceVisit, visitOf } from './visit.js';

const NAME = { component: 'ak-stage-identification' };
const PASSWORD = { component: 'ak-stage-password' };
const REFUSED = { ...PASSWORD, response_errors: { password: [] } };

const pageData = (overrides: Partial<FlowPageData> = {}): FlowPageData => ({
  challenge: NAME,
  brand: { title: 'Example' },
  locale: 'en',
  slug: 'login',
  address: '/if/flow/login/',
  token: { field: 'csrf_token', value: 'x' },
  run: 'one',
  step: { field: 'gatehouse_step', value: 'first' },
  ...overrides,
});

const UNAVAILABLE = { kind: 'unavailable', retryAfterS: 1, reason: 'service' } as const;

/** The challenge that was fetched after an interruption. */
const NAME_AGAIN = {
  ...({ kind: 'challenge', challenge: { ...NAME }, run: 'one' } as const),
  interrupted: { sender: 'visitor', step: 'first' },
} as const;

describe('a visit to a flow', () => {
  it('starts a new step for a new challenge, and stays at the step when the answer is refused', () => {
    const next = reduceVisit(visitOf(pageData()), { kind: 'challenge', challenge: PASSWORD, run: 'one' });
    const refused = reduceVisit(next, { kind: 'challenge', challenge: REFUSED, run: 'one' });

    expect([next.step, refused.step]).toEqual([1, 1]);
    expect(refused.challenge).toBe(REFUSED);
  });

  it('starts a new step for a challenge of the same component without errors', () => {
    const next = reduceVisit(visitOf(pageData()), { kind: 'challenge', challenge: NAME, run: 'one' });

    expect(next.step).toBe(1);
  });

  it('is marked as expired when a reply has another run id, until the next answer is sent', () => {
    const restarted = reduceVisit(visitOf(pageData()), { kind: 'challenge', challenge: NAME, run: 'two' });

    expect(restarted).toMatchObject({ expired: true, run: 'two' });
    expect(reduceVisit(restarted, { kind: 'sent' }).expired).toBe(false);
  });

  it('is not marked as expired by the reply to an answer that the new run has accepted, because no step begins again', () => {
    const accepted = { kind: 'challenge', challenge: PASSWORD, run: 'two', isApplied: true } as const;

    expect(reduceVisit(visitOf(pageData()), accepted)).toMatchObject({ expired: false, run: 'two' });
  });

  it('is not marked as expired by a reply without a run id', () => {
    const end = { component: 'xak-flow-redirect', to: '/' };

    expect(reduceVisit(visitOf(pageData()), { kind: 'challenge', challenge: end, run: undefined }).expired).toBe(false);
  });

  it('waits for Retry-After, then doubles the delay for each retry, and keeps its step', () => {
    const delays: number[] = [];
    let visit = visitOf(pageData());
    for (let i = 0; i < MAX_RETRIES; i++) {
      visit = reduceVisit(reduceVisit(visit, { kind: 'sent' }), { ...UNAVAILABLE, retryAfterS: 3 });
      delays.push(visit.unavailable?.waitS ?? 0);
    }

    expect(delays).toEqual([3, 3, 4, 8, 16, 30]);
    expect(visit).toMatchObject({ step: 0, challenge: NAME, phase: 'idle' });
  });

  it('resets the count of failures after a challenge arrives', () => {
    const back = reduceVisit(reduceVisit(visitOf(pageData()), UNAVAILABLE), {
      kind: 'challenge',
      challenge: NAME,
      run: 'one',
    });

    expect(back.unavailable).toBeUndefined();
    expect(reduceVisit(back, UNAVAILABLE).unavailable?.tries).toBe(1);
  });

  it('keeps the input of a form that is shown again after an interruption, and is marked as interrupted until the next challenge', () => {
    const shownAgain = { ...NAME_AGAIN, step: 'first' } as const;
    const again = reduceVisit(reduceVisit(visitOf(pageData()), UNAVAILABLE), shownAgain);

    expect(again).toMatchObject({ step: 0, interrupted: true, unavailable: undefined });
    const next = reduceVisit(again, { kind: 'challenge', challenge: PASSWORD, run: 'one' });
    expect(next).toMatchObject({ step: 1, interrupted: false });
  });

  it('starts another step after an interruption when an equal challenge belongs to another step', () => {
    expect(reduceVisit(visitOf(pageData()), { ...NAME_AGAIN, step: 'second' })).toMatchObject({
      step: 1,
      interrupted: true,
    });
  });

  it('restarts the step of an interrupted automatic answer, and continues to count failures until the visitor acts', () => {
    let visit = visitOf(pageData());
    for (let i = 0; i < MAX_RETRIES; i++) {
      const interrupted = { sender: 'page', step: 'first' } as const;
      visit = reduceVisit(visit, { ...UNAVAILABLE, interrupted });
      visit = reduceVisit(visit, { kind: 'challenge', challenge: NAME, run: 'one', interrupted });
    }

    expect(visit).toMatchObject({ step: MAX_RETRIES, interrupted: false, unavailable: undefined });
    const triesOf = (failed: typeof visit) => reduceVisit(failed, UNAVAILABLE).unavailable?.tries;
    expect(triesOf(visit)).toBe(MAX_RETRIES + 1);
    expect(triesOf(reduceVisit(visit, { kind: 'user-acted' }))).toBe(1);
  });

  it('does not retry automatically after a rate limit that lasts longer than its longest delay', () => {
    const limited = (retryAfterS: number) =>
      reduceVisit(visitOf(pageData()), { kind: 'unavailable', reason: 'limited', retryAfterS }).unavailable;

    expect(limited(30)).toEqual({ reason: 'limited', waitS: 30, tries: 1 });
    expect(limited(31)).toEqual({ reason: 'limited', waitS: 31, tries: MAX_RETRIES + 1 });
    const challenge = { component: 'ak-stage-flow-error', reason: 'rate_limited' };
    expect(visitOf(pageData({ challenge, retry_after_s: 600 })).unavailable).toMatchObject({
      reason: 'limited',
      waitS: 600,
    });
  });

  it('starts as unavailable when the page data has no challenge', () => {
    expect(visitOf(pageData({ retry_after_s: 1 })).unavailable).toEqual({ reason: 'service', waitS: 1, tries: 1 });
  });
});
