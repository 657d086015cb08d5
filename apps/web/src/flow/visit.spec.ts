import { describe, expect, it } from 'vitest';
import type { FlowPageData } from '../page.js';
import { MAX_AUTOMATIC_RETRIES, reduceVisit, visitOf } from './visit.js';

const NAME = { component: 'ak-stage-identification' };
const PASSWORD = { component: 'ak-stage-password' };
const REFUSED = { ...PASSWORD, response_errors: { password: [] } };

const opened = (own: Partial<FlowPageData> = {}): FlowPageData => ({
  challenge: NAME,
  brand: { title: 'Example' },
  locale: 'en',
  slug: 'login',
  address: '/if/flow/login/',
  token: { field: 'csrf_token', value: 'x' },
  run: 'one',
  ...own,
});

const AWAY = { kind: 'away', retryAfterS: 1, why: 'service' } as const;

describe('a visit to a flow', () => {
  it('begins another step with another challenge, and stays at it when its answer is refused', () => {
    const next = reduceVisit(visitOf(opened()), { kind: 'challenge', challenge: PASSWORD, run: 'one' });
    const refused = reduceVisit(next, { kind: 'challenge', challenge: REFUSED, run: 'one' });

    expect([next.step, refused.step]).toEqual([1, 1]);
    expect(refused.challenge).toBe(REFUSED);
  });

  it('begins another step when the same kind of challenge comes without a refusal', () => {
    const next = reduceVisit(visitOf(opened()), { kind: 'challenge', challenge: NAME, run: 'one' });

    expect(next.step).toBe(1);
  });

  it('says that it has begun again when another run answers, until the next answer is sent', () => {
    const begun = reduceVisit(visitOf(opened()), { kind: 'challenge', challenge: NAME, run: 'two' });

    expect(begun).toMatchObject({ expired: true, run: 'two' });
    expect(reduceVisit(begun, { kind: 'sent' }).expired).toBe(false);
  });

  it('does not take an answer that names no run for another one', () => {
    const end = { component: 'xak-flow-redirect', to: '/' };

    expect(reduceVisit(visitOf(opened()), { kind: 'challenge', challenge: end, run: undefined }).expired).toBe(false);
  });

  it('waits as long as it is told, then twice as long each time, and keeps its step', () => {
    const waits: number[] = [];
    let visit = visitOf(opened());
    for (let i = 0; i < MAX_AUTOMATIC_RETRIES; i++) {
      visit = reduceVisit(reduceVisit(visit, { kind: 'sent' }), { ...AWAY, retryAfterS: 3 });
      waits.push(visit.away?.waitS ?? 0);
    }

    expect(waits).toEqual([3, 3, 4, 8, 16, 30]);
    expect(visit).toMatchObject({ step: 0, challenge: NAME, phase: 'asking' });
  });

  it('counts anew once something has come back', () => {
    const back = reduceVisit(reduceVisit(visitOf(opened()), AWAY), { kind: 'challenge', challenge: NAME, run: 'one' });

    expect(back.away).toBeUndefined();
    expect(reduceVisit(back, AWAY).away?.tries).toBe(1);
  });

  it('opens as away when the challenge could not be had', () => {
    expect(visitOf(opened({ retry_after_s: 1 })).away).toEqual({ why: 'service', waitS: 1, tries: 1 });
  });
});
