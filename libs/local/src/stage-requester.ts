import { Problem, type STAGE_VERBS, stageSubject } from '@gatehouse/contracts';
import {
  connectNatsOnce,
  type NatsRequester,
  NatsUnavailableError,
  NoRespondersError,
  natsConfig,
  RequestTimeoutError,
  readConfig,
} from '@gatehouse/platform';

/** The NATS user of an operator's commands. */
const OPERATOR = 'operator';

/** What a command asks of a stage. */
export interface StageCall {
  readonly kind: string;
  readonly verb: (typeof STAGE_VERBS)[number];
  /** As it goes over the wire. */
  readonly body: string;
  readonly timeoutMs: number;
}

/** The stages on the bus of NATS_URL, for a command: dialled when the first is asked, and never waited for. */
export class StageRequester {
  #requester: Promise<NatsRequester> | undefined;

  constructor(private readonly env: NodeJS.ProcessEnv) {}

  /** The bytes of the answer. Throws Problem, with a sentence that names the stage and its subject. */
  async ask({ kind, verb, body, timeoutMs }: StageCall): Promise<Uint8Array> {
    const subject = stageSubject(kind, verb);
    try {
      this.#requester ??= connectNatsOnce(readConfig(natsConfig, this.env), OPERATOR);
      return await (await this.#requester).request(subject, body, timeoutMs);
    } catch (cause) {
      if (cause instanceof NoRespondersError)
        throw new Problem('stage_away', {
          cause,
          detail: `Nobody answers for ${kind} on ${subject}: start its service.`,
        });
      if (cause instanceof RequestTimeoutError)
        throw new Problem('stage_timeout', {
          cause,
          detail: `${kind} did not answer on ${subject} in ${timeoutMs} ms.`,
        });
      if (cause instanceof NatsUnavailableError)
        throw new Problem('bus_down', { cause, detail: `${kind} cannot be asked: ${cause.message}` });
      throw cause;
    }
  }

  async close(): Promise<void> {
    await (await this.#requester?.catch(() => undefined))?.close();
  }
}
