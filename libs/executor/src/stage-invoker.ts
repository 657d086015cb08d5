import { NON_FIELD_ERRORS, Problem, type StageContract, type StageReply } from '@gatehouse/contracts';
import {
  contractViolations,
  type FlowVersion,
  mergeContext,
  type Plan,
  type Step,
  stateOf,
  withDirectoryUser,
} from '@gatehouse/plan';
import {
  type AttemptReservation,
  type AttemptStore,
  hasValue,
  type ReservationFactory,
} from './attempts/attempt-store.js';
import type { CredentialQueue } from './attempts/credential-queue.js';
import type { ResponseTiming } from './attempts/response-timing.js';
import { EMPTY_SETTLEMENT, mergeSettlements, releaseInsteadOfReset, settleAttempts } from './attempts/settlement.js';
import {
  type EmbeddedStage,
  embeddedStages,
  mergePassed,
  type PassedReply,
  recordingEffectsOf,
  withEmbeddedChallenge,
  withoutContext,
  withoutEmbeddedFields,
} from './embedded-stages.js';
import { timeLeftMs } from './flow-request.js';
import type { StageClient, StageContractRegistry } from './ports/clients.js';
import { buildStageRequest, type ResponseBody, type StageInvocation, type StageRun } from './stage-request.js';
import {
  effectsOf,
  isWrongAnswer,
  resultOf,
  type StageResult,
  stateEntry,
  withoutUndeclaredFields,
} from './stage-result.js';

interface Dependencies {
  readonly stages: StageClient;
  readonly contracts: StageContractRegistry;
  readonly attempts: AttemptStore;
  readonly reservationFactory: ReservationFactory;
  readonly credentialQueue: CredentialQueue;
  readonly responseTiming: ResponseTiming;
  /** Called with what a stage asked for beyond its contract. */
  readonly report: (kind: string, violations: readonly string[]) => void;
}

/** An answer on its way through a step and those inside it. */
interface PartialResponse {
  readonly asked: StageInvocation;
  readonly body: ResponseBody;
  /** What was heard so far. */
  readonly heard: StageResult;
}

const NOT_PROCESSED_CODES: ReadonlySet<string> = new Set(['stage_away', 'stage_busy', 'bus_down']);

/** Asks one step: takes the attempts an answer spends, holds the reply to its contract, and asks embedded steps after their host. */
export class StageInvoker {
  constructor(private readonly parts: Dependencies) {}

  /** Shows the step. */
  async challenge(run: StageRun, step: Step): Promise<StageResult> {
    const asked = this.ownStage(run, step);
    if (!asked) return resultOf({ type: 'denied' });
    const reply = await this.ask(run, asked);
    const settlement = { ...EMPTY_SETTLEMENT, reset: this.renewed(asked, reply) };
    return this.withInnerChallenges(run, asked, { ...resultOf(reply), settlement });
  }

  /** Gives the step an answer, and each embedded step its part of it; any refusal is presented as the host's. */
  async respond(run: StageRun, step: Step, body: ResponseBody): Promise<StageResult> {
    const asked = this.ownStage(run, step);
    if (!asked) return resultOf({ type: 'denied' });
    const inner = embeddedStages(asked, run.context.version);
    const [before, after] = [true, false].map((asks) =>
      inner.filter(({ embed }) => (embed.asks !== undefined) === asks),
    );
    let heard = await this.throughAll(run, { asked, inner: before!, body, heard: resultOf({ type: 'passed' }) });
    if (heard.reply.type === 'passed') heard = await this.withHost(run, { asked, heard, body });
    heard = await this.throughAll(run, { asked, inner: after!, body, heard });
    const reply = inner.length > 0 ? withoutContext(heard.reply) : heard.reply;
    return this.withInnerChallenges(run, asked, { ...heard, reply });
  }

  /** The steps inside a host one after the other, for as long as they pass. */
  private async throughAll(
    run: StageRun,
    { inner, ...given }: PartialResponse & { readonly inner: readonly EmbeddedStage[] },
  ): Promise<StageResult> {
    let { heard } = given;
    for (const embedded of inner) {
      if (heard.reply.type !== 'passed') break;
      heard = await this.withEmbedded(run, { ...given, heard, embedded });
    }
    return heard;
  }

  /** The host's own judgement, after that of the steps that are judged before it. */
  private async withHost(run: StageRun, { asked, heard, body }: PartialResponse): Promise<StageResult> {
    const own = await this.judge(run, asked, withoutEmbeddedFields(body, asked.contract));
    const states = { ...heard.states, ...own.states };
    if (own.reply.type !== 'passed')
      return { ...own, states, settlement: mergeSettlements(releaseInsteadOfReset(heard.settlement), own.settlement) };
    const reply = mergePassed(own.reply, heard.reply as PassedReply);
    return { reply, states, settlement: mergeSettlements(heard.settlement, own.settlement) };
  }

  /** What a host shows, with the challenges of those steps in it that ask something themselves. */
  private async withInnerChallenges(run: StageRun, asked: StageInvocation, before: StageResult): Promise<StageResult> {
    let heard = before;
    for (const embedded of embeddedStages(asked, run.context.version)) {
      const { asks } = embedded.embed;
      if (asks === undefined || !('challenge' in heard.reply)) continue;
      const before = this.embeddedInvocation(run, asked, { ...embedded, plan: run.plan });
      const { [before.stateKey]: since } = heard.states;
      const part = since === undefined ? before : { ...before, state: since ?? undefined };
      const inner = await this.ask(run, part);
      if (inner.type === 'denied') return { ...heard, reply: inner };
      heard = {
        ...heard,
        reply: withEmbeddedChallenge(heard.reply, { field: asks, component: part.contract.component, inner }),
        states: { ...heard.states, ...stateEntry(part.stateKey, inner) },
      };
    }
    return heard;
  }

  /** The step inside `asked`, in the plan that its host has made of the plan. */
  private embeddedInvocation(
    { context }: StageRun,
    asked: StageInvocation,
    { field, embed, attached, plan }: EmbeddedStage & { readonly plan: Plan },
  ): StageInvocation {
    const { stateKey: host, plan: before } = asked;
    const stateKey = `${host}.${field}`;
    // What a step remembers of the challenge it showed was for whoever was known then.
    const state = stateOf(embed.asks === undefined ? plan : before, stateKey);
    return { stateKey, state, contract: this.contractOf(attached.kind, context.version), stage: attached, plan };
  }

  private ownStage({ plan, context }: StageRun, step: Step): StageInvocation | undefined {
    const contract = this.contractOf(step.kind, context.version);
    const missing = Object.entries(contract.reads).some(
      ([key, need]) => need === 'required' && plan.context[key as keyof Plan['context']] === undefined,
    );
    return missing ? undefined : { stateKey: step.id, state: stateOf(plan, step.id), contract, stage: step, plan };
  }

  private async withEmbedded(
    run: StageRun,
    { asked, heard, embedded, body }: PartialResponse & { readonly embedded: EmbeddedStage },
  ): Promise<StageResult> {
    const { embed } = embedded;
    const host = heard.reply as PassedReply;
    const context = mergeContext(asked.plan.context, host.context, asked.plan.visitor);
    const plan = { ...asked.plan, context };
    const part = this.embeddedInvocation(run, asked, { ...embedded, plan });
    const own = await this.judge(run, part, { [embed.as ?? embed.field]: body[embed.field] ?? null });
    if (own.reply.type === 'passed') {
      // Its question was answered: should the host ask again, so does it, and something else.
      const state = embed.asks === undefined ? stateEntry(part.stateKey, own.reply) : { [part.stateKey]: null };
      const states = { ...heard.states, ...state };
      return {
        reply: mergePassed(host, own.reply),
        states,
        settlement: mergeSettlements(heard.settlement, own.settlement),
      };
    }
    const reply = await this.refusedHost(run, asked, { host, part: own.reply, error: embed.error });
    // A state belongs to the pending user, and a refused answer names none.
    const states =
      embed.asks === undefined ? heard.states : { ...heard.states, ...stateEntry(part.stateKey, own.reply) };
    return { reply, states, settlement: mergeSettlements(releaseInsteadOfReset(heard.settlement), own.settlement) };
  }

  /**
   * Shows the host again with its one error, whatever the embedded step refused. Nothing that the host found out is kept:
   * the client must not learn whether it named a user, and the plan must not be about a user who has proved nothing.
   */
  private async refusedHost(
    run: StageRun,
    asked: StageInvocation,
    { host, part, error }: { host: PassedReply; part: StageReply; error: string },
  ): Promise<StageReply> {
    const again = await this.ask(run, asked);
    if (again.type !== 'challenge')
      throw new Problem('stage_fault', { detail: 'the host of an embedded step does not ask' });
    return {
      type: 'rejected',
      errors: { [NON_FIELD_ERRORS]: [{ code: error }] },
      challenge: again.challenge,
      effects: [...recordingEffectsOf(host), ...(again.effects ?? []), ...effectsOf(part)],
    };
  }

  /** One stage, one answer, counted before it is judged. */
  private async judge(run: StageRun, asked: StageInvocation, body: ResponseBody): Promise<StageResult> {
    const { kind, attempts: rules } = asked.contract;
    const { ip } = run.context.request.client;
    const { context, shown } = asked.plan;
    // A flow that names nobody asks whoever is logged in: their device is guessed at, from wherever.
    const user = context.pending_user ?? run.session.sessionUser ?? undefined;
    const claims = this.parts.reservationFactory.reservationsFor({ rules, body, shown: shown?.challenge, user, ip });
    if (claims.length === 0) return resultOf(await this.ask(run, asked, body));
    const { attempts, responseTiming: pace, credentialQueue: lines } = this.parts;
    await lines.enter(run.context.request, claims, timeLeftMs(run.context.request) - asked.contract.deadline_ms);
    const taken = await this.taken(claims, run);
    if (!taken) {
      lines.leave(run.context.request);
      return resultOf(await pace.pad(kind, () => this.locked(run, asked, body), timeLeftMs(run.context.request)));
    }
    const judged = pace.measure(kind, () => this.ask(run, asked, body), isWrongAnswer);
    const reply = await judged.catch(async (error: unknown) => {
      if (error instanceof Problem && NOT_PROCESSED_CODES.has(error.code)) await attempts.release(taken);
      throw error;
    });
    return { reply, states: {}, settlement: settleAttempts(taken, reply) };
  }

  /** What was counted of credentials that the stage has made anew. */
  private renewed({ contract, plan }: StageInvocation, reply: StageReply): AttemptReservation[] {
    if (reply.type !== 'passed' || contract.renews.length === 0) return [];
    const credentials = (reply.verified ?? []).filter((credential) => contract.renews.includes(credential));
    const { pending_user: user } = mergeContext(plan.context, reply.context, plan.visitor);
    return this.parts.reservationFactory.renewedReservations(user, credentials);
  }

  /** Undefined when a credential is locked or delayed. A whole network that failed too often is told so. */
  private async taken(
    claims: readonly AttemptReservation[],
    { context: { request } }: StageRun,
  ): Promise<readonly AttemptReservation[] | undefined> {
    const outcome = await this.parts.attempts.reserve(claims, performance.now() - request.arrivedAt);
    if (outcome.reserved) return outcome.reservations;
    if (outcome.network) throw new Problem('rate_limited', { retry_after_s: outcome.retryAfterS });
    return undefined;
  }

  /**
   * What a visitor sees of a lock: exactly what a wrong answer shows. The stage hears the answer without what was guessed in
   * it, so that whatever it makes of wrong answers it makes of this one too (docs/adr/0011).
   */
  private async locked(run: StageRun, asked: StageInvocation, body: ResponseBody): Promise<StageReply> {
    const rules = asked.contract.attempts;
    // What a guess is for goes with it: a choice alone would be an answer of its own.
    const guesses = new Set(rules.flatMap(({ when, pick }) => (pick ? [when, pick.field] : [when])));
    const rest = Object.fromEntries(Object.entries(body).filter(([field]) => !guesses.has(field)));
    const reply = await this.ask(run, asked, rest);
    if (!('challenge' in reply)) return reply.type === 'denied' ? reply : { type: 'denied' };
    const { field, code } = (rules.find(({ when }) => hasValue(body[when])) ?? rules[0]!).refuse;
    return { ...reply, type: 'rejected', errors: { [field]: [{ code }] } };
  }

  private async ask(run: StageRun, asked: StageInvocation, body?: ResponseBody): Promise<StageReply> {
    const { contract, plan } = asked;
    const stageRequest = buildStageRequest(run, asked, body);
    const reply = await this.parts.stages.send(contract, body ? 'respond' : 'challenge', stageRequest);
    const { attached } = stageRequest;
    const given = {
      pendingUser: plan.context.pending_user,
      provedUser: plan.proved_user,
      sessionUser: run.session.sessionUser,
      attached: Object.values(attached).map(({ id }) => id),
    };
    const violations = contractViolations(contract, reply, given);
    if (violations.length === 0) {
      const heard = contract.changes_user ? reply : withDirectoryUser(reply, plan.context.pending_user);
      return 'challenge' in heard ? withoutUndeclaredFields(contract, heard) : heard;
    }
    this.parts.report(contract.kind, violations);
    throw new Problem('stage_fault', { detail: `the stage ${contract.kind} ${violations[0]}` });
  }

  private contractOf(kind: string, version: FlowVersion): StageContract {
    const contract = this.parts.contracts.find(kind, version);
    if (!contract) throw new Problem('stage_away', { detail: `no stage of kind ${kind} is known` });
    return contract;
  }
}
