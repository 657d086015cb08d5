import { Problem, type StageReply, type StageRequest } from '@gatehouse/contracts';
import type { Plan } from '@gatehouse/plan';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { executorHarness } from '../testing/executor-harness.js';
import { DEFAULT_REPLIES, LOGIN_REPLY, rejectedReply } from '../testing/fake-stage-client.js';
import { flowOf } from '../testing/test-flow.js';
import type { PlanCommit } from './plan-commit.js';

/** One request of a visitor's browser: a GET, or an answer that is right, wrong, late or malformed. */
const act = fc.oneof(
  fc.constant(undefined),
  fc.constant({ uid: 'alice', password: 'right', word: 'right' }),
  fc.record(
    {
      component: fc.constantFrom('ak-stage-ident', 'ak-stage-page', 'ak-stage-secret', 'ak-stage-login', 'nonsense'),
      uid: fc.constantFrom('alice', 'mallory'),
      password: fc.constantFrom('right', 'wrong', ''),
      word: fc.constantFrom('right', 'wrong'),
    },
    { requiredKeys: [] },
  ),
  fc.constantFrom<unknown[]>(null, [], 'text', 7),
);
const visit = fc.array(fc.array(act, { minLength: 1, maxLength: 4 }), { minLength: 1, maxLength: 12 });
const steps = fc.array(
  fc.record({
    kind: fc.constantFrom('ident', 'page', 'secret'),
    onRefusal: fc.constantFrom('retry', 'restart', 'restart_with_context'),
  }),
  { maxLength: 3 },
);
const identify = { kind: 'ident' } as const;
type Step = { kind: string; onRefusal?: 'retry' | 'restart' | 'restart_with_context' };

const passesIf =
  (right: (response: Record<string, unknown>) => boolean, passed: StageReply) => (request: StageRequest) =>
    right(request.response ?? {}) ? passed : rejectedReply(['password']);

/**
 * Returns an executor that checks every save of a plan: the plan may only move past steps that the same request has
 * passed.
 */
function watched(flow: readonly Step[], schedule: <T>(task: Promise<T>) => Promise<T>) {
  const version = flowOf(flow);
  const passes = new Set<string>();
  /** Number of steps that the plan has passed since its start or restart. */
  let behind = 0;
  const judged = (reply: (request: StageRequest) => StageReply) => (request: StageRequest) => {
    const judgement = reply(request);
    if (judgement.type === 'passed') passes.add(`${request.client.ip} ${request.step.id}`);
    return judgement;
  };
  const it = executorHarness(version, {
    ...DEFAULT_REPLIES,
    'ident.respond': judged(passesIf(({ uid }) => uid === 'alice', DEFAULT_REPLIES['ident.respond'])),
    'page.respond': judged(passesIf(({ word }) => word === 'right', { type: 'passed' })),
    'secret.respond': judged(passesIf(({ password }) => password === 'right', DEFAULT_REPLIES['secret.respond'])),
    'login.challenge': judged(() => LOGIN_REPLY),
  });
  const { plans, stages, attempts } = it;

  /** Checks a new plan. If the answer that started the plan also passed steps, only the trail shows which ones. */
  function began({ cursor, trail }: Plan) {
    behind = cursor;
    const passed = trail.filter(({ outcome }) => outcome === 'passed').map(({ step }) => step);
    expect(passed.slice(passed.length - cursor)).toEqual(version.steps.slice(0, cursor).map(({ id }) => id));
  }

  function moved({ plan, effects, eventContext }: PlanCommit) {
    const before = plans.plan!;
    const again = plan.restarts > before.restarts;
    if (again) behind = 0;
    const from = again ? 0 : before.cursor;
    const ended = plan.ended && 'to' in plan.ended;
    const to = ended ? version.steps.length : plan.ended ? from : plan.cursor;
    expect(to).toBeGreaterThanOrEqual(from);
    expect(from).toBe(behind);
    for (const { id } of version.steps.slice(from, to)) expect(passes).toContain(`${eventContext.clientIp} ${id}`);
    behind = to;
    if (effects.some(({ type }) => type === 'login')) expect(ended).toBe(true);
  }

  const { load, create, save } = bound(plans);
  plans.load = (slug) => schedule(load(slug));
  plans.create = async (newPlan) => {
    await schedule(Promise.resolve());
    const sessionId = await create(newPlan);
    if (sessionId !== undefined) began(newPlan.plan);
    return sessionId;
  };
  plans.save = async (commit) => {
    await schedule(Promise.resolve());
    const isCurrent = commit.revision === plans.revision && commit.plan.id === plans.plan?.id;
    if (isCurrent) moved(commit);
    const isSaved = await save(commit);
    expect(isSaved).toBe(isCurrent);
    return isSaved;
  };
  const [send, reserve] = [stages.send.bind(stages), attempts.reserve.bind(attempts)];
  stages.send = (...request) => schedule(send(...request));
  attempts.reserve = (reservations) => schedule(reserve(reservations));
  return it;
}

const bound = (plans: ReturnType<typeof executorHarness>['plans']) => ({
  load: plans.load.bind(plans),
  create: plans.create.bind(plans),
  save: plans.save.bind(plans),
});

/** Returns a different client address for each request, so that the test can assign each save to its request. */
const clientOf = (number: number) => ({
  ip: `10.0.${number >> 8}.${number & 255}`,
  user_agent: '',
  outpost: false,
  cookies: {},
});

async function send({ show, solve }: ReturnType<typeof executorHarness>, body: unknown, number: number) {
  const client = clientOf(number);
  return (body === undefined ? show({ client }) : solve(body, { client })).catch((error: unknown) => {
    if (error instanceof Problem && error.code === 'stage_busy') return undefined;
    throw error;
  });
}

describe('any sequence of requests from a browser', () => {
  it('passes each step of a plan once and in order, and logs in only after all of them', async () => {
    await fc.assert(
      fc.asyncProperty(steps, visit, fc.scheduler(), async (flow, rounds, scheduler) => {
        const it = watched([identify, ...flow, { kind: 'login' }], (task) => scheduler.schedule(task));
        let number = 0;
        for (const round of rounds) {
          const answers = Promise.all(round.map((body) => send(it, body, number++)));
          await scheduler.waitFor(answers);
          for (const answer of await answers) expect(answer?.result.type).not.toBe('problem');
        }
        expect(it.violations).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  it('ends the plan after one right answer to each step', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (flow) => {
        const it = watched([identify, ...flow, { kind: 'login' }], (task) => task);
        const right = { uid: 'alice', password: 'right', word: 'right' };
        let resultType = (await send(it, undefined, 0))?.result.type;
        for (let i = 0; i <= flow.length; i++) {
          expect(resultType).toBe('show');
          resultType = (await send(it, right, i + 1))?.result.type;
        }
        expect(resultType).toBe('done');
        expect(it.plans.savedEffects.filter(({ type }) => type === 'login')).toHaveLength(1);
      }),
    );
  });
});

it('the check of the saves fails for a plan that moves past a step without a right answer', async () => {
  const it = watched([identify, { kind: 'page' }, { kind: 'login' }], (task) => task);
  await send(it, undefined, 0);
  await send(it, { uid: 'alice' }, 1);
  it.stages.send = async () => ({ type: 'passed' });
  await expect(send(it, { word: 'wrong' }, 2)).rejects.toThrow('10.0.0.2 page-1');
});
