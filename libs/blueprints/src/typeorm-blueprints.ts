import { type DirectoryStore, InvitationRepository, TypeormDirectoryStore } from '@gatehouse/directory';
import type { Sealer, SecretBox } from '@gatehouse/platform';
import { PublishedSourceRepository } from '@gatehouse/sources';
import type { DataSource, EntityManager } from 'typeorm';
import { BlueprintRun } from './blueprint-run.js';
import { compileBrands } from './brand.model.js';
import { builtInContracts, builtInModels } from './built-in-models.js';
import { documentDigest, FlowCompiler } from './compile.js';
import type { Draft } from './draft.js';
import type { ExternalStages } from './external-stage-collection.js';
import type { JsonMap } from './json.js';
import type { BlueprintFile, BlueprintLibrary } from './library.js';
import { collections } from './models.js';
import { compileOauthClients } from './oauth-clients.js';
import type { PythonSyntaxChecker } from './python-collection.js';
import type { EntryOutcome, FileReport, PublishedFlow, Report } from './report.js';
import { compileSources } from './source.model.js';
import type { ResolutionScope } from './tagged-value.js';
import { openDraft } from './typeorm-draft.js';
import { TypeormPublisher } from './typeorm-publisher.js';
import type { PasswordHashing } from './user-collection.js';

interface ApplyOptions extends PasswordHashing {
  /** A data source that lists `directoryEntities`; flows and directory are in its database. */
  readonly source: DataSource;
  /** Applied in this order. */
  readonly files: readonly BlueprintFile[];
  /** Finds required blueprints. By default none are found. */
  readonly library?: BlueprintLibrary;
  /** Environment variables for `!Env`. */
  readonly env: ResolutionScope['env'];
  /** Seals the secrets of objects. Without it objects with secrets are refused. */
  readonly sealer?: Sealer | undefined;
  readonly externalStages: ExternalStages;
  readonly syntax: PythonSyntaxChecker;
  /** Values for `!Context`; they override those of each file. */
  readonly context?: JsonMap;
  /** Whether every unsupported model is an error. Otherwise entries of models that no login depends on are skipped. */
  readonly strict?: boolean;
}

/**
 * Applies blueprint files, then compiles and publishes the affected flows, in one transaction. An invalid file changes
 * nothing and throws BlueprintError. An advisory lock serialises the runs of several processes.
 */
export async function applyBlueprints(applyOptions: ApplyOptions): Promise<Report> {
  const { source, files, library = async () => undefined, env, ...options } = applyOptions;
  const { context = {}, strict = false, sealer, externalStages, syntax, ...passwords } = options;
  return source.transaction(async (manager) => {
    await manager.query(`SELECT pg_advisory_xact_lock(hashtext('gatehouse blueprints'))`);
    const { draft, objects, secretBox } = await openDraft(manager, sealer);
    const directory: DirectoryStore = new TypeormDirectoryStore(manager);
    const invitations = new InvitationRepository(manager);
    const dependencies = { draft, directory, invitations, passwords, externalStages, syntax };
    const settings = { files, library, env, context, strict };
    const run = new BlueprintRun({ collections: collections(builtInModels, dependencies), ...settings });
    for (const file of files) await run.apply(file);
    const { saved, removed } = draft.changes;
    await objects.remove(removed);
    await objects.save(saved);
    const published = await publish(draft, secretBox, manager);
    const isChanged = draft.isChanged || published.length > 0 || run.reports.some(changesDirectory);
    return { files: run.reports, published, isChanged };
  });
}

const blueprintModels = new Set(builtInModels.map(({ name }) => name));
const CHANGING_OUTCOMES: readonly EntryOutcome[] = ['created', 'changed', 'removed'];

const changesDirectory = ({ changes }: FileReport): boolean =>
  changes.some(({ model, outcome }) => !blueprintModels.has(model) && CHANGING_OUTCOMES.includes(outcome));

async function publish(draft: Draft, secretBox: SecretBox, manager: EntityManager): Promise<PublishedFlow[]> {
  const compiler = new FlowCompiler(draft, builtInContracts, secretBox);
  const documents = compiler.affectedFlows(draft.touched).map((flow) => compiler.compile(flow));
  const publisher = new TypeormPublisher(manager);
  await publisher.withdraw(draft.changes.removed);
  const published = await publisher.publish(
    documents.map((document) => ({ document, digest: documentDigest(document) })),
  );
  await publisher.publishBrands(compileBrands(draft));
  await publisher.publishClients(compileOauthClients({ draft, policies: builtInContracts.policies, secretBox }));
  await new PublishedSourceRepository(manager).replaceAll(compileSources(draft, secretBox));
  return published;
}
