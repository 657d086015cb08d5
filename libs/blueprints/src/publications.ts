import type { Brand, FlowVersion, OauthClient } from '@gatehouse/plan';
import type { PublishedFlow } from './report.js';

/** A compiled flow, ready to be published. */
export interface CompiledFlow {
  readonly document: FlowVersion;
  /** SHA-256 of the document: what tells versions apart. */
  readonly digest: Buffer;
}

/** The flow versions and the brands that visitors are given. */
export abstract class Publications {
  /** Makes each edition its flow's current version; one that the flow had before is used again. Answers what moved. */
  abstract publish(editions: readonly CompiledFlow[]): Promise<PublishedFlow[]>;
  /** Takes flows away from visitors; plans that are under way end on their version. */
  abstract withdraw(flowIds: readonly string[]): Promise<void>;
  /** Makes these the brands, beside what is published by now; nothing moves when nothing of it changes. */
  abstract publishBrands(brands: readonly Brand[]): Promise<void>;
  /** Makes these the OAuth clients. */
  abstract publishClients(clients: readonly OauthClient[]): Promise<void>;
}
