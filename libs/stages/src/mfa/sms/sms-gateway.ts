import type { Config } from '@gatehouse/contracts';
import type { authenticatorSmsContract } from './authenticator-sms.contract.js';

/** How a stage sends. */
export type SmsSettings = Config<typeof authenticatorSmsContract>;

/** A message that a provider did not take, or that is one too many. Its text names no number. */
export class SmsNotSentError extends Error {
  constructor(
    message: string,
    /** Whether it may be asked for again in a moment. */
    readonly early: boolean,
    /** What the provider answered, if it did. */
    readonly status?: number,
  ) {
    super(message);
  }
}

/** One code for one number. */
export interface SmsMessage {
  readonly to: string;
  readonly code: string;
  /** Milliseconds that anybody waits. */
  readonly timeoutMs: number;
}

/** What takes messages to phones. */
export abstract class SmsGateway {
  /** Throws Unsent. */
  abstract send(settings: SmsSettings, message: SmsMessage): Promise<void>;
}
