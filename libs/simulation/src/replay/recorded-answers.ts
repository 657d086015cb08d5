import { callablePolicies, type FlowVersion, findPolicy, type PolicySet, type RecordedVerdict } from '@gatehouse/plan';
import type { ContractLookup } from '../contract-lookup.js';
import type { Question, Visitor } from '../question.js';
import { identityOf, metSteps, type RecordedRun, type RecordedStep } from './recorded-run.js';

type QuestionOf<T extends Question['type']> = Extract<Question, { type: T }>;
type Binding = PolicySet['bindings'][number];

/** Answers questions about a draft from the journey record (docs/spec/journeys.md) of a run on another version. */
export class RecordedAnswers {
  private readonly met: readonly RecordedStep[];

  constructor(
    private readonly run: RecordedRun,
    private readonly draft: FlowVersion,
    private readonly contracts: ContractLookup,
  ) {
    this.met = metSteps(run);
  }

  /** Returns the recorded answers, which are among `question.answers`; `undefined` if nothing is recorded. */
  find(question: Question): readonly string[] | undefined {
    const answers = this.answersTo(question)?.filter((answer) => question.answers.includes(answer));
    return answers && answers.length > 0 ? answers : undefined;
  }

  private answersTo(question: Question): readonly string[] | undefined {
    switch (question.type) {
      case 'visitor':
        return [this.visitor(question)];
      case 'recent_login':
        return [this.run.steps.some(({ outcome }) => outcome === 'deferred') ? 'no' : 'yes'];
      case 'policy':
        return this.policyResult(question);
      case 'group':
      case 'user':
        return this.membership(question);
      case 'stage':
        return this.stageOutcomes(question);
    }
  }

  /**
   * Returns who ran the flow. A visitor who was logged in at the end, although no step logged anybody in, was logged in
   * before.
   */
  private visitor({ answers }: QuestionOf<'visitor'>): Visitor {
    const { version, loggedIn } = this.run;
    const { authentication } = (version ?? this.draft).flow;
    const special = { require_superuser: 'superuser', require_outpost: 'outpost' } as const;
    const required = special[authentication as keyof typeof special] as Visitor | undefined;
    if (required && answers.includes(required)) return required;
    if (authentication === 'require_authenticated') return 'logged_in';
    const hasLogin = this.met.some(
      ({ kind, outcome }) =>
        kind !== undefined &&
        outcome === 'passed' &&
        this.contracts.find(kind, version ?? this.draft)?.effects.includes('login'),
    );
    return loggedIn && !hasLogin ? 'logged_in' : 'anonymous';
  }

  /** Returns the recorded result of a policy. It counts only if the policy, and all that it may call, are unchanged. */
  private policyResult({ policy, step }: QuestionOf<'policy'>): readonly string[] | undefined {
    const { version } = this.run;
    if (!version || !isSamePolicy(policy.id, version, this.draft)) return undefined;
    const isSame = (binding: Binding) => binding.policy === policy.id;
    const set = step === undefined ? this.draft.guard : setOf(this.draft, step.id);
    const before = step === undefined ? version.guard : setOf(version, step.id, step.stage);
    return this.verdictOf([set, before], isSame);
  }

  private membership(question: QuestionOf<'group' | 'user'>): readonly string[] | undefined {
    const { type, id } = question;
    if (question.isNewUser || !this.run.version) return undefined;
    const sets = [this.draft, this.run.version].flatMap(({ guard, steps }) => [
      guard,
      ...steps.map(({ policies }) => policies),
    ]);
    const [verdict] = this.verdictOf(sets, (binding) => binding[type] === id) ?? [];
    return verdict === undefined || verdict === 'undecided' ? undefined : [verdict === 'pass' ? 'yes' : 'no'];
  }

  /** Returns the first recorded result among the bindings of these sets for which `isSame` is true. */
  private verdictOf(
    sets: readonly (PolicySet | undefined)[],
    isSame: (binding: Binding) => boolean | undefined,
  ): readonly RecordedVerdict[] | undefined {
    const bindings = sets.flatMap((set) => set?.bindings ?? []).filter(isSame);
    const recorded = bindings.map(({ id }) => this.run.verdicts[id]).find((verdict) => verdict !== undefined);
    return recorded && [recorded];
  }

  /**
   * Returns the outcomes that the stage may have had. The record says that a step passed, but not how, unless an
   * inserted step shows that the stage inserted it.
   */
  private stageOutcomes({ step, outcomes }: QuestionOf<'stage'>): readonly string[] | undefined {
    const recorded =
      this.met.find((met) => met.step === step.id) ?? this.met.find((met) => identityOf(met) === identityOf(step));
    if (!recorded) return undefined;
    if (recorded.outcome !== 'passed') return [recorded.outcome];
    const inserted = this.met.filter((met) => met.step.startsWith(`${recorded.step}~`));
    const inserting = outcomes.filter(
      ({ reply }) =>
        reply.type === 'passed' &&
        reply.insert?.steps.some((added) =>
          inserted.some(({ kind, stage }) => ('kind' in added ? added.kind === kind : added.attached === stage)),
        ),
    );
    return inserting.length > 0 ? inserting.map(({ name }) => name) : ['passed', 'without_credential'];
  }
}

const setOf = ({ steps }: FlowVersion, id: string, stage?: string): PolicySet | undefined =>
  (steps.find((bound) => bound.id === id) ?? steps.find((bound) => bound.stage.id === stage))?.policies;

/**
 * Whether a policy, and each policy that it may call, is the same in both versions. Stored documents always have their
 * keys in the same order, so equal policies have equal JSON texts.
 */
const isSamePolicy = (id: string, before: FlowVersion, draft: FlowVersion) =>
  Object.hasOwn(before.policies, id) &&
  JSON.stringify(withCallable(before, id)) === JSON.stringify(withCallable(draft, id));

const withCallable = (version: FlowVersion, id: string) => [
  findPolicy(version, id),
  ...callablePolicies(version, [id]),
];
