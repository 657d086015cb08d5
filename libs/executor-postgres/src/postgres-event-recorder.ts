import { type EventContext, type EventEffect, EventRecorder } from '@gatehouse/executor';
import { INSERT_OUTBOX_ROWS, outboxColumns, outboxRow, requestedEventMessage } from '@gatehouse/outbox';
import { type NamedStatement, runNamed, type Sealer } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { eventFacts } from './event-facts.js';

const RECORD: NamedStatement = { name: 'record_events', text: INSERT_OUTBOX_ROWS };

/** Stores events in the outbox, for requests that save no plan. */
export class PostgresEventRecorder extends EventRecorder {
  constructor(
    private readonly source: DataSource,
    private readonly sealer: Sealer,
  ) {
    super();
  }

  async record(events: readonly EventEffect[], about: EventContext): Promise<void> {
    if (events.length === 0) return;
    const facts = eventFacts(about);
    const rows = events.map((event) => outboxRow(requestedEventMessage(event, facts), this.sealer));
    const { ids, topics, bodies, users } = outboxColumns(rows);
    await runNamed(this.source, RECORD, [ids, topics, bodies, users]);
  }
}
