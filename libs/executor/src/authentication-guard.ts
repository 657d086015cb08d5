import {
  type AuthenticationRequirement,
  amrOf,
  type Insert,
  meetsAcr,
  provedMethods,
  requirementIn,
} from '@gatehouse/contracts';
import { type FlowVersion, type InsertableProof, isProved, nextProofStep, type Plan, type Step } from '@gatehouse/plan';
import type { FlowRunView } from './flow-run.js';
import type { StageContractRegistry } from './ports/clients.js';
import type { SessionLogin } from './session-state.js';
import { flowUserOf } from './stage-request.js';

type GuardedRun = Pick<FlowRunView, 'context' | 'plan' | 'session'>;

/**
 * Returns the proof step that must run before a step that logs in, because the query of the plan asks for more than the
 * user has proved; `undefined` if nothing is missing, or if all proof steps were inserted already
 * (docs/spec/executor.md#requirement).
 */
export function requestedProof(
  run: GuardedRun,
  step: Step,
  contracts: Pick<StageContractRegistry, 'find' | 'proofSteps'>,
): Insert | undefined {
  const requirement = requirementIn(run.plan.query);
  const user = flowUserOf(run);
  if (!requirement || !user) return undefined;
  if (!contracts.find(step.kind, run.context.version)?.effects.includes('login')) return undefined;
  const { plan, session } = run;
  const login = session.login?.user === user.uuid ? session.login : undefined;
  const amr = amrOf([...recentMethods(login, requirement), ...provedMethods(plan.context)]);
  const isTooOld = login !== undefined && !isRecent(login.ageS, requirement) && !isProved(plan, user.uuid);
  const proofs = contracts.proofSteps();
  return nextProofStep(plan, step, [...proofsFor(requirement, amr, proofs), ...(isTooOld ? proofs : [])]);
}

/**
 * Whether a plan of the flow steps up the visitor's login: the flow is for logged-in users, and the query asks for
 * further or newer proofs.
 */
export const isAboutVisitor = ({ flow }: FlowVersion, { query }: Pick<Plan, 'query'>): boolean =>
  flow.authentication === 'require_authenticated' && requirementIn(query) !== undefined;

/**
 * Whether a step would log the visitor in again although the visitor has proved nothing in this step-up plan. Such a
 * login must be skipped: it would give a stolen session a new lifetime and weaker bindings.
 */
export function isUnprovedLogin(run: GuardedRun, step: Step, contracts: Pick<StageContractRegistry, 'find'>): boolean {
  const { context, plan, session } = run;
  const user = flowUserOf(run);
  const isOwn = session.sessionUser?.kind === 'saved' && session.sessionUser.uuid === user?.uuid;
  if (!user || !isOwn || isProved(plan, user.uuid) || !isAboutVisitor(context.version, plan)) return false;
  return contracts.find(step.kind, context.version)?.effects.includes('login') === true;
}

/**
 * Returns the proof steps that can bring a login to one of the accepted authentication contexts; none if it has one
 * already.
 */
function proofsFor(
  { acr_values: accepted }: AuthenticationRequirement,
  amr: readonly string[],
  proofs: readonly InsertableProof[],
): Pick<InsertableProof, 'kind' | 'config'>[] {
  if (meetsAcr(amr, accepted)) return [];
  const devices = proofs.filter(({ factor }) => factor === 'device');
  // A device without the password reaches only `phr`, and only if the device is phishing-resistant.
  if (accepted.includes('aal2')) {
    const seconds = devices.map(({ kind, config, second_factor = config }) => ({ kind, config: second_factor }));
    return [...(amr.includes('pwd') ? [] : proofs.filter(({ factor }) => factor === 'password')), ...seconds];
  }
  return devices.flatMap(({ kind, phishing_resistant: config }) => (config ? [{ kind, config }] : []));
}

/** Returns the methods of a login that are as recent as the requirement demands. */
const recentMethods = (login: SessionLogin | undefined, requirement: AuthenticationRequirement): string[] =>
  Object.entries(login?.methodAges ?? {}).flatMap(([method, ageS]) => (isRecent(ageS, requirement) ? [method] : []));

const isRecent = (ageS: number, { again, max_age }: AuthenticationRequirement) =>
  !again && (max_age === undefined || ageS <= max_age);
