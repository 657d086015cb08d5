import type { SavedUser } from '@gatehouse/contracts';
import { resumeUrl } from '@gatehouse/executor';
import { PostgresFlowStore } from '@gatehouse/executor-postgres';
import type { CommandEventRecorder } from '@gatehouse/outbox';
import { createPlan } from '@gatehouse/plan';
import { type Sealer, uuidV7 } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { BrandRepository } from '../brands/brand.repository.js';
import { CatalogueContractRegistry } from '../flows/stage-contract.registry.js';
import { mailStepIndex } from './mail-step.js';
import { RecoveryLinkRepository } from './recovery-link.repository.js';

interface RecoveryLinkOptions {
  readonly user: SavedUser;
  readonly baseUrl: string;
  /** Slug of the flow. Default: the recovery flow of the brand of the host in `baseUrl`. */
  readonly slug: string | undefined;
  readonly ttlS: number;
  /** Writes the audit event of the link. */
  readonly events: CommandEventRecorder;
}

/**
 * Creates the link that the first mail step of a flow would mail to a user, for `npm run user -- recovery-link`. Returns
 * the reason if no link can be created.
 */
export async function createRecoveryLink(
  source: DataSource,
  sealer: Sealer,
  { user, baseUrl, slug: requestedSlug, ttlS, events }: RecoveryLinkOptions,
): Promise<{ readonly url: string } | { readonly problem: string }> {
  const slug =
    requestedSlug ??
    (await new BrandRepository(source, { BRAND: '', BASE_URL: baseUrl }).find(new URL(baseUrl).host)).flowsByPurpose
      .recovery;
  if (slug === undefined) return { problem: 'there is no flow for recovery' };
  const [flow] = await source.query<Flow[]>('SELECT id, version_id FROM flow.flows WHERE slug = $1', [slug]);
  const version = flow && (await new PostgresFlowStore(source, sealer).find(flow.version_id));
  if (!flow || !version) return { problem: `there is no flow ${slug}` };
  const empty = createPlan(version, uuidV7());
  const cursor = mailStepIndex(empty, version, new CatalogueContractRegistry());
  if (cursor < 0) return { problem: `the flow ${slug} mails no link` };
  const link = {
    flow: { id: flow.id, slug, versionId: flow.version_id },
    plan: { ...empty, cursor, context: { pending_user: user } },
    ...{ step: version.steps[cursor]!.id, user, ttlS },
  };
  const context = { counts: [{ name: 'recovery links', count: 1 }], expires_in_s: ttlS };
  const audit = { event: { action: 'command_run', context } as const, events };
  const token = await new RecoveryLinkRepository(source, sealer).save(link, audit);
  return { url: resumeUrl({ slug, baseUrl, query: {} }, token) };
}

interface Flow {
  readonly id: string;
  readonly version_id: string;
}
