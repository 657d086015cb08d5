import { policySetOf } from '@gatehouse/executor/testing';
import type { FlowVersion } from '@gatehouse/plan';
import { flowVersionOf } from '@gatehouse/plan/testing';
import { testContracts as contracts } from '@gatehouse/simulation/testing';
import { describe, expect, it } from 'vitest';
import type { RecordedRun } from './recorded-run.js';
import { replayRun } from './replay-run.js';

type Binding = Parameters<typeof flowVersionOf>[0][number];

/** Returns a flow with these steps. The id of each step is its kind. */
const flowOf = (steps: readonly (string | Partial<Binding>)[]): FlowVersion => {
  const bindings = steps.map((step) => (typeof step === 'string' ? { kind: step } : step));
  return flowVersionOf(bindings.map((binding) => ({ ...binding, id: binding.kind }) as Binding));
};
const LOGIN = ['ident', 'password', 'login'];
const before = flowOf(LOGIN);

/** Returns the record of a finished login on a version, with an outcome for each step, by default `passed`. */
function runOf(
  version: FlowVersion,
  outcomes: Record<string, string> = {},
  more: Partial<RecordedRun> = {},
): RecordedRun {
  const steps = version.steps.map(({ id, stage }) => ({
    ...{ step: id, kind: stage.kind, stage: stage.id, outcome: outcomes[id] ?? 'passed' },
  }));
  return { outcome: 'done', loggedIn: true, verdicts: {}, version, steps, ...more };
}
const replay = (run: RecordedRun, version: FlowVersion) => replayRun(run, { version, contracts });
const policyOf = (version: FlowVersion) => Object.keys(version.policies)[0]!;
const bindingOf = (version: FlowVersion, id: string) =>
  version.steps.find((step) => step.id === id)!.policies.bindings[0]!.id;

describe('replayRun', () => {
  it('finds no difference if the draft equals the version that was run', () => {
    expect(replay(runOf(before), before)).toEqual({ verdict: 'same', causes: [] });
  });

  it('names a new step that the visitor would meet', () => {
    const draft = flowOf(['ident', 'password', 'device', 'login']);
    const name = draft.steps[2]!.stage.name;
    expect(replay(runOf(before), draft)).toEqual({ verdict: 'changed', causes: [{ type: 'meets', text: name }] });
  });

  it('names a step that is gone', () => {
    const version = flowOf(['ident', 'password', 'page', 'login']);
    const name = version.steps[2]!.stage.name;
    expect(replay(runOf(version), before)).toEqual({ verdict: 'changed', causes: [{ type: 'misses', text: name }] });
  });

  it('reports that a recorded login would end without a login, or would be denied', () => {
    expect(replay(runOf(before), flowOf(['ident', 'password'])).verdict).toBe('otherwise');
    const denied = replay(runOf(before), flowOf(['ident', 'deny', 'login']));
    expect(denied).toMatchObject({
      verdict: 'otherwise',
      causes: [{ type: 'ends', text: expect.stringMatching(/^denied at/) }, {}, {}, {}],
    });
  });

  it('reports that a denied visitor would be logged in', () => {
    const version = flowOf(['ident', 'password', 'needy', 'login']);
    const run = runOf(version, {}, { outcome: 'denied', loggedIn: false });
    const steps = run.steps.slice(0, 3).map((step) => (step.step === 'needy' ? { ...step, outcome: 'denied' } : step));
    const { verdict, causes } = replay({ ...run, steps }, before);
    expect([verdict, causes]).toEqual([
      'otherwise',
      expect.arrayContaining([{ type: 'ends', text: 'done, logged in' }]),
    ]);
  });

  it('returns unknown for a draft with more combinations of policy results than the walk may follow', () => {
    const draftWith = (count: number) => {
      const set = policySetOf(...Array.from({ length: count }, (_, i) => ({ policy: `p${i}` })));
      return flowOf(['ident', 'password', { kind: 'page', policies: { ...set, mode: 'all' } }, 'login']);
    };
    expect(replay(runOf(before), draftWith(3)).verdict).toBe('changed');
    expect(replay(runOf(before), draftWith(300)).verdict).toBe('unknown');
  });

  describe('with a policy', () => {
    const policies = policySetOf({ policy: 'p1' });
    const version = flowOf(['ident', 'password', { kind: 'device', policies }, 'login']);
    const draftOf = (change: (draft: FlowVersion) => FlowVersion = (draft) => draft) => change(version);
    const runWith = (verdict: 'pass' | 'fail') =>
      runOf(
        version,
        { device: verdict === 'pass' ? 'passed' : 'skipped' },
        {
          verdicts: { [bindingOf(version, 'device')]: verdict },
        },
      );
    const reconfigured = (draft: FlowVersion): FlowVersion => {
      const id = policyOf(draft);
      return { ...draft, policies: { [id]: { ...draft.policies[id]!, config: { other: true } } } };
    };

    it.each(['pass', 'fail'] as const)('uses the recorded result %s of a policy that is unchanged', (verdict) => {
      expect(replay(runWith(verdict), draftOf())).toEqual({ verdict: 'same', causes: [] });
    });

    it('names the step that the visitor may meet because of a changed policy', () => {
      const { verdict, causes } = replay(runWith('fail'), draftOf(reconfigured));
      expect([verdict, causes]).toEqual(['changed', [{ type: 'meets', text: version.steps[2]!.stage.name }]]);
    });

    it('returns unknown if the end depends on a changed policy', () => {
      const guarded = flowOf(['ident', 'password', { kind: 'login', policies }]);
      const run = runOf(guarded, {}, { verdicts: { [bindingOf(guarded, 'login')]: 'pass' } });
      expect(replay(run, guarded).verdict).toBe('same');
      const { name } = guarded.policies[policyOf(guarded)]!;
      expect(replay(run, reconfigured(guarded))).toEqual({
        verdict: 'unknown',
        causes: [{ type: 'unknown', text: `policy ${name}` }],
      });
    });

    it('returns unknown if the end depends on a policy that calls a changed policy', () => {
      const guarded = flowOf(['ident', 'password', { kind: 'login', policies }]);
      const [id, policy] = Object.entries(guarded.policies)[0]!;
      const calling = (config: Record<string, unknown>): FlowVersion => ({
        ...guarded,
        policies: { [id]: { ...policy, calls: ['inner'] }, inner: { ...policy, name: 'inner', config } },
      });
      const version = calling({});
      const run = runOf(version, {}, { verdicts: { [bindingOf(version, 'login')]: 'pass' } });
      expect(replay(run, calling({})).verdict).toBe('same');
      expect(replay(run, calling({ other: true })).verdict).toBe('unknown');
    });

    it('returns unknown if the version that was run is deleted', () => {
      const guarded = flowOf(['ident', 'password', { kind: 'login', policies }]);
      const run = runOf(guarded, {}, { verdicts: { [bindingOf(guarded, 'login')]: 'pass' }, version: undefined });
      expect(replay(run, guarded).verdict).toBe('unknown');
    });
  });
});
