import { type Message, NON_FIELD_ERRORS, Problem, type StageContract, type StageReply } from '@gatehouse/contracts';
import {
  contractViolations,
  type FlowVersion,
  lacksRequiredFact,
  mergeContext,
  type Plan,
  type Step,
  stateOf,
  withDirectoryUser,
} from '@gatehouse/plan';
import { AttemptCounter, type AttemptDependencies } from './attempts/attempt-counter.js';
import { MailLimiter } from './attempts/mail-limiter.js';
import { EMPTY_SETTLEMENT, mergeSettlements, releaseInsteadOfReset } from './attempts/settlement.js';
import {
  type EmbeddedStage,
  embeddedStages,
  hostEffectsOf,
  hostError,
  judgingStages,
  mergePassed,
  type PassedReply,
  recordingEffectsOf,
  withEmbeddedChallenge,
  withoutContext,
  withoutEmbeddedFields,
  withoutUser,
} from './embedded-stages.js';
import type { StageClient, StageContractRegistry } from './ports/clients.js';
import type { SignedInApplications } from './ports/signed-in-applications.js';
import { buildStageRequest, type ResponseBody, type StageInvocation, type StageRun } from './stage-request.js';
import { resultOf, type StageResult, stateEntry, withoutUndeclaredFields } from './stage-result.js';

interface Dependencies extends AttemptDependencies {
  readonly stages: StageClient;
  readonly contracts: StageContractRegistry;
  readonly applications: SignedInApplications;
  /** Called with the contract violations in a stage's reply. */
  readonly report: (kind: string, violations: readonly string[]) => void;
}

/**
 * An answer that a host stage and its embedded stages judge one after the other, and the result of those that have
 * judged it so far.
 */
interface PartialResponse {
  readonly invocation: StageInvocation;
  readonly body: ResponseBody;
  /** The merged result of the stages that have judged the answer so far. */
  readonly result: StageResult;
}

/**
 * Sends the requests of one step: reserves attempts before an answer is judged, checks each reply against its contract,
 * and includes the embedded stages of a composite step.
 */
export class StageInvoker {
  private readonly attempts: AttemptCounter;
  private readonly mails: MailLimiter;

  constructor(private readonly dependencies: Dependencies) {
    this.attempts = new AttemptCounter(dependencies);
    this.mails = new MailLimiter(dependencies);
  }

  /** Requests the challenge of a step. A stage with nothing to ask may pass or deny at once. */
  async challenge(run: StageRun, step: Step): Promise<StageResult> {
    const invocation = this.ownStage(run, step);
    if (!invocation) return resultOf({ type: 'denied' });
    const reply = await this.ask(run, invocation);
    const settlement = { ...EMPTY_SETTLEMENT, reset: this.attempts.renewed(run, invocation, reply) };
    const limited = await this.mails.limit(run, invocation, { ...resultOf(reply), settlement });
    return this.withEmbeddedChallenges(run, invocation, limited);
  }

  /**
   * Sends an answer to the stages of a step, and merges their replies. Each embedded stage gets one field of the
   * answer. To the client, a refusal by an embedded stage looks like a refusal by the host.
   */
  async respond(run: StageRun, step: Step, body: ResponseBody): Promise<StageResult> {
    const invocation = this.ownStage(run, step);
    if (!invocation) return resultOf({ type: 'denied' });
    const embeddedParts = embeddedStages(invocation, run.context.version);
    const judging = judgingStages(embeddedParts, body);
    const [before, after] = [true, false].map((asks) =>
      judging.filter(({ embed }) => (embed.asks !== undefined) === asks),
    );
    let result = await this.respondEmbedded(run, {
      invocation,
      inner: before!,
      body,
      result: resultOf({ type: 'passed' }),
    });
    if (result.reply.type === 'passed') {
      const host = judging.some(({ embed }) => embed.alternative) ? withFacts(invocation, result.reply) : invocation;
      result = await this.respondHost(run, { invocation: host, result, body });
    }
    result = await this.respondEmbedded(run, { invocation, inner: after!, body, result });
    const reply = embeddedParts.length > 0 ? withoutContext(result.reply) : result.reply;
    const limited = await this.mails.limit(run, invocation, { ...result, reply });
    return this.withEmbeddedChallenges(run, invocation, limited);
  }

  /** Sends the answer to one embedded stage after the other, until one of them does not pass. */
  private async respondEmbedded(
    run: StageRun,
    { inner, ...response }: PartialResponse & { readonly inner: readonly EmbeddedStage[] },
  ): Promise<StageResult> {
    let { result } = response;
    for (const embedded of inner) {
      if (result.reply.type !== 'passed') break;
      result = await this.respondOne(run, { ...response, result, embedded });
    }
    return result;
  }

  /** Sends the answer to the host. The embedded stages with their own challenge have judged it before. */
  private async respondHost(run: StageRun, { invocation, result, body }: PartialResponse): Promise<StageResult> {
    const own = await this.judge(run, invocation, withoutEmbeddedFields(body, invocation.contract));
    const states = { ...result.states, ...own.states };
    if (own.reply.type !== 'passed')
      return { ...own, states, settlement: mergeSettlements(releaseInsteadOfReset(result.settlement), own.settlement) };
    const reply = mergePassed(own.reply, result.reply as PassedReply);
    return { reply, states, settlement: mergeSettlements(result.settlement, own.settlement) };
  }

  /** Adds to the host's challenge the challenges of embedded stages that have one. */
  private async withEmbeddedChallenges(
    run: StageRun,
    invocation: StageInvocation,
    before: StageResult,
  ): Promise<StageResult> {
    let result = before;
    for (const embedded of embeddedStages(invocation, run.context.version)) {
      const { asks } = embedded.embed;
      if (asks === undefined || !('challenge' in result.reply)) continue;
      const shown = this.embeddedInvocation(run, invocation, { ...embedded, plan: run.plan });
      const { [shown.stateKey]: state } = result.states;
      const part = state === undefined ? shown : { ...shown, state: state ?? undefined };
      const inner = await this.ask(run, part);
      if (inner.type === 'denied') return { ...result, reply: inner };
      const { component } = part.contract;
      const embed = { ...embedded.embed, asks };
      const shownReply = withEmbeddedChallenge(result.reply, { embed, component, inner });
      // Also adds the fields that occur only in an embedded challenge, with their default values.
      result = {
        ...result,
        reply: withoutUndeclaredFields(invocation.contract, shownReply),
        states: { ...result.states, ...stateEntry(part.stateKey, inner) },
      };
    }
    return result;
  }

  /**
   * Returns what a request to an embedded stage needs. For a challenge, its plan is the run's plan. For an answer, its
   * plan also contains the facts of the stages of this step that have already passed.
   */
  private embeddedInvocation(
    { context }: StageRun,
    invocation: StageInvocation,
    { field, embed, attached, plan }: EmbeddedStage & { readonly plan: Plan },
  ): StageInvocation {
    const { stateKey: host, plan: before } = invocation;
    const stateKey = `${host}.${field}`;
    // State is stored per pending user. An embedded stage with a challenge stored its state before the host's reply, so
    // that state belongs to the pending user of that time.
    const state = stateOf(embed.asks === undefined ? plan : before, stateKey);
    const contract = this.contractOf(attached.kind, context.version);
    return { stateKey, state, contract, stage: attached, plan: embed.alternative ? withoutUser(plan) : plan };
  }

  private ownStage({ plan, context }: StageRun, step: Step): StageInvocation | undefined {
    const contract = this.contractOf(step.kind, context.version);
    return lacksRequiredFact(contract, plan)
      ? undefined
      : { stateKey: step.id, state: stateOf(plan, step.id), contract, stage: step, plan };
  }

  private async respondOne(
    run: StageRun,
    { invocation, result, embedded, body }: PartialResponse & { readonly embedded: EmbeddedStage },
  ): Promise<StageResult> {
    const { embed } = embedded;
    const host = result.reply as PassedReply;
    const { plan } = withFacts(invocation, host);
    const part = this.embeddedInvocation(run, invocation, { ...embedded, plan });
    const own = await this.judge(run, part, { [embed.as ?? embed.field]: body[embed.field] ?? null });
    if (own.reply.type === 'passed') {
      // The visitor has solved the embedded challenge, so its state is removed. If the host shows its own challenge
      // again, it gets a new embedded challenge.
      const state = embed.asks === undefined ? stateEntry(part.stateKey, own.reply) : { [part.stateKey]: null };
      const states = { ...result.states, ...state };
      return {
        reply: mergePassed(host, own.reply),
        states,
        settlement: mergeSettlements(result.settlement, own.settlement),
      };
    }
    const reply = await this.refusedHost(run, invocation, {
      ...{ host, part: own.reply },
      error: hostError(embed, own.reply),
    });
    // State is stored per pending user. The state of an embedded stage with a challenge belongs to the user before the
    // host's reply, so it is kept. The state of any other embedded stage belongs to the user whom the host has set. The
    // refusal drops that user, and the state too.
    const states =
      embed.asks === undefined ? result.states : { ...result.states, ...stateEntry(part.stateKey, own.reply) };
    return { reply, states, settlement: mergeSettlements(releaseInsteadOfReset(result.settlement), own.settlement) };
  }

  /**
   * Returns a rejection with the host's challenge and `error`, for any reason of the embedded stage. Drops all facts of
   * the host, for two reasons: the client must not learn whether the user exists (enumeration), and a user who has
   * proved nothing must not become the pending user.
   */
  private async refusedHost(
    run: StageRun,
    invocation: StageInvocation,
    { host, part, error }: { host: PassedReply; part: StageReply; error: Message },
  ): Promise<StageReply> {
    const again = await this.ask(run, invocation);
    if (again.type !== 'challenge')
      throw new Problem('stage_fault', { detail: 'the host of the embedded stage returned no challenge' });
    return {
      type: 'rejected',
      errors: { [NON_FIELD_ERRORS]: [error] },
      challenge: again.challenge,
      effects: [...recordingEffectsOf(host), ...(again.effects ?? []), ...hostEffectsOf(part, invocation)],
    };
  }

  private judge(run: StageRun, invocation: StageInvocation, body: ResponseBody): Promise<StageResult> {
    return this.attempts.judge(run, invocation, { body, ask: (sent) => this.ask(run, invocation, sent) });
  }

  private async ask(run: StageRun, invocation: StageInvocation, body?: ResponseBody): Promise<StageReply> {
    const { contract, plan } = invocation;
    const stageRequest = buildStageRequest(run, await this.withApplications(run, invocation), body);
    const reply = await this.dependencies.stages.send(contract, body ? 'respond' : 'challenge', stageRequest);
    const { attached } = stageRequest;
    const facts = {
      pendingUser: plan.context.pending_user,
      provedUser: plan.proved_user,
      sessionUser: run.session.sessionUser,
      attached: Object.values(attached).map(({ id }) => id),
    };
    const violations = contractViolations(contract, reply, facts);
    if (violations.length === 0) {
      const result = contract.changes_user ? reply : withDirectoryUser(reply, plan.context.pending_user);
      return 'challenge' in result ? withoutUndeclaredFields(contract, result) : result;
    }
    this.dependencies.report(contract.kind, violations);
    throw new Problem('stage_fault', { detail: `the stage ${contract.kind} ${violations[0]}` });
  }

  /** Adds the applications that a logout must notify, if the stage may log out. Queries nothing for other stages. */
  private async withApplications({ context }: StageRun, invocation: StageInvocation): Promise<StageInvocation> {
    const { session } = context.loaded;
    if (!session || !invocation.contract.effects.includes('logout')) return invocation;
    return { ...invocation, applications: await this.dependencies.applications.list(session.id) };
  }

  private contractOf(kind: string, version: FlowVersion): StageContract {
    const contract = this.dependencies.contracts.find(kind, version);
    if (!contract) throw new Problem('stage_away', { detail: `there is no stage of the kind ${kind}` });
    return contract;
  }
}

/** Returns an invocation whose plan also contains the facts of a stage that has passed. */
const withFacts = (invocation: StageInvocation, { context }: PassedReply): StageInvocation => ({
  ...invocation,
  plan: { ...invocation.plan, context: mergeContext(invocation.plan.context, context, invocation.plan.visitor) },
});
