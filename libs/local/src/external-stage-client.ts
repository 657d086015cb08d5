import type { ExternalStages } from '@gatehouse/blueprints';
import { PROTOCOL_VERSION, Problem, trustedStages } from '@gatehouse/contracts';
import { readConfig } from '@gatehouse/platform';
import { z } from 'zod';
import { StageRequester } from './stage-requester.js';

/** Timeout of a request for a descriptor in milliseconds. */
const DESCRIBE_MS = 5000;

const settings = z.object({ TRUSTED_STAGES: trustedStages });

/** Requests the descriptors of external stages while blueprints are applied. Requests each descriptor once. */
export class ExternalStageClient implements ExternalStages {
  readonly #requester: StageRequester;
  readonly #descriptors = new Map<string, Promise<unknown>>();

  constructor(private readonly env: NodeJS.ProcessEnv) {
    this.#requester = new StageRequester(env);
  }

  describe(kind: string): Promise<unknown> {
    const descriptor = this.#descriptors.get(kind) ?? describe(this.#requester, kind);
    this.#descriptors.set(kind, descriptor);
    return descriptor;
  }

  trusts(kind: string): boolean {
    return isTrustedStage(kind, this.env);
  }

  close(): Promise<void> {
    return this.#requester.close();
  }
}

/** Returns the descriptor of a stage, not yet validated. Throws Problem. */
export async function describe(requester: StageRequester, kind: string): Promise<unknown> {
  const body = JSON.stringify({ v: PROTOCOL_VERSION });
  const reply = await requester.ask({ kind, verb: 'describe', body, timeoutMs: DESCRIBE_MS });
  try {
    return JSON.parse(new TextDecoder().decode(reply));
  } catch (cause) {
    throw new Problem('stage_fault', { cause, detail: `The descriptor of ${kind} is not JSON.` });
  }
}

/** Returns whether `TRUSTED_STAGES` lists a kind. */
export const isTrustedStage = (kind: string, env: NodeJS.ProcessEnv): boolean =>
  readConfig(settings, env).TRUSTED_STAGES.includes(kind);
