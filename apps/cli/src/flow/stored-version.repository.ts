import { CommandError } from '@gatehouse/local';
import { type FlowVersion, flowVersion } from '@gatehouse/plan';
import type { DataSource } from 'typeorm';
import { unknownName } from './nearest-name.js';

/** Finds a version of a flow. $1 slug, $2 number of the version, or NULL for the current one. */
const FIND = `
  SELECT v.number, v.document FROM flow.flows f
  JOIN flow.flow_versions v ON v.flow_id = f.id AND (v.number = $2 OR ($2::int IS NULL AND v.id = f.version_id))
  WHERE f.slug = $1`;

const SLUGS = 'SELECT slug FROM flow.flows ORDER BY slug';
const NUMBERS = `
  SELECT v.number::text FROM flow.flow_versions v JOIN flow.flows f ON f.id = v.flow_id WHERE f.slug = $1
  ORDER BY v.number DESC`;

/** A flow version, and its number. */
export interface StoredVersion {
  readonly number: number;
  readonly version: FlowVersion;
}

/** Returns a version of a flow, by default the current one. Throws CommandError if there is no such flow or version. */
export async function findStoredVersion(source: DataSource, slug: string, number?: number): Promise<StoredVersion> {
  const [row] = await source.query<{ number: number; document: unknown }[]>(FIND, [slug, number ?? null]);
  if (row) {
    const parsed = flowVersion.safeParse(row.document);
    if (parsed.success) return { number: row.number, version: parsed.data };
    throw new CommandError(
      `Version ${row.number} of the flow ${slug} has an unknown format. Apply its blueprint again.`,
    );
  }
  const slugs = (await source.query<{ slug: string }[]>(SLUGS)).map((flow) => flow.slug);
  if (!slugs.includes(slug)) throw unknownName('flow', slug, slugs);
  const numbers = await source.query<{ number: string }[]>(NUMBERS, [slug]);
  throw new CommandError(
    `The flow ${slug} has no version ${number}. Known: ${numbers.map((known) => known.number).join(', ')}.`,
  );
}
