import { Problem } from '@gatehouse/contracts';
import { ALICE, DEFAULT_REPLIES, executorHarness, flowOf, rejectedReply } from '@gatehouse/executor/testing';
import { describe, expect, it } from 'vitest';

const LOGIN = flowOf([{ kind: 'ident' }, { kind: 'secret' }, { kind: 'login' }]);

describe('an answer to a challenge', () => {
  it.each([
    ['another component', { component: 'ak-stage-page', password: 'x' }],
    ['the component of the step before', { component: 'ak-stage-ident', uid: 'alice' }],
  ])('for %s is not sent to the current stage, whose challenge is shown without errors', async (_, body) => {
    const { solve, stages } = executorHarness(LOGIN, DEFAULT_REPLIES);
    await solve({ uid: 'alice' });
    const hops = stages.hops.length;

    expect((await solve(body)).result).toMatchObject({ type: 'show', challenge: { secret: true }, errors: undefined });
    expect(stages.hops).toHaveLength(hops);
  });

  it.each([{ component: 'unheard-of' }, { component: 7 }, {}])(
    'with the component %o is sent to the current stage',
    async (body) => {
      const { solve, stages } = executorHarness(LOGIN, DEFAULT_REPLIES);
      await solve(body);

      expect(stages.hops[0]).toBe('ident.respond');
    },
  );

  it('that is no JSON object is rejected, and not sent to the stage', async () => {
    const { solve, stages } = executorHarness(LOGIN, DEFAULT_REPLIES);

    expect((await solve([])).result).toMatchObject({
      type: 'show',
      challenge: { who: true },
      errors: { non_field_errors: [{ code: 'not_an_object' }] },
    });
    expect(stages.hops).toEqual(['ident.challenge']);
  });

  it('that a stage rejects shows the challenge again with its errors', async () => {
    const { solve } = executorHarness(flowOf([{ kind: 'page' }]), {
      ...DEFAULT_REPLIES,
      'page.respond': rejectedReply(),
    });

    expect((await solve({ word: 'x' })).result).toMatchObject({
      type: 'show',
      challenge: { again: true },
      errors: { word: [{ code: 'wrong' }] },
    });
  });

  it('whose body is malformed JSON is refused, and not sent to a stage', async () => {
    const { solve, stages } = executorHarness(LOGIN, DEFAULT_REPLIES);
    const unreadable = new Problem('malformed_json');

    const answer = { body: undefined, csrfFailure: undefined, bodyProblem: unreadable };
    await expect(solve(undefined, { answer })).rejects.toMatchObject({ code: 'malformed_json' });
    expect(stages.hops).toEqual([]);
  });

  it('with a secret field in the URL is refused, and so is a GET with one', async () => {
    const { show, solve, stages } = executorHarness(LOGIN, DEFAULT_REPLIES);
    for (const attempt of [show, (more: object) => solve({ uid: 'alice' }, more)])
      await expect(attempt({ queryNames: ['next', 'password'] })).rejects.toMatchObject({
        code: 'credentials_in_query',
      });

    expect(stages.hops).toEqual([]);
  });

  it('without a CSRF token is refused for a logged-in user, and not sent to a stage', async () => {
    const { show, solve, plans, stages } = executorHarness(LOGIN, DEFAULT_REPLIES);
    await show();
    plans.session = {
      id: 's',
      retired: false,
      remainingS: undefined,
      user: { ...ALICE, is_superuser: false, debug: false },
    };

    await expect(solve({}, { answer: { body: {}, csrfFailure: { text: 'CSRF Failed' } } })).rejects.toMatchObject({
      code: 'csrf_failed',
    });
    expect(stages.hops).toEqual(['ident.challenge']);
  });
});
