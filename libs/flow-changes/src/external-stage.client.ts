import type { ExternalStages } from '@gatehouse/blueprints';
import { PROTOCOL_VERSION, stageSubject } from '@gatehouse/contracts';
import { type Requester, requestOverBus } from '@gatehouse/platform';
import { z } from 'zod';

/** Milliseconds in which an external stage must reply with its descriptor. */
const DESCRIBE_MS = 5000;

/** Requests the descriptors of external stages during one change of flows. Requests each descriptor only once. */
export class ExternalStageClient implements ExternalStages {
  readonly #descriptors = new Map<string, Promise<unknown>>();

  constructor(
    private readonly requester: Requester,
    private readonly trusted: readonly string[],
  ) {}

  describe(kind: string): Promise<unknown> {
    const descriptor = this.#descriptors.get(kind) ?? this.#request(kind);
    this.#descriptors.set(kind, descriptor);
    return descriptor;
  }

  trusts(kind: string): boolean {
    return this.trusted.includes(kind);
  }

  #request(kind: string): Promise<unknown> {
    const body = JSON.stringify({ v: PROTOCOL_VERSION });
    const subject = stageSubject(kind, 'describe');
    return requestOverBus(this.requester, { subject, body, timeoutMs: DESCRIBE_MS, reply: z.unknown() });
  }
}
