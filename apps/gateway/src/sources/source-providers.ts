import type {
  SourceBeginReply,
  SourceBeginRequest,
  SourceCompleteReply,
  SourceCompleteRequest,
} from '@gatehouse/contracts';

/** A question as its asker writes it; how long there is for it is for the adapter to say. */
type ProviderRequest<Q> = Omit<Q, 'v' | 'timeout_ms'>;

/** Whoever signs people in elsewhere, by way of the service that speaks to them. Throws stage_away, stage_timeout, stage_busy, bus_down and stage_fault. */
export abstract class Providers {
  /** Where to send a browser, or why nowhere. */
  abstract begin(question: ProviderRequest<SourceBeginRequest>): Promise<SourceBeginReply>;
  /** Who has come back, or why nobody. */
  abstract complete(question: ProviderRequest<SourceCompleteRequest>): Promise<SourceCompleteReply>;
}
