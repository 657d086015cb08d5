import { type DirectoryStore, InvitationRepository, TypeormDirectoryStore } from '@gatehouse/directory';
import type { Sealer, SecretBox } from '@gatehouse/platform';
import { PublishedSourceRepository } from '@gatehouse/sources';
import type { DataSource, EntityManager } from 'typeorm';
import { AppliedBlueprintRepository } from './applied-blueprint.repository.js';
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
import { type FileReport, isChanging, type PublishedFlow, type Report } from './report.js';
import { compileSources } from './source.model.js';
import type { ResolutionScope } from './tagged-value.js';
import { openDraft } from './typeorm-draft.js';
import { TypeormPublisher } from './typeorm-publisher.js';
import type { PasswordHashing } from './user-collection.js';

/**
 * `once` applies the files in an empty installation only. `compare` changes nothing: the report says what the files
 * would change.
 */
export type ApplyMode = 'apply' | 'once' | 'compare';

/** Thrown in the mode `once` when the installation is not empty. */
export class AlreadyAppliedError extends Error {}

interface ApplyOptions extends PasswordHashing {
  /** A data source whose database contains the flows and the directory. It must list `directoryEntities`. */
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
  readonly mode?: ApplyMode;
  /**
   * Returns the path of a file in the folder of blueprints, and undefined for any other file. The run records which
   * content of a file in that folder was applied.
   */
  readonly folderPathOf?: (file: BlueprintFile) => string | undefined;
}

/**
 * Applies blueprint files, then compiles and publishes the affected flows, in one transaction. An invalid file changes
 * nothing and throws BlueprintError. An advisory lock serialises the runs of several processes.
 */
export async function applyBlueprints({ mode = 'apply', ...options }: ApplyOptions): Promise<Report> {
  return options.source.transaction(async (manager) => {
    await manager.query(`SELECT pg_advisory_xact_lock(hashtext('gatehouse blueprints'))`);
    if (mode === 'once' && !(await new AppliedBlueprintRepository(manager).isFirstRun()))
      throw new AlreadyAppliedError();
    if (mode !== 'compare') return run(manager, options);
    await manager.query('SAVEPOINT compared');
    const report = await run(manager, options);
    await manager.query('ROLLBACK TO SAVEPOINT compared');
    return report;
  });
}

async function run(manager: EntityManager, applyOptions: ApplyOptions): Promise<Report> {
  const { files, library = async () => undefined, env, folderPathOf = () => undefined, ...options } = applyOptions;
  const { context = {}, strict = false, sealer, externalStages, syntax, ...passwords } = options;
  const { draft, objects, secretBox } = await openDraft(manager, sealer);
  const directory: DirectoryStore = new TypeormDirectoryStore(manager);
  const invitations = new InvitationRepository(manager);
  const dependencies = { draft, directory, invitations, passwords, externalStages, syntax };
  const settings = { files, library, env, context, strict };
  const blueprintRun = new BlueprintRun({ collections: collections(builtInModels, dependencies), ...settings });
  for (const file of files) await blueprintRun.apply(file);
  const { reports, applied } = blueprintRun;
  const { saved, removed } = draft.changes;
  await objects.remove(removed);
  await objects.save(saved);
  const published = await publish(draft, secretBox, manager);
  const isChanged = draft.isChanged || published.length > 0 || reports.some(changesDirectory);
  return { files: await recorded(manager, reports, { applied, folderPathOf }), published, isChanged };
}

interface AppliedFiles extends Required<Pick<ApplyOptions, 'folderPathOf'>> {
  readonly applied: readonly BlueprintFile[];
}

/** Records the applied contents. Returns the reports with a mark for each file that has a new version. */
async function recorded(
  manager: EntityManager,
  reports: readonly FileReport[],
  { applied, folderPathOf }: AppliedFiles,
): Promise<FileReport[]> {
  const folderFiles = applied.flatMap((file) => {
    const path = folderPathOf(file);
    return path === undefined ? [] : [{ ...file, path }];
  });
  const repository = new AppliedBlueprintRepository(manager);
  const changedPaths = await repository.findChanged(folderFiles);
  await repository.save(folderFiles);
  const changedNames = folderFiles.filter(({ path }) => changedPaths.has(path)).map(({ name }) => name);
  return reports.map((report) => ({ ...report, isNewVersion: changedNames.includes(report.file) }));
}

const blueprintModels = new Set(builtInModels.map(({ name }) => name));

const changesDirectory = ({ changes }: FileReport): boolean =>
  changes.some((change) => !blueprintModels.has(change.model) && isChanging(change));

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
