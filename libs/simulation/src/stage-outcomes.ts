import type { Effect, Insert, PlanContext, StageContract, StageProof, StageReply, User } from '@gatehouse/contracts';
import {
  contractViolations,
  createPlan,
  type FlowVersion,
  lacksRequiredFact,
  type Plan,
  type Step,
  stepsOf,
} from '@gatehouse/plan';
import type { ContractLookup } from './contract-lookup.js';
import { judgedUser } from './policy-questions.js';
import type { Factor, StageOutcome } from './question.js';
import { NEW_USER, SUBJECT, type WalkState } from './walk-state.js';

type AttachedStages = FlowVersion['attached'];
type Passed = Extract<StageReply, { type: 'passed' }>;

interface AskedStep {
  readonly step: Step;
  readonly contract: StageContract;
  readonly version: FlowVersion;
  readonly state: WalkState;
}

/**
 * A way in which a stage may pass: the name of the outcome, the factors that it proves, and the steps that it inserts.
 */
interface Passage {
  readonly name: string;
  /** The stage's contract, extended by what its embedded stages may do. */
  readonly allowing: StageContract;
  readonly proofs: readonly StageProof[];
  readonly insert?: Insert | undefined;
}

const DENIED: StageOutcome = { name: 'denied', reply: { type: 'denied' }, proofs: [] };
const REJECTED: StageOutcome = {
  name: 'rejected',
  reply: { type: 'rejected', errors: {}, challenge: {} },
  proofs: [],
};
const LEFT: StageOutcome = { name: 'left', reply: { type: 'challenge', challenge: {} }, proofs: [] };

/**
 * Returns all replies that a stage may give in this state by its contract (docs/spec/simulation.md#outcomes). If the
 * contract does not exclude a reply, the reply is possible, but proves nothing.
 */
export function stageOutcomes(asked: AskedStep, contracts: ContractLookup): StageOutcome[] {
  const { contract, step, version, state } = asked;
  if (contract.ends || lacksRequiredFact(contract, state.plan)) return [DENIED];
  const { passes = true } = contract.forecast(step.config, version.flow.designation);
  const passed = passes ? passages(asked, contracts).flatMap((passage) => passedOutcome(asked, passage)) : [LEFT];
  return [...passed, ...(contract.component === undefined || !passes ? [] : [REJECTED]), DENIED];
}

/** Returns the names of all outcomes that each step of a flow version can have, by the name of its stage. */
export function outcomeNamesOf(
  version: FlowVersion,
  contracts: ContractLookup,
): ReadonlyMap<string, readonly string[]> {
  const plan = createPlan(version, 'simulation');
  return new Map(
    stepsOf(plan, version).map((step) => {
      const contract = contracts.find(step.kind, version);
      const passed = contract ? passages({ contract, step, version }, contracts).map(({ name }) => name) : [];
      return [step.name, [...new Set([...passed, LEFT.name, REJECTED.name, DENIED.name])]];
    }),
  );
}

function passages(asked: Omit<AskedStep, 'state'>, contracts: ContractLookup): Passage[] {
  const { contract, step, version } = asked;
  const own = contract.proves(step.config);
  const all = embeddedStages(asked, contracts);
  const embedded = all.filter(({ isAlternative }) => !isAlternative);
  const allowing = withEmbedded(contract, step, embedded);
  const proofs = embedded.flatMap((stage) => stage.contract.proves(stage.config) ?? []);
  const { inserts = [] } = contract.forecast(step.config, version.flow.designation);
  const attached = own === undefined || own.if_missing === 'set_up' ? insertable(contract, step, version.attached) : [];
  const insertions = [
    ...attached.map(({ id, name }) => ({ name: `insert ${name}`, insert: next({ attached: id }) })),
    ...inserts.map((insert) => ({ name: `insert ${namesOf(insert)}`, insert })),
  ];
  return [
    { name: 'passed', allowing, proofs: [...(own ? [own] : []), ...proofs] },
    ...all.filter(({ isAlternative }) => isAlternative).map((stage) => alternativePassage(contract, step, stage)),
    ...(own?.if_missing === 'let_in' ? [{ name: 'without_credential', allowing, proofs }] : []),
    ...insertions.map((insertion) => ({ ...insertion, allowing, proofs })),
  ];
}

/** Returns the way to pass by an embedded stage in place of the host: a proof of the user whom it identifies. */
function alternativePassage(contract: StageContract, step: Step, stage: EmbeddedStage): Passage {
  const proof = stage.contract.proves(stage.config);
  return {
    name: `passed by ${stage.contract.kind}`,
    allowing: withEmbedded(contract, step, [stage]),
    proofs: proof ? [{ ...proof, if_missing: 'refused' }] : [],
  };
}

const next = (step: Insert['steps'][number]): Insert => ({ where: 'next', steps: [step] });

const namesOf = ({ steps }: Insert) => steps.map((step) => ('kind' in step ? step.kind : step.attached)).join(', ');

/** Returns the stages to which the config refers and which the contract lets the stage insert. */
function insertable({ inserts, embeds }: StageContract, { config }: Step, attached: AttachedStages) {
  const ids = Object.entries(config).flatMap(([field, value]) => (Object.hasOwn(embeds, field) ? [] : [value].flat()));
  return ids.flatMap((id) => {
    const stage = typeof id === 'string' && Object.hasOwn(attached, id) ? attached[id] : undefined;
    return stage && inserts.includes(stage.kind) ? [stage] : [];
  });
}

interface EmbeddedStage {
  readonly contract: StageContract;
  /** Whether the visitor can pass without this stage. */
  readonly isAlternative: boolean;
  readonly config: Readonly<Record<string, unknown>>;
}

function embeddedStages(
  { contract, step, version }: Omit<AskedStep, 'state'>,
  contracts: ContractLookup,
): EmbeddedStage[] {
  return Object.entries(contract.embeds).flatMap(([field, { alternative }]) => {
    const stage = version.attached[String(step.config[field])];
    const embedded = stage && contracts.find(stage.kind, version);
    return embedded ? [{ contract: embedded, config: stage.config, isAlternative: alternative !== undefined }] : [];
  });
}

/**
 * Returns the contract of a step, extended by what its embedded stages may write and verify. A stage that waits for a
 * login at a source also identifies the user, because the gateway accepts only the user whom the source has identified.
 */
function withEmbedded(contract: StageContract, { config }: Step, embedded: readonly EmbeddedStage[]): StageContract {
  const all = [contract, ...embedded.map((stage) => stage.contract)];
  const credentials = all.flatMap(({ verifies, renews, attempts }) => [
    ...verifies,
    ...renews,
    ...attempts.map(({ credential }) => credential),
  ]);
  const isByProof = contract.identifies === undefined && contract.awaited_source(config) !== undefined;
  return {
    ...contract,
    writes: [
      ...all.flatMap(({ writes }) => writes),
      ...(isByProof ? (['pending_user', 'verified_user'] as const) : []),
    ],
    verifies: [credentials[0] ?? 'credential'],
    identifies: isByProof ? 'by_proof' : contract.identifies,
  };
}

/** Returns the outcome of this way to pass. Returns none if the contract does not allow it in this state. */
function passedOutcome({ step, state, version }: AskedStep, passage: Passage): StageOutcome[] {
  const { name, allowing: contract, proofs: proved, insert } = passage;
  const { plan } = state;
  if (insert && isInserted(plan.steps, step.id, insert)) return [];
  const named = namedUser(contract, state, version);
  const pending = named ?? plan.context.pending_user;
  const subject = pending ?? state.sessionUser;
  if (!hasNeededUser(passage, pending, subject)) return [];
  const { writes = {} } = contract.forecast(step.config, version.flow.designation);
  const reply: Passed = {
    type: 'passed',
    context: { ...writes, ...userFacts(contract, { named, subject, isProved: proved.length > 0 }) },
    effects: loginOf(contract, pending),
    verified: proved.length > 0 ? [...contract.verifies] : [],
    ...(insert && { insert }),
  };
  if (contractViolations(contract, reply, invocationFacts(contract, state, { pending, version })).length > 0) return [];
  return [{ name, reply, proofs: [...new Set(proved.map(({ factor }): Factor => factor))].sort() }];
}

/** Whether the user is saved, if that is needed: only a saved user can prove a credential and be logged in. */
const hasNeededUser = (
  { allowing, proofs }: Passage,
  pending: User | undefined,
  subject: User | null | undefined,
): boolean =>
  (proofs.length === 0 || subject?.kind === 'saved') &&
  (!allowing.effects.includes('login') || pending?.kind === 'saved');

/**
 * Returns the facts against which the reply is checked for contract violations. Before a login, a policy may have named
 * the user.
 */
const invocationFacts = (
  { effects }: StageContract,
  { plan, sessionUser }: WalkState,
  { pending, version }: { readonly pending: User | undefined; readonly version: FlowVersion },
) => ({
  pendingUser: effects.includes('login') ? pending : plan.context.pending_user,
  provedUser: plan.proved_user,
  sessionUser,
  attached: Object.keys(version.attached),
});

/** Whether the step has inserted a step of the same kind or stage before. A stage inserts such a step only once. */
const isInserted = (steps: WalkState['plan']['steps'], id: string, { steps: added }: Insert) =>
  steps.some(
    (planned) => 'id' in planned && planned.id.startsWith(`${id}~`) && added.some((step) => isSame(planned, step)),
  );

const isSame = (planned: Plan['steps'][number], step: Insert['steps'][number]) =>
  'kind' in step
    ? 'kind' in planned && step.kind === planned.kind
    : 'attached' in planned && step.attached === planned.attached;

/**
 * Returns the user whom the stage names when it passes; `undefined` if it names none. If a stage logs in and nothing
 * has named a user, a policy of the flow may have, so that user is assumed.
 */
function namedUser({ identifies, effects }: StageContract, state: WalkState, { policies }: FlowVersion) {
  const pending = state.plan.context.pending_user;
  if (identifies === 'by_name' || (identifies === 'by_proof' && !pending)) return SUBJECT;
  if (identifies === 'by_writing' && !judgedUser(state)) return NEW_USER;
  const isNamed = effects.includes('login') && !pending && Object.keys(policies).length > 0;
  return isNamed ? SUBJECT : undefined;
}

interface UserFacts {
  readonly named: User | undefined;
  readonly subject: User | null | undefined;
  readonly isProved: boolean;
}

function userFacts({ writes }: StageContract, { named, subject, isProved }: UserFacts): PlanContext {
  const isVerified = isProved && subject?.kind === 'saved' && writes.includes('verified_user');
  return {
    ...(named && writes.includes('pending_user') && { pending_user: named }),
    ...(isVerified && { verified_user: subject.uuid }),
  };
}

/** Returns the login effect of a stage that logs the plan's user in; no effect for other stages. */
function loginOf({ effects }: StageContract, user: User | undefined): Effect[] {
  if (!effects.includes('login') || user?.kind !== 'saved') return [];
  const bindings = { network: 'no_binding', geoip: 'no_binding' };
  const rest = { backend: '', duration_s: null, bindings, terminate_other_sessions: false };
  return [{ type: 'login', user: user.uuid, ...rest }];
}
