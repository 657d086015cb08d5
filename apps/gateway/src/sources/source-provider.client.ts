import {
  PROTOCOL_VERSION,
  SOURCE_BEGIN_SUBJECT,
  SOURCE_COMPLETE_SUBJECT,
  SOURCE_DEADLINE_MS,
  type SourceBeginReply,
  type SourceBeginRequest,
  type SourceCompleteReply,
  type SourceCompleteRequest,
  sourceBeginReply,
  sourceCompleteReply,
} from '@gatehouse/contracts';
import { Requester, requestOverBus } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import type { z } from 'zod';

/** Bytes of the largest reply of the identification service that is parsed. */
const MAX_REPLY_BYTES = 256 * 1024;

/**
 * Sends requests for OAuth and Plex providers to the identification service, over the bus. Throws `stage_away`,
 * `stage_timeout`, `stage_busy`, `bus_down` and `stage_fault`.
 */
@Injectable()
export class SourceProviderClient {
  constructor(@Inject(Requester) private readonly requester: Requester) {}

  /** Returns the URL of the provider to redirect the browser to, or the reason of a refusal. */
  begin(request: Omit<SourceBeginRequest, 'v' | 'timeout_ms'>): Promise<SourceBeginReply> {
    return this.ask(SOURCE_BEGIN_SUBJECT, request, sourceBeginReply);
  }

  /** Returns the identity that the provider has authenticated, or the reason of a refusal. */
  complete(request: Omit<SourceCompleteRequest, 'v' | 'timeout_ms'>): Promise<SourceCompleteReply> {
    return this.ask(SOURCE_COMPLETE_SUBJECT, request, sourceCompleteReply);
  }

  /** Sends a request without a retry, because a provider accepts an authorization code only once. */
  private ask<S extends z.ZodType>(subject: string, request: object, reply: S): Promise<z.output<S>> {
    const timeoutMs = SOURCE_DEADLINE_MS;
    const body = JSON.stringify({ v: PROTOCOL_VERSION, timeout_ms: timeoutMs, ...request });
    return requestOverBus(this.requester, { subject, body, timeoutMs, reply, maxReplyBytes: MAX_REPLY_BYTES });
  }
}
