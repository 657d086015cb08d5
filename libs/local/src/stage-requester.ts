import { Problem, type STAGE_VERBS, stageSubject } from '@gatehouse/contracts';
import { busFailureOf, dialNats, natsAddress, type Requester } from '@gatehouse/platform';
import { natsSettingsOf } from './local-nats.js';

/** The NATS user of the operator's commands. */
export const OPERATOR = 'operator';
/** The NATS user of `check:stage`, who may send requests only to external stages. */
export const CHECKER = 'checker';

const START_NATS =
  'Start Gatehouse or a nats-server there, or set NATS_URL to one that runs. The gateway needs the same NATS_URL.';
const START_SERVICE =
  'Start its service with this server. If it uses another one, set NATS_URL to that, or GATEHOUSE_DIR to the folder of its npm start.';

/** A request of a command to a stage. */
export interface StageCall {
  readonly kind: string;
  readonly verb: (typeof STAGE_VERBS)[number];
  /** The request body, serialised as JSON. */
  readonly body: string;
  readonly timeoutMs: number;
}

/**
 * Sends the requests of a command to stages on the NATS server of `NATS_URL`, otherwise on that of `npm start`.
 * Connects before the first request.
 */
export class StageRequester {
  #requester: Promise<Requester> | undefined;
  /** The addresses of the NATS servers, without user names and passwords. */
  #server = '';
  /** Where the addresses come from. */
  #origin = '';

  /** `user` is the name of the NATS user and of its inboxes, to which it may subscribe. */
  constructor(
    private readonly env: NodeJS.ProcessEnv,
    private readonly user: typeof OPERATOR | typeof CHECKER = OPERATOR,
  ) {}

  /** Returns the bytes of the reply. Throws a Problem whose message names the stage and says what to do. */
  async ask({ kind, verb, body, timeoutMs }: StageCall): Promise<Uint8Array> {
    const subject = stageSubject(kind, verb);
    try {
      this.#requester ??= this.connect();
      return await (await this.#requester).request(subject, body, timeoutMs);
    } catch (cause) {
      const code = busFailureOf(cause);
      if (code === undefined) throw cause;
      const detail = {
        stage_away: `No service answers for ${kind} on ${subject} at ${this.#server} (${this.#origin}). ${START_SERVICE}`,
        stage_timeout: `${kind} did not answer on ${subject} at ${this.#server} in ${timeoutMs} ms.`,
        bus_down: `${kind} cannot be reached: ${(cause as Error).message}. The address is ${this.#origin}. ${START_NATS}`,
      }[code];
      throw new Problem(code, { cause, detail });
    }
  }

  private async connect(): Promise<Requester> {
    const { settings, origin } = await natsSettingsOf(this.env);
    this.#server = natsAddress(settings);
    this.#origin = origin;
    return dialNats(settings, this.user);
  }

  async close(): Promise<void> {
    await (await this.#requester?.catch(() => undefined))?.close();
  }
}
