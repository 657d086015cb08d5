import { type Register, TypeormInvitations, TypeormRegister } from '@gatehouse/directory';
import type { Sealer, Vault } from '@gatehouse/platform';
import { TypeormSources } from '@gatehouse/sources';
import type { DataSource, EntityManager } from 'typeorm';
import { brandsOf } from './brand.model.js';
import { Compiler, digestOf } from './compile.js';
import type { Draft } from './draft.js';
import { contracts, models } from './installed.js';
import type { JsonMap } from './json.js';
import type { BlueprintFile, Library } from './library.js';
import { collections } from './models.js';
import { oauthClientsOf } from './oauth-clients.js';
import type { Syntax } from './python-collection.js';
import type { FileReport, Outcome, PublishedFlow, Report } from './report.js';
import { Run } from './run.js';
import { sourcesOf } from './source.model.js';
import type { Strangers } from './strangers.js';
import { openDraft } from './typeorm-draft.js';
import { TypeormPublications } from './typeorm-publications.js';
import type { Passwords } from './user-collection.js';
import type { Scope } from './written.js';

interface Blueprints extends Passwords {
  /** A data source that lists `directoryEntities`; flows and directory are in its database. */
  readonly source: DataSource;
  /** Applied in this order. */
  readonly files: readonly BlueprintFile[];
  /** Where a blueprint finds another one that it requires; by default there is none. */
  readonly library?: Library;
  /** What `!Env` reads. */
  readonly env: Scope['env'];
  /** Seals the secrets of objects; without it there can be none. */
  readonly sealer?: Sealer | undefined;
  readonly strangers: Strangers;
  readonly syntax: Syntax;
  /** What `!Context` reads, over the context of each file. */
  readonly context?: JsonMap;
  /** Whether models that are not here are refused, instead of left out where no login depends on them. */
  readonly strict?: boolean;
}

/**
 * Applies blueprint files, compiles the flows that they touch and publishes them, all in one transaction: a bad file
 * changes nothing and throws BlueprintError. Runs of several processes wait for each other.
 */
export async function applyBlueprints(blueprints: Blueprints): Promise<Report> {
  const {
    source,
    files,
    library = async () => undefined,
    env,
    context = {},
    strict = false,
    sealer,
    strangers,
    syntax,
    ...passwords
  } = blueprints;
  return source.transaction(async (manager) => {
    await manager.query(`SELECT pg_advisory_xact_lock(hashtext('gatehouse blueprints'))`);
    const { draft, objects, vault } = await openDraft(manager, sealer);
    const register: Register = new TypeormRegister(manager);
    const invitations = new TypeormInvitations(manager);
    const owners = { draft, register, invitations, passwords, strangers, syntax };
    const run = new Run({ collections: collections(models, owners), files, library, env, context, strict });
    for (const file of files) await run.apply(file);
    const { saved, removed } = draft.changes;
    await objects.remove(removed);
    await objects.save(saved);
    const published = await publish(draft, vault, manager);
    const isChanged = draft.isChanged || published.length > 0 || run.reports.some(touchesDirectory);
    return { files: run.reports, published, isChanged };
  });
}

const own = new Set(models.map(({ name }) => name));
const WRITTEN: readonly Outcome[] = ['created', 'changed', 'removed'];

const touchesDirectory = ({ changes }: FileReport): boolean =>
  changes.some(({ model, outcome }) => !own.has(model) && WRITTEN.includes(outcome));

async function publish(draft: Draft, vault: Vault, manager: EntityManager): Promise<PublishedFlow[]> {
  const compiler = new Compiler(draft, contracts, vault);
  const documents = compiler.affected(draft.touched).map((flow) => compiler.compile(flow));
  const publications = new TypeormPublications(manager);
  await publications.withdraw(draft.changes.removed);
  const published = await publications.publish(documents.map((document) => ({ document, digest: digestOf(document) })));
  await publications.publishBrands(brandsOf(draft));
  await publications.publishClients(oauthClientsOf({ draft, policies: contracts.policies, vault }));
  await new TypeormSources(manager).publish(sourcesOf(draft, vault));
  return published;
}
