import { resultOf } from './flow-result.js';
import { interruptionOf } from './interruption.js';
import type { Reply, Unavailable } from './reply.js';
import { mayRetry, pause, retryDelayS } from './retry.js';
import { executorPath, type Transport } from './transport.js';
import type { Challenge, ChallengeResponse, FlowResult, Interruption, Wait } from './types.js';

/** How a flow is started. */
export interface StartOptions {
  /** Query of the page that shows the flow, such as `next=%2Fapp`, or its `location.search`. */
  readonly query?: string;
  /** Ends the run when it is aborted. */
  readonly signal?: AbortSignal;
  /** Called before each pause, after which a request is repeated. */
  readonly onWait?: (wait: Wait) => void;
}

interface FlowRunOptions extends StartOptions {
  readonly flow: string;
  readonly transport: Transport;
  readonly retries: number | undefined;
}

/**
 * One run of a flow. Sends one request at a time. Sends a response again only after a status 429 or a refusal by the
 * gateway's admission, because both say that the response was not processed. After any other failure the client fetches
 * the current challenge.
 */
export class FlowRun {
  private readonly controller = new AbortController();
  private readonly signal = this.controller.signal;
  private readonly path: string;
  private busy = false;
  private answerable: Challenge | undefined;
  private latest: FlowResult | undefined;
  private runId: string | undefined;
  private stepId: string | undefined;

  constructor(private readonly options: FlowRunOptions) {
    const { flow, query = '', signal } = options;
    this.path = executorPath(flow, query);
    const follow = () => this.abort(signal?.reason);
    if (signal?.aborted) follow();
    signal?.addEventListener('abort', follow, { once: true, signal: this.signal });
  }

  /** The challenge to answer. Undefined when the flow has ended, or no challenge could be fetched. */
  get challenge(): Challenge | undefined {
    return this.answerable;
  }

  /** The result of the last request. Undefined before the first one. */
  get result(): FlowResult | undefined {
    return this.latest;
  }

  /** The id of the run. It changes when the run has expired and the flow has started again. */
  get id(): string | undefined {
    return this.runId;
  }

  /** Whether a request is under way. */
  get pending(): boolean {
    return this.busy;
  }

  /** Fetches the current challenge. Starts the flow if the session has not started it. */
  refresh(): Promise<FlowResult> {
    return this.exclusively(() => this.fetchChallenge());
  }

  /**
   * Answers the current challenge. Returns what the flow shows next, such as the same challenge with `response_errors`.
   * Rejects if there is no challenge of this component, while another request is under way, and when the run is aborted.
   */
  solve(response: ChallengeResponse): Promise<FlowResult> {
    return this.exclusively(() => {
      if (this.answerable?.component !== response.component)
        throw new Error(`The current challenge is ${this.answerable?.component ?? 'none'}, not ${response.component}.`);
      return this.answer(JSON.stringify(response));
    });
  }

  /** Ends the run. Requests that are under way reject with `reason`, an AbortError by default. */
  abort(reason?: unknown): void {
    this.controller.abort(reason);
  }

  private async exclusively(request: () => Promise<FlowResult>): Promise<FlowResult> {
    if (this.busy) throw new Error('The last request of this run is still under way. Wait for its result first.');
    this.signal.throwIfAborted();
    this.busy = true;
    try {
      return await request();
    } finally {
      this.busy = false;
    }
  }

  private async answer(body: string): Promise<FlowResult> {
    // If the gateway had not applied a response that names its step, the reply would have an interruption.
    const isNamed = this.stepId !== undefined;
    const reply = await this.send(body, (failure) => !interruptionOf(failure));
    const interruption = interruptionOf(reply);
    if (!interruption) return this.show(reply, undefined, isNamed);
    if (reply.kind === 'challenge') return this.show(reply, interruption);
    if (reply.kind === 'unavailable') await this.wait(reply, 1);
    return this.fetchChallenge(interruption);
  }

  private async fetchChallenge(interrupted?: Interruption): Promise<FlowResult> {
    return this.show(await this.send(undefined, () => true), interrupted);
  }

  /** Sends a request, and repeats it while `repeatable` returns true for the failure. */
  private async send(body: string | undefined, repeatable: (failure: Unavailable) => boolean): Promise<Reply> {
    const { transport, retries } = this.options;
    for (let failures = 1; ; failures++) {
      const reply = await transport.send(
        this.path,
        body === undefined ? undefined : { body, step: this.stepId },
        this.signal,
      );
      if (reply.kind !== 'unavailable' || !repeatable(reply) || !mayRetry({ ...reply, failures }, retries))
        return reply;
      await this.wait(reply, failures);
    }
  }

  private wait({ reason, retryAfterS }: Unavailable, failures: number): Promise<void> {
    const seconds = retryDelayS({ retryAfterS, failures });
    this.options.onWait?.({ reason, seconds, failures });
    return pause(seconds, this.signal);
  }

  /**
   * Shows a reply. With `isApplied`, the run has applied the response, so its steps do not begin again, even if the run
   * is a new one.
   */
  private show(reply: Reply, interrupted?: Interruption, isApplied = false): FlowResult {
    const before = this.runId;
    if (reply.kind === 'challenge') {
      this.runId = reply.run ?? before;
      this.stepId = reply.step;
    }
    const restarted = before !== undefined && this.runId !== before && !isApplied;
    const result = resultOf(reply, (to) => this.options.transport.resolve(to));
    if (result.kind === 'challenge') {
      this.answerable = result.challenge;
      this.latest = {
        ...result,
        step: this.stepId,
        ...(interrupted ? { interrupted } : {}),
        ...(restarted ? { restarted } : {}),
      };
    } else {
      // The challenge can still be answered if the response was not processed.
      if (!(reply.kind === 'unavailable' && reply.unprocessed)) this.answerable = undefined;
      this.latest = result;
    }
    return this.latest;
  }
}
