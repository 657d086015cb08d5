import type { Strangers } from '@gatehouse/blueprints';
import { PROTOCOL_VERSION, Problem, stageSubject, trustedStages } from '@gatehouse/contracts';
import {
  BusDown,
  dialNats,
  type NatsRequester,
  NoResponders,
  natsConfig,
  RequestTimeout,
  readConfig,
} from '@gatehouse/platform';

/** The NATS user of an operator's commands. */
export const OPERATOR = 'operator';

/** Milliseconds that a stage has to describe itself. */
const DESCRIBE_MS = 5000;

const settings = natsConfig.extend({ TRUSTED_STAGES: trustedStages });

/** Asks the stages of others for a command: over the bus of NATS_URL, dialled when the first is asked. */
export class StageErrand implements Strangers {
  #requester: Promise<NatsRequester> | undefined;
  readonly #told = new Map<string, Promise<unknown>>();

  constructor(private readonly env: NodeJS.ProcessEnv) {}

  /** Each is asked once. */
  describe(kind: string): Promise<unknown> {
    const told = this.#told.get(kind) ?? this.#ask(kind);
    this.#told.set(kind, told);
    return told;
  }

  trusts(kind: string): boolean {
    return readConfig(settings, this.env).TRUSTED_STAGES.includes(kind);
  }

  async close(): Promise<void> {
    await (await this.#requester?.catch(() => undefined))?.close();
  }

  async #ask(kind: string): Promise<unknown> {
    const subject = stageSubject(kind, 'describe');
    try {
      this.#requester ??= dialNats(readConfig(settings, this.env), OPERATOR);
      const answer = await (await this.#requester).request(subject, REQUEST, DESCRIBE_MS);
      return JSON.parse(new TextDecoder().decode(answer));
    } catch (error) {
      throw problemOf(error, { kind, subject });
    }
  }
}

const REQUEST = JSON.stringify({ v: PROTOCOL_VERSION });

function problemOf(cause: unknown, { kind, subject }: { kind: string; subject: string }): unknown {
  if (cause instanceof NoResponders)
    return new Problem('stage_away', { cause, detail: `Nobody answers for ${kind} on ${subject}: start its service.` });
  if (cause instanceof RequestTimeout)
    return new Problem('stage_timeout', {
      cause,
      detail: `${kind} did not answer on ${subject} in ${DESCRIBE_MS} ms.`,
    });
  if (cause instanceof SyntaxError)
    return new Problem('stage_fault', { cause, detail: `${kind} answers on ${subject} with what is no JSON.` });
  return cause instanceof BusDown
    ? new Problem('bus_down', { cause, detail: `${kind} cannot be asked: ${cause.message}` })
    : cause;
}
