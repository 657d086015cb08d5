import type { RecordableHistogram } from 'node:perf_hooks';
import type { Clock } from './clock.js';
import type { HttpResponse } from './http-client.js';
import { countReason, histogramOf, type Recording, recordMs } from './recorder.js';
import {
  fillIn,
  type Placeholder,
  type Scenario,
  type ScenarioRequest,
  type ScenarioStep,
  type ThinkTime,
} from './scenario.js';
import { NoCodeLeftError } from './user-ring.js';
import type { Visitor } from './visitor.js';

/** Wait before a request is sent again after a refusal without `Retry-After`, in milliseconds. */
const RETRY_DELAY_MS = 100;
/** Longest wait that a `Retry-After` may ask for, in milliseconds. */
const MAX_RETRY_AFTER_MS = 30_000;
/** Label of the request that starts a flow, or reads the current challenge again. */
export const LOOK = 'GET';

/** Thrown when a visit has failed, with the reason as its message. */
class VisitFailure extends Error {}

/** The settings of a visit, and the parts of the load generator that it uses. */
export interface VisitContext {
  readonly scenario: Scenario;
  readonly clock: Clock;
  readonly random: () => number;
  readonly recording: Recording;
  /** How long a visitor retries a refused request, in milliseconds. 0 means that the visitor does not retry. */
  readonly retryForMs: number;
  /** Time from which latencies are recorded. Requests that were due earlier belong to the ramp. */
  readonly measuredFrom: number;
  /** Returns whether the load is over, so that the visit must send no further requests. */
  readonly isAbandoned: () => boolean;
}

/** Returns the path of a scenario's flow in the executor API. */
export const executorPath = ({ flow }: Pick<Scenario, 'flow'>): string => `/api/v3/flows/executor/${flow}/?query=`;

/** One visitor, who runs through the flow of a scenario once. */
export class Visit {
  /** When the next request should be sent, in milliseconds on the clock of the load. */
  private due = 0;
  private thoughtMs = 0;
  /** Number of steps that the visitor has passed. */
  private passed = 0;
  private refusedSince: number | undefined;
  /**
   * Whether a request was refused or lost. The server may have accepted it, so the login may continue at an unexpected
   * step.
   */
  private interrupted = false;

  constructor(
    private readonly context: VisitContext,
    private readonly visitor: Visitor,
    private readonly valueOf: (placeholder: Placeholder) => string,
  ) {}

  /**
   * Runs the visit of a visitor who arrived at `due`. Returns its latency since `due` in milliseconds, without think
   * times, or `undefined` if the visit has failed. Rejects if the load generator itself fails.
   */
  async run(due: number): Promise<number | undefined> {
    this.due = due;
    try {
      await this.runFlow();
      for (const request of this.context.scenario.afterwards) await this.follow(request);
      return this.context.clock.now() - due - this.thoughtMs;
    } catch (error) {
      if (!(error instanceof VisitFailure) && !(error instanceof NoCodeLeftError)) throw error;
      countReason(this.context.recording.failures, error.message);
      return undefined;
    }
  }

  private async runFlow() {
    const { steps, end } = this.context.scenario;
    let challenge = await this.look();
    while (challenge['component'] !== end) challenge = await this.solve(this.stepOf(challenge));
    if (this.missesSteps(steps.length)) throw new VisitFailure(`${end} came before ${this.expected}`);
  }

  /** Returns the step that answers a challenge. Fails if the flow is at a step that the scenario does not expect. */
  private stepOf({ component }: Challenge): ScenarioStep {
    const { steps } = this.context.scenario;
    const index = steps.findIndex((step) => step.component === component);
    const step = steps[index];
    if (!step || this.missesSteps(index)) throw new VisitFailure(`expected ${this.expected}, got ${String(component)}`);
    if (index < this.passed) this.startOver(step);
    this.passed = index;
    return step;
  }

  /** Counts a login that starts again. Throws unless a reply with a new session key was lost (docs/adr/0006). */
  private startOver({ component }: ScenarioStep) {
    if (!this.interrupted) throw new VisitFailure(`${component} came again`);
    this.context.recording.startedOver++;
  }

  /** Returns whether the flow has skipped a required step before the step with this index. */
  private missesSteps(index: number): boolean {
    const missed = this.context.scenario.steps.slice(this.passed, index).filter(({ optional }) => !optional);
    return missed.length > 0 && !this.interrupted;
  }

  private get expected(): string {
    const { steps, end } = this.context.scenario;
    return steps.slice(this.passed).find(({ optional }) => !optional)?.component ?? end;
  }

  /** Answers a challenge and returns the next one. After a refusal, returns the challenge that the flow shows now. */
  private async solve(step: ScenarioStep): Promise<Challenge> {
    await this.think(step.think);
    const body = fillIn(JSON.stringify({ component: step.component, ...step.answer }), this.valueOf);
    const response = await this.attempt(step.component, () => this.visitor.send('POST', this.path, { body }));
    if (!response) return this.look();
    const challenge = challengeOf(response);
    const errors = Object.entries(challenge['response_errors'] ?? {});
    if (errors.length > 0)
      throw new VisitFailure(`${step.component} rejected the answer: ${errors.map(codeOf).join()}`);
    this.passed++;
    this.interrupted = false;
    this.refusedSince = undefined;
    return challenge;
  }

  private async look(): Promise<Challenge> {
    return challengeOf(await this.retried(LOOK, () => this.visitor.send('GET', this.path)));
  }

  private async follow({ get, contains, think, times }: ScenarioRequest) {
    for (let i = 0; i < times; i++) {
      await this.think(think);
      const { text } = await this.retried(get, () => this.visitor.send('GET', get));
      if (!text.includes(fillIn(contains, this.valueOf))) throw new VisitFailure(`${get} does not contain ${contains}`);
      this.refusedSince = undefined;
    }
  }

  private async think({ min, max }: ThinkTime) {
    const ms = min + this.context.random() * (max - min);
    if (ms === 0) return;
    await this.context.clock.sleep(ms);
    this.thoughtMs += ms;
    this.due += ms;
  }

  private async retried(label: string, send: () => Promise<HttpResponse>): Promise<HttpResponse> {
    for (;;) {
      const response = await this.attempt(label, send);
      if (response) return response;
    }
  }

  /** Sends a request. After a refusal, waits and returns `undefined`. */
  private async attempt(label: string, send: () => Promise<HttpResponse>): Promise<HttpResponse | undefined> {
    const { clock, recording } = this.context;
    const { due } = this;
    recording.requests++;
    this.record(recording.lateness, clock.now() - due, due);
    const response = await send().catch(withoutResponse);
    this.due = clock.now();
    if (isRefusal(response)) {
      if (response.status !== 0) this.record(histogramOf(recording.refusals, label), this.due - due, due);
      await this.backOff(response);
      return undefined;
    }
    this.record(histogramOf(recording.steps, label), this.due - due, due);
    // authentik answers a solved challenge with a redirect to the next one.
    if (response.status === 302) return this.retried(LOOK, () => this.visitor.send('GET', this.path));
    if (response.status !== 200) throw new VisitFailure(`status ${response.status} at ${label}`);
    return response;
  }

  private record(histogram: RecordableHistogram, ms: number, due: number) {
    if (due >= this.context.measuredFrom) recordMs(histogram, ms);
  }

  /** Waits before the request is sent again. Fails if refusals have lasted too long. */
  private async backOff({ status, headers, text }: HttpResponse) {
    const { clock, recording, retryForMs, isAbandoned } = this.context;
    recording.refused.set(status, (recording.refused.get(status) ?? 0) + 1);
    this.interrupted = true;
    this.refusedSince ??= this.due;
    const asked = Number(headers['retry-after']) * 1000 || RETRY_DELAY_MS;
    const wait = Math.min(asked, MAX_RETRY_AFTER_MS);
    if (isAbandoned() || this.due + wait - this.refusedSince > retryForMs)
      throw new VisitFailure(status === 0 ? `refused: no response (${text})` : `refused: ${status}`);
    recording.retried++;
    await clock.sleep(wait);
    this.due += wait;
  }

  private get path(): string {
    return executorPath(this.context.scenario);
  }
}

type Challenge = Readonly<Record<string, unknown>>;

/** Returns a response with status 0 for a request that got no response. Its text is the reason. */
const withoutResponse = (error: NodeJS.ErrnoException): HttpResponse => ({
  ...{ status: 0, headers: {}, text: error.code ?? error.message },
});

/** Statuses with which a deployment, or a proxy before it, asks the client to retry later. 0 means no response. */
const isRefusal = ({ status }: HttpResponse) => [0, 429, 502, 503, 504].includes(status);

function challengeOf({ text }: HttpResponse): Challenge {
  try {
    return JSON.parse(text) as Challenge;
  } catch {
    throw new VisitFailure('a response that is not JSON');
  }
}

/** Returns the field and the code of an error, without texts. */
function codeOf([field, errors]: [string, unknown]): string {
  const [first] = Array.isArray(errors) ? (errors as { code?: unknown }[]) : [];
  return `${field} ${String(first?.code ?? '')}`.trim();
}
