import { type DirectoryStore, TypeormDirectoryStore, TypeormInvitations } from '@gatehouse/directory';
import type { Sealer, SecretBox } from '@gatehouse/platform';
import { PublishedSourceRepository } from '@gatehouse/sources';
import type { DataSource, EntityManager } from 'typeorm';
import { BlueprintRun } from './blueprint-run.js';
import { compileBrands } from './brand.model.js';
import { builtInContracts, builtInModels } from './built-in-models.js';
import { documentDigest, FlowCompiler } from './compile.js';
import type { Draft } from './draft.js';
import type { JsonMap } from './json.js';
import type { BlueprintFile, BlueprintLibrary } from './library.js';
import { collections } from './models.js';
import { compileOauthClients } from './oauth-clients.js';
import type { PythonSyntaxChecker } from './python-collection.js';
import type { EntryOutcome, FileReport, PublishedFlow, Report } from './report.js';
import { compileSources } from './source.model.js';
import type { ExternalStages } from './strangers.js';
import type { ResolutionScope } from './tagged-value.js';
import { openDraft } from './typeorm-draft.js';
import { TypeormPublications } from './typeorm-flow-publisher.js';
import type { PasswordHashing } from './user-collection.js';

interface ApplyOptions extends PasswordHashing {
  /** A data source that lists `directoryEntities`; flows and directory are in its database. */
  readonly source: DataSource;
  /** Applied in this order. */
  readonly files: readonly BlueprintFile[];
  /** Where a blueprint finds another one that it requires; by default there is none. */
  readonly library?: BlueprintLibrary;
  /** What `!Env` reads. */
  readonly env: ResolutionScope['env'];
  /** Seals the secrets of objects; without it there can be none. */
  readonly sealer?: Sealer | undefined;
  readonly strangers: ExternalStages;
  readonly syntax: PythonSyntaxChecker;
  /** What `!Context` reads, over the context of each file. */
  readonly context?: JsonMap;
  /** Whether models that are not here are refused, instead of left out where no login depends on them. */
  readonly strict?: boolean;
}

/**
 * Applies blueprint files, compiles the flows that they touch and publishes them, all in one transaction: a bad file
 * changes nothing and throws BlueprintError. Runs of several processes wait for each other.
 */
export async function applyBlueprints(blueprints: ApplyOptions): Promise<Report> {
  const { source, files, library = async () => undefined, env, ...options } = blueprints;
  const { context = {}, strict = false, sealer, strangers, syntax, ...passwords } = options;
  return source.transaction(async (manager) => {
    await manager.query(`SELECT pg_advisory_xact_lock(hashtext('gatehouse blueprints'))`);
    const { draft, objects, vault } = await openDraft(manager, sealer);
    const register: DirectoryStore = new TypeormDirectoryStore(manager);
    const invitations = new TypeormInvitations(manager);
    const owners = { draft, register, invitations, passwords, strangers, syntax };
    const settings = { files, library, env, context, strict };
    const run = new BlueprintRun({ collections: collections(builtInModels, owners), ...settings });
    for (const file of files) await run.apply(file);
    const { saved, removed } = draft.changes;
    await objects.remove(removed);
    await objects.save(saved);
    const published = await publish(draft, vault, manager);
    const isChanged = draft.isChanged || published.length > 0 || run.reports.some(changesDirectory);
    return { files: run.reports, published, isChanged };
  });
}

const own = new Set(builtInModels.map(({ name }) => name));
const WRITTEN: readonly EntryOutcome[] = ['created', 'changed', 'removed'];

const changesDirectory = ({ changes }: FileReport): boolean =>
  changes.some(({ model, outcome }) => !own.has(model) && WRITTEN.includes(outcome));

async function publish(draft: Draft, vault: SecretBox, manager: EntityManager): Promise<PublishedFlow[]> {
  const compiler = new FlowCompiler(draft, builtInContracts, vault);
  const documents = compiler.affected(draft.touched).map((flow) => compiler.compile(flow));
  const publications = new TypeormPublications(manager);
  await publications.withdraw(draft.changes.removed);
  const published = await publications.publish(
    documents.map((document) => ({ document, digest: documentDigest(document) })),
  );
  await publications.publishBrands(compileBrands(draft));
  await publications.publishClients(compileOauthClients({ draft, policies: builtInContracts.policies, vault }));
  await new PublishedSourceRepository(manager).replaceAll(compileSources(draft, vault));
  return published;
}
