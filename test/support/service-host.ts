import { type Environment, type RunningPart, type RunningProcess, startProcess } from './processes.js';

/** Services that are a part of their own, because they serve no stages. */
const OWN_PARTS = ['blueprints', 'courier', 'policy'] as const;
type OwnPart = (typeof OWN_PARTS)[number];

/** Returns the part that runs a service: the service itself, or the microservice of all stages. */
export const partOf = (service: string): HostedPart['part'] =>
  service === 'gateway' ? service : (OWN_PARTS.find((part) => part === service) ?? 'stages');

/**
 * A part of the product that a service host can run. The part `stages` is one microservice, which serves every stage of
 * the listed services.
 */
export interface HostedPart {
  readonly part: 'gateway' | 'stages' | OwnPart;
  /** The services whose stages are served. */
  readonly services?: readonly string[];
  readonly env: Environment;
}

interface Reply {
  readonly id: number;
  readonly error?: string;
}

let host: Promise<ServiceHost> | undefined;

/**
 * Starts a part of the built product in the service host of this worker. That takes a fraction of the time of a
 * process, because the host has already loaded all modules.
 */
export async function startHosted(part: HostedPart): Promise<RunningPart> {
  host ??= ServiceHost.open();
  return (await host).start(part);
}

/** A process that runs any number of parts, until the worker ends. */
class ServiceHost {
  readonly #pending = new Map<number, { resolve: () => void; reject: (error: Error) => void }>();
  #lastId = 0;

  private constructor(private readonly process: RunningProcess) {
    process.child.on('message', (reply: Reply) => this.#settle(reply));
    void process.gone.then((code) => {
      host = undefined;
      for (const id of this.#pending.keys()) this.#settle({ id, error: `the service host ended with ${code}` });
    });
  }

  static async open(): Promise<ServiceHost> {
    return new ServiceHost(
      await startProcess(
        'dist/test/support/service-host-process.js',
        { UV_THREADPOOL_SIZE: '4' },
        { ready: /host is ready/, ipc: true },
      ),
    );
  }

  async start(part: HostedPart): Promise<RunningPart> {
    const from = this.process.output().length;
    const id = ++this.#lastId;
    await this.#request({ id, start: part });
    let stopped: Promise<number> | undefined;
    const stop = () => {
      stopped ??= this.#request({ id: ++this.#lastId, stop: id }).then(() => 0);
      return stopped;
    };
    const output = () => this.process.output().slice(from);
    return { output, says: this.process.says, stop, gone: this.process.gone };
  }

  #request(message: { readonly id: number } & Readonly<Record<string, unknown>>): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#pending.set(message.id, { resolve, reject });
      this.process.child.send(message);
    });
  }

  #settle({ id, error }: Reply): void {
    const pending = this.#pending.get(id);
    this.#pending.delete(id);
    if (error === undefined) pending?.resolve();
    else pending?.reject(new Error(`${error}\n${this.process.output().slice(-4000)}`));
  }
}

/** Resolves when every part has written a new line that matches. Parts in the service host share their output. */
export async function everyPartSays(parts: ReadonlySet<RunningPart>, line: RegExp): Promise<void> {
  const hosted = [...parts].filter((part) => !('pid' in part)).length;
  await Promise.all([...parts].map((part) => part.says(line, 'pid' in part ? 1 : hosted)));
}
