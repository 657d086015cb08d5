import type { MigrationInterface, QueryRunner } from 'typeorm';

const FUNCTION = 'flow.keep_journey_partitions(interval)';
const [WITH_TODAY, COMING_DAYS] = ['generate_series(0, 3)', 'generate_series(1, 3)'];

/**
 * Creates partitions of journeys only for coming days. When the partition of the present day was created, Postgres
 * refused the logins that waited for the lock, because their records no longer belonged to the default partition.
 * Records of a day without a partition, such as the first day of an installation, stay in the default partition
 * (docs/spec/journeys.md#partitions).
 */
export class PartitionsOfComingDays1766796060000 implements MigrationInterface {
  name = 'PartitionsOfComingDays1766796060000';

  up(runner: QueryRunner): Promise<void> {
    return replaceDays(runner, WITH_TODAY, COMING_DAYS);
  }

  down(runner: QueryRunner): Promise<void> {
    return replaceDays(runner, COMING_DAYS, WITH_TODAY);
  }
}

async function replaceDays(runner: QueryRunner, from: string, to: string): Promise<void> {
  const [row] = (await runner.query(`SELECT pg_get_functiondef('${FUNCTION}'::regprocedure) AS text`)) as {
    text: string;
  }[];
  if (!row?.text.includes(from)) throw new Error(`${FUNCTION} does not contain ${from}`);
  await runner.query(row.text.replace(from, to));
}
