import { Problem, type StageReply } from '@gatehouse/contracts';
import { mergeContext } from '@gatehouse/plan';
import { timeLeftMs } from '../flow-request.js';
import type { FlowObserver } from '../ports/flow-observer.js';
import type { ResponseBody, StageInvocation, StageRun } from '../stage-request.js';
import { resultOf, type StageResult } from '../stage-result.js';
import { assumedCredentials, attemptRulesOf } from './attempt-rules.js';
import { type AttemptReservation, type AttemptStore, NETWORK_CREDENTIAL, refusalOf } from './attempt-store.js';
import type { CredentialQueue } from './credential-queue.js';
import { guesserOf } from './guesser.js';
import { withLockEvents } from './lock-events.js';
import { refusedAttempt } from './refused-attempt.js';
import { type Guesser, type ReservationFactory, withoutGuesses, wrongGuessErrors } from './reservation-factory.js';
import type { ResponseTiming } from './response-timing.js';
import { settleAttempts } from './settlement.js';

export interface AttemptDependencies {
  readonly attempts: AttemptStore;
  readonly reservationFactory: ReservationFactory;
  readonly credentialQueue: CredentialQueue;
  readonly responseTiming: ResponseTiming;
  readonly observer: Pick<FlowObserver, 'attemptRefused'>;
}

/** An answer, and the function that sends it to the stage that judges it. */
interface Answer {
  readonly body: ResponseBody;
  readonly ask: (body: ResponseBody) => Promise<StageReply>;
}

/** An answer that guesses a credential, and the attempts that it reserves. */
interface CountedGuess {
  readonly run: StageRun;
  readonly invocation: StageInvocation;
  readonly guesser: Guesser;
  readonly reservations: readonly AttemptReservation[];
}

/** Problem codes which mean that the stage has not judged the answer. */
const NOT_PROCESSED_CODES: ReadonlySet<string> = new Set(['stage_away', 'stage_busy', 'bus_down']);

/** Counts the attempts of answers before their stages judge them (docs/spec/attempts.md#counting). */
export class AttemptCounter {
  constructor(private readonly dependencies: AttemptDependencies) {}

  /**
   * Reserves the answer's attempts, then lets the stage judge the answer. If a credential is locked or delayed, the
   * stage gets the answer without the guesses. Throws `rate_limited` if the client's network has too many failures.
   */
  async judge(run: StageRun, invocation: StageInvocation, { body, ask }: Answer): Promise<StageResult> {
    const { kind } = invocation.contract;
    const rules = attemptRulesOf(invocation.contract);
    const { request } = run.context;
    const { shown } = invocation.plan;
    const guesser = guesserOf(run, invocation);
    const answer = { rules, body, shown: shown?.challenge, ...guesser };
    const reservations = this.dependencies.reservationFactory.reservationsFor(answer);
    if (reservations.length === 0) return resultOf(await ask(body));
    const { attempts, responseTiming, credentialQueue } = this.dependencies;
    await credentialQueue.enter(request, reservations, timeLeftMs(request) - invocation.contract.deadline_ms);
    const reserved = await this.reserve({ run, invocation, guesser, reservations });
    if (!reserved) {
      credentialQueue.leave(request);
      const refuse = async () => {
        await this.countForNetwork(reservations);
        return this.locked(invocation, { body, ask });
      };
      return resultOf(await responseTiming.pad(kind, refuse, timeLeftMs(request)));
    }
    const judged = responseTiming.measure(kind, () => ask(body));
    const reply = await judged.catch(async (error: unknown) => {
      if (error instanceof Problem && NOT_PROCESSED_CODES.has(error.code)) await attempts.release(reserved);
      throw error;
    });
    const settlement = settleAttempts(reserved, reply, assumedCredentials(invocation.contract));
    const counted = reserved.filter((reservation) => !settlement.released.includes(reservation));
    return { reply: withLockEvents(reply, counted, answer.user), states: {}, settlement };
  }

  /** Returns the attempts whose counters the store resets, because the stage has replaced their credentials. */
  renewed({ context }: StageRun, { contract, plan }: StageInvocation, reply: StageReply): AttemptReservation[] {
    if (reply.type !== 'passed' || contract.renews.length === 0) return [];
    const credentials = (reply.verified ?? []).filter((credential) => contract.renews.includes(credential));
    const { pending_user: user } = mergeContext(plan.context, reply.context, plan.visitor);
    const browser = user && context.request.knownBrowserOf(user);
    const { ip } = context.request.client;
    return this.dependencies.reservationFactory.renewedReservations(user, credentials, { ip, browser });
  }

  /**
   * Reserves attempts. Returns `undefined` if a credential is locked or delayed. Throws `rate_limited` if the network
   * has too many failures.
   */
  private async reserve(guess: CountedGuess): Promise<readonly AttemptReservation[] | undefined> {
    const { run, invocation, reservations } = guess;
    const ageMs = performance.now() - run.context.request.arrivedAt;
    const outcome = await this.dependencies.attempts.reserve(reservations, ageMs);
    if (outcome.reserved) return outcome.reservations;
    this.dependencies.observer.attemptRefused(refusalOf(outcome), refusedAttempt(run, invocation, guess));
    if (outcome.network) throw new Problem('rate_limited', { retry_after_s: outcome.retryAfterS });
    return undefined;
  }

  /**
   * Counts a guess at a locked or delayed credential for the network as well. If such guesses were free, names that
   * share a locked credential would reach the network's limit later than other names, which reveals them (enumeration).
   */
  private async countForNetwork(reservations: readonly AttemptReservation[]): Promise<void> {
    const ofNetwork = reservations.filter(({ credential }) => credential === NETWORK_CREDENTIAL);
    if (ofNetwork.length > 0) await this.dependencies.attempts.reserve(ofNetwork, 0);
  }

  /**
   * Returns the reply for a guess at a locked or delayed credential, which equals the reply for a wrong guess. The
   * stage gets the answer without the guess, so that its effects are equal too (docs/adr/0011).
   */
  private async locked(invocation: StageInvocation, { body, ask }: Answer): Promise<StageReply> {
    const rules = attemptRulesOf(invocation.contract);
    const reply = await ask(withoutGuesses(rules, body));
    if (!('challenge' in reply)) return reply.type === 'denied' ? reply : { type: 'denied' };
    return { ...reply, type: 'rejected', errors: wrongGuessErrors(rules, body) };
  }
}
