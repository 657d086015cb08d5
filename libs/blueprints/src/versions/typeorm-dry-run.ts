import type { Sealer } from '@gatehouse/platform';
import type { EntityManager } from 'typeorm';
import type { HeldFlow, PublishedFlow, Report } from '../report.js';
import { changeFlows } from '../typeorm-flow-transaction.js';
import { type ApplyOptions, rolledBack } from '../typeorm-run.js';
import type { Change } from './change.js';
import { TypeormVersionDifferences } from './typeorm-version-differences.js';

/** What differs from the current version of a flow. Empty for a new flow. */
interface Planned {
  readonly changes: readonly Change[];
}

/** What applying blueprints would do. The version numbers are those that an apply would assign. */
export interface DryRun {
  readonly files: Report['files'];
  readonly published: readonly (PublishedFlow & Planned)[];
  readonly held: readonly (HeldFlow & Planned)[];
  /** Slugs of the flows that would no longer be published. */
  readonly withdrawn: readonly string[];
  readonly isChanged: boolean;
}

const SLUGS = 'SELECT id, slug FROM flow.flows ORDER BY slug';

interface FlowSlug {
  readonly id: string;
  readonly slug: string;
}

/** Returns what applying the files would do. Changes nothing. Throws BlueprintError like applying them. */
export async function planBlueprints(options: ApplyOptions): Promise<DryRun> {
  return changeFlows(options.source, options, async (manager) => {
    const before: FlowSlug[] = await manager.query(SLUGS);
    return rolledBack(manager, options, async ({ report: { files, published, held, isChanged } }) => {
      const after: FlowSlug[] = await manager.query(SLUGS);
      const ids = new Set(after.map(({ id }) => id));
      const withdrawn = before.filter(({ id }) => !ids.has(id)).map(({ slug }) => slug);
      return { files, ...(await compared(manager, options.sealer, { published, held })), withdrawn, isChanged };
    });
  });
}

async function compared(
  manager: EntityManager,
  sealer: Sealer | undefined,
  { published, held }: Pick<Report, 'published' | 'held'>,
): Promise<Pick<DryRun, 'published' | 'held'>> {
  const differences = new TypeormVersionDifferences(manager, sealer);
  const result: { published: DryRun['published'][number][]; held: DryRun['held'][number][] } = {
    published: [],
    held: [],
  };
  for (const flow of published) {
    const changes = flow.before === null ? [] : await differences.find(flow.slug, flow.before, flow.number);
    result.published.push({ ...flow, changes });
  }
  for (const flow of held) {
    result.held.push({ ...flow, changes: await differences.find(flow.slug, flow.current, flow.number) });
  }
  return result;
}
