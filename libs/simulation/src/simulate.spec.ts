import { policySetOf } from '@gatehouse/executor/testing';
import type { FlowVersion, PolicySet } from '@gatehouse/plan';
import { flowVersionOf } from '@gatehouse/plan/testing';
import { testContracts as contracts } from '@gatehouse/simulation/testing';
import { describe, expect, it } from 'vitest';
import type { ListedPath } from './path-list.js';
import { allAnswers, type Fact, type Oracle } from './question.js';
import { loginsWhileUndecided, type Simulation, simulate, simulateInSlices } from './simulate.js';

type Binding = Parameters<typeof flowVersionOf>[0][number];
type Options = Partial<Parameters<typeof simulate>[0]>;

/** Returns a flow with these steps. The id of a step is its kind, with a number if the kind occurs twice. */
const flowOf = (steps: readonly (string | Partial<Binding>)[], guard?: PolicySet): FlowVersion => {
  const kinds = steps.map((step) => (typeof step === 'string' ? step : step.kind));
  const id = (i: number) => (kinds.indexOf(kinds[i]) === i ? kinds[i] : `${kinds[i]}-${i}`) as string;
  return flowVersionOf(
    steps.map((step, i) => ({ ...(typeof step === 'string' ? { kind: step } : step), id: id(i) })),
    {},
    guard,
  );
};

const requiring = (version: FlowVersion, authentication: FlowVersion['flow']['authentication']): FlowVersion => ({
  ...version,
  flow: { ...version.flow, authentication },
});

const run = (version: FlowVersion, more: Options = {}): Simulation =>
  simulate({ version, contracts, limit: anonymous, ...more });

/** An oracle that leaves out paths of logged-in users, and denials by stages that have other outcomes. */
const anonymous = (oracle: Oracle): Oracle => ({
  choose: (question, history) => {
    const answers = question.type === 'visitor' ? ['anonymous'] : oracle.choose(question, history);
    return answers.length === 1 ? answers : answers.filter((name) => name !== 'denied');
  },
});

const factOf = ({ question, answer }: Fact): string[] => {
  if (question.type === 'visitor' || question.type === 'stage') return [];
  const subject = question.type === 'policy' ? question.policy.id : 'id' in question ? question.id : question.type;
  return [`${subject}=${answer}`];
};

const endOf = ({ end }: ListedPath): string => {
  if (end.type === 'done') return end.login ? `login with ${end.login.proofs.join('+') || 'nothing'}` : 'done';
  return 'path' in end ? `joins ${end.path}` : 'by' in end ? `refused by ${end.by}` : end.type;
};

/** Returns one line for each path: its facts, the outcomes of its steps, and its end. */
const linesOf = ({ paths }: Pick<Simulation, 'paths'>): string[] =>
  paths.map((path) => {
    const parts = path.edges.flatMap(({ alternatives, visits }) => [
      alternatives.map((facts) => facts.flatMap(factOf).join('&')).join('|'),
      ...visits.map(({ step, outcome }) => `${step.id}:${outcome}`),
    ]);
    return [...parts.filter((part) => part !== ''), endOf(path)].join(' ');
  });

const names = (steps: readonly { readonly id: string }[]) => steps.map(({ id }) => id);

describe('the paths of a flow', () => {
  it('contain one path for each outcome of each step', () => {
    expect(linesOf(run(flowOf(['ident', 'password', 'login'])))).toEqual([
      'ident:passed password:passed login:passed login with first',
      'ident:passed password:rejected waits',
      'ident:rejected waits',
    ]);
  });

  it('include every denial, and the paths of logged-in users', () => {
    const { paths } = simulate({ version: flowOf(['page']), contracts });
    expect(paths.map(endOf)).toEqual(['done', 'waits', 'denied', 'done', 'waits', 'denied']);
  });

  it('branch on the results of policies until the verdict is certain', () => {
    const any = flowOf([{ kind: 'silent', policies: policySetOf({ policy: 'p' }, { policy: 'q', negate: true }) }]);
    expect(linesOf(run(any))).toEqual([
      'p=pass|p=fail&q=fail silent:passed done',
      'p=fail&q=pass silent:skipped joins 1',
    ]);
  });

  it('assume one result of a policy in a policy set, and another one at the next step', () => {
    const policies = policySetOf({ policy: 'p' }, { policy: 'p', negate: true });
    const both = { kind: 'silent', policies: { ...policies, mode: 'all' as const } };
    expect(linesOf(run(flowOf([both])))).toEqual(['p=pass|p=fail silent:skipped done']);
    const twice = { kind: 'silent', policies: policySetOf({ policy: 'p' }) };
    expect(run(flowOf([twice, twice])).paths).toHaveLength(3);
  });

  it('assume the same groups of a user at every step', () => {
    const staff = { kind: 'silent', policies: policySetOf({ group: 'staff' }) };
    const other = { kind: 'silent', policies: policySetOf({ group: 'staff', negate: true }) };
    expect(linesOf(run(flowOf(['key', staff, other])))).toEqual([
      'key:passed staff=yes silent:passed silent-2:skipped done',
      'key:passed staff=no silent:skipped silent-2:passed joins 1',
      'key:rejected waits',
    ]);
  });

  it('assume that the visitor matches at most one user binding', () => {
    const policies = policySetOf({ user: 'ann' }, { user: 'bob' });
    const both = { kind: 'silent', policies: { ...policies, mode: 'all' as const } };
    expect(linesOf(run(flowOf(['key', both])))[0]).toBe('key:passed ann=yes|ann=no silent:skipped done');
  });

  it('match no group binding before the visitor is identified, and since 2026.8 no negated one either', () => {
    const bound = (negate: boolean) => flowOf([{ kind: 'silent', policies: policySetOf({ group: 'staff', negate }) }]);
    expect(linesOf(run(bound(false)))).toEqual(['silent:skipped done']);
    expect(linesOf(run(bound(true), { line: '2024.8' }))).toEqual(['silent:passed done']);
    expect(linesOf(run(bound(true), { line: '2026.8' }))).toEqual(['silent:skipped done']);
  });

  it('skip steps that policies exclude at planning', () => {
    const planned = flowOf([{ kind: 'silent', planned: policySetOf({ policy: 'p' }) }, 'silent']);
    expect(linesOf(run(planned))).toEqual([
      'p=pass silent:passed silent-1:passed done',
      'p=fail silent:skipped joins 1',
    ]);
  });

  it('end if the policies or the authentication requirement of the flow refuse the visitor', () => {
    const guarded = flowOf(['silent'], policySetOf({ policy: 'p' }));
    expect(linesOf(run(guarded))).toEqual(['p=pass silent:passed done', 'p=fail refused by policies']);
    const closed = requiring(flowOf(['silent']), 'require_superuser');
    const { paths } = simulate({ version: closed, contracts });
    expect(paths.map(endOf)).toEqual(['refused by requirement', 'done', 'denied']);
  });

  it('are 13 for a flow with ten conditions, not one for each combination of results', () => {
    const conditions = Array.from({ length: 10 }, (_, i) => ({
      kind: 'silent',
      policies: policySetOf({ policy: `p${i}` }),
    }));
    const { paths, isComplete } = run(flowOf(['ident', 'password', ...conditions, 'login']));
    expect([paths.length, isComplete]).toEqual([13, true]);
  });
});

describe('restarts', () => {
  it('return to an earlier state of the path, where the listed path ends', () => {
    expect(linesOf(run(flowOf([{ kind: 'page', onRefusal: 'restart' }])))).toEqual([
      'page:passed done',
      'page:rejected repeats',
    ]);
  });

  it('that keep the user check the authentication requirement since 2026.8', () => {
    const steps = ['ident', 'logout', { kind: 'page', onRefusal: 'restart_with_context' }] as const;
    const version = requiring(flowOf(steps), 'require_authenticated');
    const isRefused = (line: '2024.8' | '2026.8') =>
      linesOf(simulate({ version, contracts, line })).some((path) => /^ident.* refused/.test(path));
    expect([isRefused('2024.8'), isRefused('2026.8')]).toEqual([false, true]);
  });

  it('end in a denial after the largest number of restarts without a challenge', () => {
    const lines = linesOf(simulate({ version: flowOf([{ kind: 'deny', onRefusal: 'restart' }]), contracts }));
    const denied = 'deny:denied '.repeat(9);
    expect(lines).toEqual([`${denied}denied`, `${denied}denied`]);
  });

  it('discard the proofs that the path had', () => {
    const version = flowOf(['key', { kind: 'page', onRefusal: 'restart_with_context' }, 'login']);
    expect(run(version).loginsWithoutFactor).toEqual([]);
    expect(linesOf(run(version))).toContain('key:passed page:rejected key:rejected waits');
  });
});

describe('inserted steps', () => {
  it('are on the paths if a stage may insert them', () => {
    const attached = { p: { id: 'p', name: 'Form', kind: 'page', model: 'test.page', config: {} } };
    const steps = [{ id: 'new', kind: 'new_device', config: { stages: ['p'] } }];
    const lines = linesOf(run({ ...flowVersionOf([{ id: 'key', kind: 'key' }, ...steps]), attached }));
    expect(lines).toEqual([
      'key:passed new:passed done',
      'key:passed new:insert Form new~1:passed done',
      'key:passed new:insert Form new~1:rejected waits',
      'key:passed new:rejected waits',
      'key:rejected waits',
    ]);
  });

  it('ask for a recent proof before credentials change', () => {
    const version = requiring(flowOf(['change']), 'require_authenticated');
    const limit = (): Oracle => ({
      choose: (question, history) =>
        question.type === 'visitor'
          ? ['logged_in']
          : allAnswers.choose(question, history).filter((name) => !['denied', 'rejected'].includes(name)),
    });
    expect(linesOf(run(version, { limit }))).toEqual([
      'recent_login=yes change:passed done',
      'recent_login=no change:deferred change~1:passed change:passed done',
    ]);
  });
});

describe('findings', () => {
  const lax = flowOf(['ident', 'password', 'lax_device', 'login']);

  it('name a login without a factor and the facts of its shortest path, even if an undecided policy allows it', () => {
    const open = flowOf(['ident', { kind: 'password', policies: policySetOf({ policy: 'p' }) }, 'login']);
    const [login, ...others] = run(open).loginsWithoutFactor;
    expect([login?.step.id, login?.facts.flatMap(factOf), others]).toEqual(['login', ['p=fail'], []]);
    expect(run(lax).loginsWithoutFactor).toEqual([]);
    const guarded = flowOf(['ident', 'login'], policySetOf({ policy: 'p', failure_result: true }));
    expect(loginsWhileUndecided(run(guarded)).map(({ facts }) => facts.flatMap(factOf))).toEqual([['p=undecided']]);
    expect(loginsWhileUndecided(run(flowOf(['ident', 'login'])))).toEqual([]);
  });

  it('name logins without the second factor that other paths prove', () => {
    const [login] = run(lax).loginsWithoutSecondFactor;
    expect(login?.facts.map(({ answer }) => answer)).toContain('without_credential');
    expect(run(flowOf(['ident', 'password', 'login'])).loginsWithoutSecondFactor).toEqual([]);
    expect(run(flowOf(['ident', 'password', 'device', 'login'])).loginsWithoutSecondFactor).toEqual([]);
  });

  it('count proofs that follow the identification or are embedded in it', () => {
    const version = flowOf([{ kind: 'page' }, 'ident', 'new_device', 'login']);
    expect(run(version).loginsWithoutFactor).toEqual([]);
    const embedded = { p: { id: 'p', name: 'P', kind: 'password', model: 'test.password', config: {} } };
    const steps = [
      { id: 'ident', kind: 'ident', config: { inner: 'p' } },
      { id: 'login', kind: 'login' },
    ];
    const [login] = run({ ...flowVersionOf(steps), attached: embedded }).paths;
    expect(endOf(login!)).toBe('login with first');
  });

  it('name a login with only a username, even if other paths prove an embedded second factor', () => {
    const attached = { k: { id: 'k', name: 'K', kind: 'lax_device', model: 'test.lax_device', config: {} } };
    const steps = [
      { id: 'ident', kind: 'ident', config: { key: 'k' } },
      { id: 'login', kind: 'login' },
    ];
    const { paths, loginsWithoutFactor } = run({ ...flowVersionOf(steps), attached });
    expect(paths.map(endOf)).toEqual(expect.arrayContaining(['login with nothing', 'login with further']));
    expect(loginsWithoutFactor.map(({ facts }) => facts.map(({ answer }) => answer))).toEqual([
      expect.arrayContaining(['passed']),
    ]);
  });

  it('do not name the login of a user whom the flow has created', () => {
    expect(run(flowOf(['page', 'writer', 'login'])).loginsWithoutFactor).toEqual([]);
  });

  it('name steps that no path reaches, and steps from which no path leads to the end', () => {
    const blocked = run(flowOf(['page', 'deny', 'silent']));
    expect([names(blocked.neverReached), names(blocked.deadEnds)]).toEqual([['silent'], ['page']]);
    const left = run(flowOf(['page', 'away', 'silent']));
    expect([names(left.neverReached), names(left.deadEnds)]).toEqual([['silent'], []]);
    expect(names(run(flowOf(['needy'])).deadEnds)).toEqual(['needy']);
  });

  it('name evaluated policies that may change the plan, directly or through a policy that they call', () => {
    const version = flowOf([
      { kind: 'page', policies: policySetOf({ policy: 'p' }, { policy: 'q' }, { policy: 'r' }) },
    ]);
    const [test, changing] = [
      { kind: 'test', config: {} },
      { kind: 'test', name: 's', config: { changes: true } },
    ];
    const policies = {
      p: { ...test, name: 'p' },
      q: { ...test, name: 'q', calls: ['s'] },
      r: { ...changing, name: 'r' },
      s: changing,
    };
    const { changingPolicies } = run({ ...version, policies });
    expect(changingPolicies.map(({ id }) => id)).toEqual(['q', 'r']);
    const passes = (): Oracle => ({ choose: ({ answers }) => answers.slice(0, 1) });
    expect(run({ ...version, policies }, { limit: passes }).changingPolicies).toEqual([]);
    expect(run(version).changingPolicies).toEqual([]);
  });

  it('name steps that are skipped while policies are undecided, such as a login, but not pages', () => {
    const policies = policySetOf({ policy: 'p' });
    const version = flowOf(['key', { kind: 'page', policies }, { kind: 'login', policies }]);
    expect(names(run(version).policiesAway.vanishing)).toEqual(['login']);
    const passing = policySetOf({ policy: 'p', failure_result: true });
    expect(run(flowOf(['key', { kind: 'login', policies: passing }])).policiesAway.vanishing).toEqual([]);
  });
});

describe('bounds', () => {
  const version = flowOf(['ident', 'password', 'login']);

  it('shorten the list of paths to the largest number', () => {
    const { paths, isComplete } = run(version, { maxPaths: 2 });
    expect([paths.length, isComplete]).toEqual([2, false]);
    expect(run(version, { maxPaths: 3 }).isComplete).toBe(true);
  });

  it('leave out branches of one move that exceed the largest number of answers', () => {
    const planned = Array.from({ length: 40 }, (_, i) => ({
      kind: 'silent',
      planned: policySetOf({ policy: `p${i}` }),
    }));
    const { isComplete, paths } = run(flowOf(planned), { maxAnswers: 50 * 41 });
    expect([isComplete, paths.length]).toEqual([false, 50]);
  });

  it('end the walk at the time limit, and return the paths found so far', () => {
    let asked = 0;
    const isOver = () => ++asked > 3;
    const cut = run(version, { isOver });
    expect([linesOf(cut), cut.isComplete]).toEqual([['ident:passed cut', 'ident:rejected waits'], false]);
    expect(run(version, { isOver: () => false }).isComplete).toBe(true);
  });

  it('leave the caller time for other work after each branch', () => {
    const work = simulateInSlices({ version, contracts, limit: anonymous });
    let slices = 0;
    let next = work.next();
    for (; !next.done; next = work.next()) slices += 1;
    expect(slices).toBeGreaterThan(5);
    expect(next.value).toEqual(run(version));
  });

  it('end the walk at the largest number of states, and then report no step as unreachable', () => {
    const cut = run(version, { maxStates: 2 });
    expect([linesOf(cut), cut.isComplete]).toEqual([['ident:passed cut', 'ident:rejected waits'], false]);
    expect([cut.neverReached, cut.deadEnds]).toEqual([[], []]);
  });
});

describe('oracles', () => {
  it('choose the answers that paths follow', () => {
    const limit = (): Oracle => ({ choose: ({ answers }) => answers.slice(0, 1) });
    expect(linesOf(run(flowOf(['ident', 'password', 'login']), { limit }))).toHaveLength(1);
  });

  it('may answer differently after a rejection in the history', () => {
    const rounds = (history: readonly Fact[]) => history.filter(({ answer }) => answer === 'rejected').length;
    const limit = (): Oracle => ({
      choose: ({ type, answers }, history) =>
        type === 'stage' ? [rounds(history) === 0 ? 'rejected' : 'passed'] : answers.slice(0, 1),
      positionOf: (history) => String(rounds(history)),
    });
    const version = flowOf([{ kind: 'page', onRefusal: 'restart' }]);
    expect(linesOf(run(version, { limit }))).toEqual(['page:rejected page:passed done']);
  });

  it('must choose from the answers of the question', () => {
    const limit = (): Oracle => ({ choose: () => ['nonsense'] });
    expect(() => run(flowOf(['page']), { limit })).toThrow('not nonsense');
  });
});
