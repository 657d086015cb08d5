import { setTimeout as delay } from 'node:timers/promises';
import { Logger } from './logger.js';

/** Returns whether the process can use a dependency now. */
export type ReadinessCheck = () => boolean | Promise<boolean>;

interface Requirement {
  readonly name: string;
  readonly check: ReadinessCheck;
  /** The check in progress. Probes that arrive meanwhile share its result. */
  running: Promise<boolean> | undefined;
}

/** Time limits for the dependencies of a process. */
export interface ReadinessLimits {
  /** Milliseconds after which a check counts as failed. */
  readonly READINESS_TIMEOUT_MS: number;
  /**
   * Seconds from the start of the process in which it waits for its dependencies. With 0, it tries each dependency
   * once.
   */
  readonly START_WAIT_S: number;
}

const WITHOUT_WAITING: ReadinessLimits = { READINESS_TIMEOUT_MS: 2000, START_WAIT_S: 0 };

/**
 * Milliseconds before the second try of a dependency at the start, and the upper limit. The delay doubles with each
 * try.
 */
const [FIRST_DELAY_MS, LONGEST_DELAY_MS] = [250, 2000];

/**
 * Thrown if a process cannot use a dependency within START_WAIT_S seconds of its start. The message is a sentence for
 * the operator.
 */
export class StartError extends Error {}

/** The dependencies of a process. It is ready for requests while it can use all of them. */
export class Readiness {
  readonly #requirements: Requirement[] = [];
  readonly #awaited = new Set<string>();
  readonly #startedAt = performance.now();
  #stopping = false;

  constructor(
    private readonly limits: ReadinessLimits = WITHOUT_WAITING,
    private readonly logger: Logger = new Logger(),
  ) {}

  /** Milliseconds after which a check counts as failed. */
  get timeoutMs(): number {
    return this.limits.READINESS_TIMEOUT_MS;
  }

  /** Adds a dependency. Several dependencies may have the same name, such as two pools of `database`. */
  require(name: string, check: ReadinessCheck): void {
    this.#requirements.push({ name, check, running: undefined });
  }

  /** The names of the dependencies, each once. */
  get names(): readonly string[] {
    return [...new Set(this.#requirements.map(({ name }) => name))];
  }

  /**
   * Calls `attempt`, which connects to the dependency `name`, until it succeeds, and returns its result. `reasonToWait`
   * decides about each error: if it returns a reason, the process is not ready and tries again. Throws a StartError
   * with this reason after START_WAIT_S seconds. Throws any other error at once.
   */
  async waitFor<T>(name: string, attempt: () => Promise<T>, reasonToWait: ReasonToWait): Promise<T> {
    const end = this.#startedAt + this.limits.START_WAIT_S * 1000;
    let logged: string | undefined;
    try {
      for (let wait = FIRST_DELAY_MS; ; wait = Math.min(2 * wait, LONGEST_DELAY_MS)) {
        const { result, reason } = await tryOnce(attempt, reasonToWait);
        if (reason === undefined) return result as T;
        if (performance.now() + wait > end) throw new StartError(this.#giveUp(reason));
        if (reason !== logged) this.logger.event('dependency_awaited', { dependency: name, reason });
        logged = reason;
        this.#awaited.add(name);
        await delay(wait);
      }
    } finally {
      this.#awaited.delete(name);
    }
  }

  /** Whether the process is stopping. */
  get stopping(): boolean {
    return this.#stopping;
  }

  /** Marks the process as stopping, so that it is not ready any more. */
  stop(): void {
    this.#stopping = true;
  }

  /**
   * Returns why the process is not ready: the names of the unusable dependencies, and `stopping` after `stop`. An empty
   * list means that it is ready.
   */
  async missing(): Promise<readonly string[]> {
    const usable = await Promise.all(this.#requirements.map((requirement) => this.#isUsable(requirement)));
    const names = this.#requirements.filter((_, index) => !usable[index]).map(({ name }) => name);
    return [...(this.#stopping ? ['stopping'] : []), ...new Set([...names, ...this.#awaited])];
  }

  #giveUp(reason: string): string {
    const { START_WAIT_S: seconds } = this.limits;
    return seconds === 0 ? reason : `${reason}. Gave up after START_WAIT_S, ${seconds} s`;
  }

  async #isUsable(requirement: Requirement): Promise<boolean> {
    requirement.running ??= this.#run(requirement.check).finally(() => {
      requirement.running = undefined;
    });
    return requirement.running;
  }

  /** Returns the result of a check; false if it fails or takes too long. Never rejects. */
  async #run(check: ReadinessCheck): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), this.limits.READINESS_TIMEOUT_MS);
    });
    try {
      return await Promise.race([check(), timeout]);
    } catch {
      return false;
    } finally {
      clearTimeout(timer);
    }
  }
}

/**
 * Returns why it makes sense to try again after this error, as a sentence without a full stop; undefined if it does
 * not.
 */
export type ReasonToWait = (error: unknown) => string | undefined;

async function tryOnce<T>(attempt: () => Promise<T>, reasonToWait: ReasonToWait) {
  try {
    return { result: await attempt() };
  } catch (error) {
    const reason = reasonToWait(error);
    if (reason === undefined) throw error;
    return { reason };
  }
}
