import { ADD_JOURNEYS, type JourneyRow } from './journey.statements.js';

/** A record of an ended plan, as `addJourneys` inserts it. */
export type NewJourney = Omit<JourneyRow, 'slug' | 'ms'>;

interface Queries {
  query(sql: string, values: unknown[]): Promise<unknown>;
}

/** Inserts records of ended plans, without a reason. */
export async function addJourneys(source: Queries, rows: readonly NewJourney[]): Promise<void> {
  await source.query(ADD_JOURNEYS, [JSON.stringify(rows)]);
}
