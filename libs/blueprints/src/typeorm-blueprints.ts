import { type DirectoryStore, InvitationRepository, TypeormDirectoryStore } from '@gatehouse/directory';
import type { CommandEvent, CommandEventRecorder } from '@gatehouse/outbox';
import type { Sealer, SecretBox } from '@gatehouse/platform';
import { PublishedSourceRepository } from '@gatehouse/sources';
import type { DataSource, EntityManager } from 'typeorm';
import { AppliedBlueprintRepository } from './applied-blueprint.repository.js';
import { appliedEvent } from './applied-event.js';
import { BlueprintRun } from './blueprint-run.js';
import { compileBrands } from './brand.model.js';
import { builtInContracts, builtInModels } from './built-in-models.js';
import { documentDigest, FlowCompiler } from './compile.js';
import type { Draft } from './draft.js';
import type { ExternalStages } from './external-stage-collection.js';
import type { JsonMap } from './json.js';
import type { EntriesBefore } from './kept-objects.js';
import type { BlueprintFile, BlueprintLibrary, FolderFile } from './library.js';
import { collections } from './models.js';
import { compileOauthClients } from './oauth-clients.js';
import { compileProxyApplications } from './proxy-applications.js';
import type { PythonSyntaxChecker } from './python-collection.js';
import { RecordedInvitationStore } from './recorded-invitation-store.js';
import { type FileReport, isChanging, type PublishedFlow, type Report } from './report.js';
import { compileSources } from './source.model.js';
import type { ResolutionScope } from './tagged-value.js';
import { openDraft } from './typeorm-draft.js';
import { TypeormPublisher } from './typeorm-publisher.js';
import type { PasswordHashing } from './user-collection.js';

/**
 * `once` applies the files only to a database without blueprint objects (`isFirstRun`). `compare` changes no object:
 * the report says what the files would change. `update` applies new versions of files, except to objects that were
 * changed or removed since.
 */
export type ApplyMode = 'apply' | 'once' | 'compare' | 'update';

/** Thrown in the mode `once` when the database has blueprint objects already. */
export class AlreadyAppliedError extends Error {}

interface ApplyOptions extends PasswordHashing {
  /** A data source whose database contains the flows and the directory. It must list `directoryEntities`. */
  readonly source: DataSource;
  /** The files to apply, in this order. */
  readonly files: readonly BlueprintFile[];
  /** Finds required blueprints. By default none are found. */
  readonly library?: BlueprintLibrary;
  /** Environment variables for `!Env`. */
  readonly env: ResolutionScope['env'];
  /** Seals the secrets of objects. Without a sealer, objects with secrets are refused. */
  readonly sealer?: Sealer | undefined;
  readonly externalStages: ExternalStages;
  readonly syntax: PythonSyntaxChecker;
  /** Values for `!Context`; they override those of each file. */
  readonly context?: JsonMap;
  /** Whether every unsupported model is an error. Otherwise entries of models that no login depends on are skipped. */
  readonly strict?: boolean;
  readonly mode?: ApplyMode;
  /** Versions to keep of each flow, besides those that are in use. By default all. */
  readonly flowVersionsKept?: number;
  /**
   * Returns the path of a file in the folder of blueprints, and undefined for any other file. The run records which
   * content of a file in that folder was applied.
   */
  readonly folderPathOf?: (file: BlueprintFile) => string | undefined;
  /** Writes audit events of what the run changes. By default, none are written. */
  readonly events?: CommandEventRecorder | undefined;
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
    if (mode === 'update') return update(manager, options);
    if (mode !== 'compare') return (await run(manager, options)).report;
    await new AppliedBlueprintRepository(manager).addTexts(folderFiles(options.files, options.folderPathOf));
    return (await rolledBack(manager, options)).report;
  });
}

/**
 * Applies the new versions of files that were applied before. First applies the last applied versions, and rolls this
 * back, to find out which objects differ from these versions.
 */
async function update(manager: EntityManager, options: RunOptions): Promise<Report> {
  const texts = await new AppliedBlueprintRepository(manager).findTexts();
  const textBefore = (file: BlueprintFile) => texts.get(options.folderPathOf?.(file) ?? '');
  const before = (file: BlueprintFile) => ({ ...file, text: textBefore(file) ?? file.text });
  const files = options.files.filter((file) => ![undefined, file.text].includes(textBefore(file)));
  const library: BlueprintLibrary = async (identifiers) => {
    const file = await options.library?.(identifiers);
    return file && before(file);
  };
  const { entries } = await rolledBack(manager, { ...options, files: files.map(before), library });
  return (await run(manager, { ...options, files, entriesBefore: (file) => entries.get(file) })).report;
}

async function rolledBack(manager: EntityManager, options: RunOptions): Promise<RunResult> {
  await manager.query('SAVEPOINT compared');
  const result = await run(manager, { ...options, events: undefined });
  await manager.query('ROLLBACK TO SAVEPOINT compared');
  return result;
}

interface RunOptions extends Omit<ApplyOptions, 'mode'> {
  readonly entriesBefore?: (file: string) => EntriesBefore | undefined;
}

interface RunResult {
  readonly report: Report;
  /** The applied entries of each file, by its name. */
  readonly entries: ReadonlyMap<string, EntriesBefore>;
}

async function run(manager: EntityManager, runOptions: RunOptions): Promise<RunResult> {
  const { files, library = async () => undefined, env, folderPathOf, entriesBefore, events, ...options } = runOptions;
  const { context = {}, strict = false, sealer, externalStages, syntax, flowVersionsKept, ...passwords } = options;
  const { draft, objects, secretBox } = await openDraft(manager, sealer);
  const directory: DirectoryStore = new TypeormDirectoryStore(manager);
  const record = async (event: CommandEvent) => events?.record(manager, event);
  const invitations = new RecordedInvitationStore(new InvitationRepository(manager), record);
  const dependencies = { draft, directory, invitations, passwords, externalStages, syntax };
  const settings = { files, library, env, context, strict, ...(entriesBefore && { entriesBefore }) };
  const blueprintRun = new BlueprintRun({ collections: collections(builtInModels, dependencies), ...settings });
  for (const file of files) await blueprintRun.apply(file);
  const { reports, applied } = blueprintRun;
  const { saved, removed } = draft.changes;
  await objects.remove(removed);
  await objects.save(saved);
  const published = await publish(draft, secretBox, manager);
  if (published.length > 0 && flowVersionsKept !== undefined)
    await new TypeormPublisher(manager).deleteOldVersions(flowVersionsKept);
  const isChanged = draft.isChanged || published.length > 0 || reports.some(changesDirectory);
  const marked = await recorded(manager, reports, folderFiles(applied, folderPathOf));
  const report = { files: marked, published, isChanged };
  if (isChanged) await record(appliedEvent(report, applied));
  return { report, entries: blueprintRun.entries };
}

const folderFiles = (files: readonly BlueprintFile[], pathOf: ApplyOptions['folderPathOf']): FolderFile[] =>
  files.flatMap((file) => {
    const path = pathOf?.(file);
    return path === undefined ? [] : [{ ...file, path }];
  });

/** Records the applied contents. Returns the reports with a mark for each file that has a new version. */
async function recorded(
  manager: EntityManager,
  reports: readonly FileReport[],
  applied: readonly FolderFile[],
): Promise<FileReport[]> {
  const repository = new AppliedBlueprintRepository(manager);
  const changedPaths = await repository.findChanged(applied);
  await repository.save(applied);
  const changedNames = applied.filter(({ path }) => changedPaths.has(path)).map(({ name }) => name);
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
  const { policies } = builtInContracts;
  await publisher.publishClients(compileOauthClients({ draft, policies, secretBox }));
  await publisher.publishProxyApplications(compileProxyApplications({ draft, policies }));
  await new PublishedSourceRepository(manager).replaceAll(compileSources(draft, secretBox));
  return published;
}
