import type { StageReply, StageRequest, User } from '@gatehouse/contracts';
import {
  ALICE,
  challengeReply,
  DEFAULT_REPLIES,
  executorHarness,
  flowOf,
  policySetOf,
  rejectedReply,
} from '@gatehouse/executor/testing';
import type { PolicySet } from '@gatehouse/plan';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

const attached = {
  password: { id: 'password', name: 'password', kind: 'secret', model: 'm', config: {} },
  puzzle: { id: 'puzzle', name: 'puzzle', kind: 'puzzle', model: 'm', config: {} },
  word: { id: 'word', name: 'word', kind: 'page', model: 'm', config: {} },
};

/** The test stages that embed other stages (hosts), each with a config that names its embedded stages. */
const host = fc.constantFrom(
  { kind: 'ident', config: { inner: 'password' } },
  { kind: 'hall', config: { inner: 'puzzle' } },
  { kind: 'lobby', config: { first: 'password', last: 'word' } },
);
const onRefusal = fc.constantFrom('retry', 'restart', 'restart_with_context');
/** Which plans skip a later step: none (`never`), those with a saved user (`known`), or those with any user (`named`). */
const skippedFor = fc.constantFrom('never', 'known', 'named');
const laterStep = fc.record({ kind: fc.constantFrom('secret', 'page'), onRefusal, skippedFor });

/** An answer with a right or wrong value for each embedded stage. The test drops answers without a wrong value. */
const wrongAnswer = fc
  .record({ password: fc.boolean(), token: fc.boolean(), pin: fc.boolean(), word: fc.boolean() })
  .map((right) =>
    Object.fromEntries(Object.entries(right).map(([field, isRight]) => [field, isRight ? 'right' : 'wrong'])),
  );

const standIn = (username: string): User => ({ kind: 'pretended', username, email: '' });

/**
 * Replies like the identification stage: sets the pending user to the saved user of the typed name, or a pretended one.
 */
const identify = ({ response }: StageRequest): StageReply => ({
  type: 'passed',
  context: { pending_user: response?.['uid'] === 'alice' ? ALICE : standIn('ghost') },
  effects: [{ type: 'reputation', identifier: String(response?.['uid']), delta: -1 }],
});
const judge =
  (field: string) =>
  ({ response, context }: StageRequest): StageReply => {
    const isRight = response?.[field] === 'right' && (context.pending_user as User | undefined)?.kind === 'saved';
    return isRight
      ? { type: 'passed', verified: [field] }
      : { ...rejectedReply([field]), context: { user_backend: 'b' } };
  };

interface Flow {
  readonly composite: { readonly kind: string; readonly config: Readonly<Record<string, string>> };
  readonly onRefusal: 'retry' | 'restart' | 'restart_with_context';
  readonly later: readonly {
    readonly kind: string;
    readonly onRefusal: Flow['onRefusal'];
    readonly skippedFor: string;
  }[];
}

function deployed({ composite, onRefusal, later }: Flow) {
  const skip = (name: string): PolicySet | undefined => (name === 'never' ? undefined : policySetOf({ policy: name }));
  const steps = later.map((step) => ({ ...step, policies: skip(step.skippedFor) }));
  const version = flowOf(
    [
      { ...composite, onRefusal },
      ...steps.map(({ policies, ...step }) => (policies ? { ...step, policies } : step)),
      { kind: 'login' },
    ],
    attached,
  );
  const engine = executorHarness(version, {
    ...DEFAULT_REPLIES,
    'hall.challenge': challengeReply({ hall: true }),
    'lobby.challenge': challengeReply({ lobby: true }),
    'puzzle.challenge': challengeReply({ puzzle: true }),
    'ident.respond': identify,
    'hall.respond': identify,
    'lobby.respond': identify,
    'secret.respond': judge('password'),
    'puzzle.respond': judge('token'),
    'page.respond': judge('word'),
  });
  const userOf = () => engine.policies.requests.at(-1)?.flow_plan?.context['pending_user'] as User | undefined;
  engine.policies.replies['known'] = () => userOf()?.kind !== 'saved';
  engine.policies.replies['named'] = () => userOf() === undefined;
  return engine;
}

/** The fields of an answer that the embedded stages judge, by the kind of their host. */
const JUDGED: Readonly<Record<string, readonly string[]>> = {
  ident: ['password'],
  hall: ['token'],
  lobby: ['pin', 'word'],
};

const isWrong = (kind: string, answer: Readonly<Record<string, string>>) =>
  JUDGED[kind]!.some((field) => answer[field] === 'wrong');

async function refusedAnswers(flow: Flow, uid: string, answers: readonly Readonly<Record<string, string>>[]) {
  const engine = deployed(flow);
  const seen: unknown[] = [(await engine.show()).result];
  for (const answer of answers) {
    const { result, context } = await engine.solve({ component: `ak-stage-${flow.composite.kind}`, uid, ...answer });
    seen.push({ result, context }, { context: engine.plans.plan?.context, states: engine.plans.plan?.states });
    expect(engine.plans.plan?.cursor ?? 0).toBe(0);
  }
  expect(engine.plans.savedEffects.map(({ type }) => type)).not.toContain('login');
  expect(engine.violations).toEqual([]);
  return seen;
}

describe('a composite step that refuses an answer', () => {
  it('drops the facts of its host, and responds alike for a known and an unknown user', async () => {
    const flow = fc.record({ composite: host, onRefusal, later: fc.array(laterStep, { maxLength: 2 }) });
    await fc.assert(
      fc.asyncProperty(flow, fc.array(wrongAnswer, { minLength: 1, maxLength: 6 }), async (given, answers) => {
        const wrong = answers.filter((answer) => isWrong(given.composite.kind, answer));
        const [known, unknown] = [
          await refusedAnswers(given, 'alice', wrong),
          await refusedAnswers(given, 'ghost', wrong),
        ];
        expect(known).toEqual(unknown);
        for (const result of known) expect(result).not.toHaveProperty('context.pending_user');
      }),
      { numRuns: 300 },
    );
  });

  it('does not log in a user whose later step is skipped for known users', async () => {
    const engine = deployed({
      composite: { kind: 'ident', config: { inner: 'password' } },
      onRefusal: 'restart_with_context',
      later: [{ kind: 'secret', onRefusal: 'retry', skippedFor: 'known' }],
    });
    await engine.show();

    expect((await engine.solve({ uid: 'alice', password: 'wrong' })).result).toMatchObject({ type: 'show' });
    expect(engine.plans.plan?.context).toEqual({});
    expect(engine.plans.savedEffects).not.toContainEqual(expect.objectContaining({ type: 'login' }));
  });
});
