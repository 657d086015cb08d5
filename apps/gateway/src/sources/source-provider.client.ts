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
import { type Requester, requestOverBus } from '@gatehouse/platform';
import type { z } from 'zod';
import { Providers } from './source-providers.js';

/** Bytes of the longest reply that is parsed. The service limits what it takes from a provider. */
const MAX_REPLY_BYTES = 256 * 1024;

/** Asks OAuth and Plex providers through the identification service, over the bus. */
export class NatsProviders extends Providers {
  constructor(
    private readonly requester: Requester,
    private readonly deadlineMs = SOURCE_DEADLINE_MS,
  ) {
    super();
  }

  begin(request: Omit<SourceBeginRequest, 'v' | 'timeout_ms'>): Promise<SourceBeginReply> {
    return this.ask(SOURCE_BEGIN_SUBJECT, request, sourceBeginReply);
  }

  complete(request: Omit<SourceCompleteRequest, 'v' | 'timeout_ms'>): Promise<SourceCompleteReply> {
    return this.ask(SOURCE_COMPLETE_SUBJECT, request, sourceCompleteReply);
  }

  /** Sends each request once, because a provider accepts an authorization code once. */
  private ask<S extends z.ZodType>(subject: string, request: object, reply: S): Promise<z.output<S>> {
    const timeoutMs = this.deadlineMs;
    const body = JSON.stringify({ v: PROTOCOL_VERSION, timeout_ms: timeoutMs, ...request });
    return requestOverBus(this.requester, { subject, body, timeoutMs, reply, maxReplyBytes: MAX_REPLY_BYTES });
  }
}
