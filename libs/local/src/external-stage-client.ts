import type { ExternalStages } from '@gatehouse/blueprints';
import { PROTOCOL_VERSION, Problem, trustedStages } from '@gatehouse/contracts';
import { readConfig } from '@gatehouse/platform';
import { z } from 'zod';
import { StageRequester } from './stage-requester.js';

/** Milliseconds that a stage has to describe itself. */
const DESCRIBE_MS = 5000;

const settings = z.object({ TRUSTED_STAGES: trustedStages });

/** Asks the stages of others what they are, each once, while blueprints are applied. */
export class ExternalStageClient implements ExternalStages {
  readonly #bus: StageRequester;
  readonly #told = new Map<string, Promise<unknown>>();

  constructor(private readonly env: NodeJS.ProcessEnv) {
    this.#bus = new StageRequester(env);
  }

  describe(kind: string): Promise<unknown> {
    const told = this.#told.get(kind) ?? describe(this.#bus, kind);
    this.#told.set(kind, told);
    return told;
  }

  trusts(kind: string): boolean {
    return readConfig(settings, this.env).TRUSTED_STAGES.includes(kind);
  }

  close(): Promise<void> {
    return this.#bus.close();
  }
}

/** What a stage says of itself, not yet looked at. Throws Problem. */
export async function describe(bus: StageRequester, kind: string): Promise<unknown> {
  const body = JSON.stringify({ v: PROTOCOL_VERSION });
  const answer = await bus.ask({ kind, verb: 'describe', body, timeoutMs: DESCRIBE_MS });
  try {
    return JSON.parse(new TextDecoder().decode(answer));
  } catch (cause) {
    throw new Problem('stage_fault', { cause, detail: `${kind} describes itself in what is no JSON.` });
  }
}
