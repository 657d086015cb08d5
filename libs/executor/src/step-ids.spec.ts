import { DEFAULT_REPLIES, executorHarness, flowOf, rejectedReply } from '@gatehouse/executor/testing';
import { expect, it } from 'vitest';

const PAGES = flowOf([{ kind: 'page' }, { kind: 'page' }, { kind: 'page' }]);
const PASSED = { ...DEFAULT_REPLIES, 'page.respond': { type: 'passed' } } as const;
const LOGIN = flowOf([{ kind: 'ident' }, { kind: 'secret' }, { kind: 'login' }]);
const WRONG = { ...DEFAULT_REPLIES, 'secret.respond': rejectedReply(['password']) };

/** Returns an answer that names a step. */
const answering = (body: object, step: string | undefined) => ({ answer: { body, csrfFailure: undefined, step } });

it('a step keeps its id when its challenge is fetched again, and the next step has another id', async () => {
  const { show, solve } = executorHarness(PAGES, PASSED);
  const first = await show();
  const again = await show();
  const second = await solve({}, answering({}, first.stepId));

  expect(again.stepId).toBe(first.stepId);
  expect(second.result).toMatchObject({ type: 'show' });
  expect(second.stepId).not.toBe(first.stepId);
  expect((await show()).stepId).toBe(second.stepId);
});

it('an answer that names the step before is not sent to the current step, and gets the current challenge', async () => {
  const { show, solve, stages, plans } = executorHarness(PAGES, PASSED);
  const first = await show();
  const second = await solve({}, answering({}, first.stepId));
  const [hops, revision] = [stages.hops.length, plans.revision];
  const repeated = await solve({}, answering({}, first.stepId));

  expect(repeated).toMatchObject({ result: { type: 'show', unapplied: true }, stepId: second.stepId });
  expect([stages.hops.length, plans.revision]).toEqual([hops, revision]);
  expect((await solve({}, answering({}, second.stepId))).stepId).not.toBe(second.stepId);
});

it('a wrong answer that is sent twice counts one attempt, and the next answer needs the id of the rejection', async () => {
  const { solve, attempts } = executorHarness(LOGIN, WRONG);
  const { stepId } = await solve({ uid: 'alice' });
  const guesses = () => attempts.reserved.filter(({ credential, counter }) => credential === 'password' && !counter);
  const rejected = await solve({}, answering({ password: 'a' }, stepId));
  const repeated = await solve({}, answering({ password: 'a' }, stepId));

  expect(guesses()).toHaveLength(1);
  expect(repeated.result).toMatchObject({ type: 'show', errors: undefined, unapplied: true });
  expect([repeated.stepId === rejected.stepId, rejected.stepId === stepId]).toEqual([true, false]);
  await solve({}, answering({ password: 'b' }, rejected.stepId));
  expect(guesses()).toHaveLength(2);
});

it('an answer without a step id is sent to the current step', async () => {
  const { solve, stages } = executorHarness(PAGES, PASSED);
  await solve({});
  await solve({});

  expect(stages.hops.filter((hop) => hop === 'page.respond')).toHaveLength(2);
});

it('an answer that has ended its plan gets the same result when it is sent again, and starts no new plan', async () => {
  const { show, solve, plans } = executorHarness(flowOf([{ kind: 'page' }]), PASSED);
  const { stepId } = await show();
  expect((await solve({}, answering({}, stepId))).result).toEqual({ type: 'done', to: '/' });
  const { revision } = plans;

  expect((await solve({}, answering({}, stepId))).result).toEqual({ type: 'done', to: '/' });
  expect(plans.revision).toBe(revision);
  expect((await show()).result).toMatchObject({ type: 'show' });
});

it('an answer to the first step of an expired plan is applied in the new plan; an answer to a later step is not', async () => {
  const expired = executorHarness(PAGES, PASSED);
  const first = await expired.show();
  const second = await expired.solve({}, answering({}, first.stepId));
  const { solve: solveFirst } = executorHarness(PAGES, PASSED);
  const { solve: solveSecond, stages } = executorHarness(PAGES, PASSED);

  expect((await solveFirst({}, answering({}, first.stepId))).result).not.toHaveProperty('unapplied');
  expect((await solveSecond({}, answering({}, second.stepId))).result).toMatchObject({ unapplied: true });
  expect(stages.hops).not.toContain('page.respond');
});

it.each(['', 'x', `${'x'.repeat(5000)}.`])('an answer with a made-up step id is not applied', async (step) => {
  const { show, solve, stages } = executorHarness(PAGES, PASSED);
  await show();

  expect((await solve({}, answering({}, step))).result).toMatchObject({ type: 'show', unapplied: true });
  expect(stages.hops).toEqual(['page.challenge']);
});
