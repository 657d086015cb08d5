import type { CommandName } from '@gatehouse/contracts';
import type { Sealer } from '@gatehouse/platform';
import { type CommandEvent, type EventRecorder, recordEvents, type Transaction } from './event-recorder.js';

/** Writes audit events of a command to the outbox. Their actor is `system`. */
export class CommandEventRecorder implements EventRecorder {
  #hasUnrecorded = false;

  /** `sealer` encrypts with the gateway's SEAL_KEYS. Without a sealer, events are not written. */
  constructor(
    readonly command: CommandName,
    private readonly sealer: Sealer | undefined,
  ) {}

  /** Whether an event was not written because there is no sealer. */
  get hasUnrecorded(): boolean {
    return this.#hasUnrecorded;
  }

  async record(transaction: Transaction, ...events: readonly CommandEvent[]): Promise<void> {
    const { sealer } = this;
    if (!sealer) {
      this.#hasUnrecorded ||= events.length > 0;
      return;
    }
    const actor = { type: 'system', command: this.command } as const;
    const facts = { actor, clientIp: '', userAgent: undefined, location: undefined, requestId: undefined };
    await recordEvents(transaction, events, { facts, sealer });
  }
}
