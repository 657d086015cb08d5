import { ADD_JOURNEYS, type JourneyRow } from './journey.statements.js';

/** A journey record (docs/spec/journeys.md) to insert. */
export type NewJourney = Omit<JourneyRow, 'slug' | 'ms'>;

interface Queries {
  query(sql: string, values: unknown[]): Promise<unknown>;
}

/** Inserts journey records of abandoned and expired plans. These have no `reason`. */
export async function addJourneys(source: Queries, rows: readonly NewJourney[]): Promise<void> {
  await source.query(ADD_JOURNEYS, [JSON.stringify(rows)]);
}
