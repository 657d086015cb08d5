import type { SavedUser } from '@gatehouse/contracts';
import { hashToken, randomToken, resumeUrl, TOKEN_LENGTH } from '@gatehouse/executor';
import { interval, PostgresFlowStore, planBodyOf, resumeTokenSealId } from '@gatehouse/executor-postgres';
import type { CommandEventRecorder } from '@gatehouse/outbox';
import { createPlan, type FlowVersion } from '@gatehouse/plan';
import { type Sealer, uuidV7 } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { BrandRepository } from '../brands/brand.repository.js';
import { CatalogueContractRegistry } from './stage-contract.registry.js';

interface RecoveryLinkOptions {
  readonly user: SavedUser;
  readonly baseUrl: string;
  /** Slug of the flow; by default the recovery flow of the brand whose host is that of `baseUrl`. */
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
  const cursor = mailStepIndex(version);
  if (cursor < 0) return { problem: `the flow ${slug} mails no link` };
  const plan = { ...createPlan(version, uuidV7()), cursor, context: { pending_user: user } };
  const token = randomToken(TOKEN_LENGTH);
  const [hash, step] = [hashToken(token), version.steps[cursor]!.id];
  const context = { counts: [{ name: 'recovery links', count: 1 }], expires_in_s: ttlS };
  await source.transaction(async (manager) => {
    await manager.query(INSERT, [
      ...[hash, flow.id, flow.version_id, plan.id, step, user.uuid],
      ...[sealer.seal(resumeTokenSealId(hash), planBodyOf(plan)), interval(ttlS)],
    ]);
    await events.record(manager, { action: 'command_run', context, user, flow: slug, plan: plan.id });
  });
  return { url: resumeUrl({ slug, baseUrl, query: {} }, token) };
}

interface Flow {
  readonly id: string;
  readonly version_id: string;
}

const INSERT = `
  INSERT INTO flow.resume_tokens (hash, flow_id, version_id, plan_id, step_id, user_id, body, expires_at)
  VALUES ($1, $2, $3, $4, $5, $6, $7, now() + $8::interval)`;

/** Returns the index of the first step that mails a link, or -1. */
const mailStepIndex = (version: FlowVersion): number => {
  const contracts = new CatalogueContractRegistry();
  return version.steps.findIndex(({ stage }) => contracts.find(stage.kind, version)?.effects.includes('mail'));
};
