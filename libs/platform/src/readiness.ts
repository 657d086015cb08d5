/** Returns whether the process can use a dependency now. */
export type ReadinessCheck = () => boolean | Promise<boolean>;

interface Requirement {
  readonly name: string;
  readonly check: ReadinessCheck;
  /** The running check, whose result all probes of that time share. */
  running: Promise<boolean> | undefined;
}

/** Milliseconds that a check may take by default (READINESS_TIMEOUT_MS). */
export const READINESS_TIMEOUT_MS = 2000;

/** The dependencies of a process, and whether it can answer requests now. */
export class Readiness {
  readonly #requirements: Requirement[] = [];
  #stopping = false;

  /** A check that takes longer than `timeoutMs` milliseconds has failed. */
  constructor(private readonly timeoutMs: number = READINESS_TIMEOUT_MS) {}

  /** Adds a dependency. Several dependencies may have the same name, such as two pools of `database`. */
  require(name: string, check: ReadinessCheck): void {
    this.#requirements.push({ name, check, running: undefined });
  }

  /** Marks the process as stopping: from now on it is not ready. */
  stop(): void {
    this.#stopping = true;
  }

  /** Returns the names of the dependencies that cannot be used now. The process is ready if there are none. */
  async missing(): Promise<readonly string[]> {
    const usable = await Promise.all(this.#requirements.map((requirement) => this.#isUsable(requirement)));
    const names = this.#requirements.filter((_, index) => !usable[index]).map(({ name }) => name);
    return [...(this.#stopping ? ['stopping'] : []), ...new Set(names)];
  }

  async #isUsable(requirement: Requirement): Promise<boolean> {
    requirement.running ??= this.#run(requirement.check).finally(() => {
      requirement.running = undefined;
    });
    return requirement.running;
  }

  /** Never rejects, and resolves within the time limit. */
  async #run(check: ReadinessCheck): Promise<boolean> {
    let timer: NodeJS.Timeout | undefined;
    const timeout = new Promise<boolean>((resolve) => {
      timer = setTimeout(() => resolve(false), this.timeoutMs);
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
