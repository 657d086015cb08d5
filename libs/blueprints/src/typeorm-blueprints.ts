import { type DirectoryStore, InvitationRepository, TypeormDirectoryStore } from '@gatehouse/directory';
import type { CommandEvent, EventRecorder } from '@gatehouse/outbox';
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
import { restrictToFlows } from './flow-scope.js';
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
import { lockBlueprints } from './typeorm-blueprint-lock.js';
import { openDraft } from './typeorm-draft.js';
import { TypeormPublisher } from './typeorm-publisher.js';
import type { PasswordHashing } from './user-collection.js';

/**
 * `once` applies the files only to a database without blueprint objects (`isFirstRun`). `compare` changes no object:
 * the report says what the files would change. `update` applies new versions of files, except to objects that were
 * changed or removed since.
 */
export type ApplyMode = 'apply' | 'once' | 'compare' | 'update';

/** Thrown when a run has not ended in its time. It has changed nothing. */
export class RunTimeoutError extends Error {
  constructor() {
    super('the run of blueprints took too long, and was rolled back');
  }
}

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
  readonly events?: EventRecorder | undefined;
  /**
   * What the files may change: `all`, or only `flows` with their stages, bindings, policies and the brands
   * (`restrictToFlows`). A run for flows reads no password hash.
   */
  readonly scope?: 'all' | 'flows';
  /** Whether to wait while another process changes flows, or to throw FlowChangeBusyError. By default, the run waits. */
  readonly ifBusy?: 'wait' | 'fail';
  /** Milliseconds after which the run is rolled back with RunTimeoutError, counted from the call. */
  readonly timeoutMs?: number;
}

/**
 * Applies blueprint files, then compiles and publishes the affected flows, in one transaction. An invalid file changes
 * nothing and throws BlueprintError. An advisory lock serialises the runs of several processes.
 */
export async function applyBlueprints({
  ifBusy = 'wait',
  timeoutMs = Number.POSITIVE_INFINITY,
  ...options
}: ApplyOptions): Promise<Report> {
  const deadline = performance.now() + timeoutMs;
  return options.source.transaction(async (manager) => {
    await lockBlueprints(manager, ifBusy);
    const report = await runIn(manager, options);
    if (performance.now() > deadline) throw new RunTimeoutError();
    return report;
  });
}

async function runIn(manager: EntityManager, { mode = 'apply', ...options }: ApplyOptions): Promise<Report> {
  if (mode === 'once' && !(await new AppliedBlueprintRepository(manager).isFirstRun())) throw new AlreadyAppliedError();
  if (mode === 'update') return update(manager, options);
  if (mode !== 'compare') return (await run(manager, options)).report;
  await new AppliedBlueprintRepository(manager).addTexts(folderFiles(options.files, options.folderPathOf));
  return (await rolledBack(manager, options)).report;
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

interface RunOptions extends Omit<ApplyOptions, 'mode' | 'ifBusy' | 'timeoutMs'> {
  readonly entriesBefore?: (file: string) => EntriesBefore | undefined;
}

interface RunResult {
  readonly report: Report;
  /** The applied entries of each file, by its name. */
  readonly entries: ReadonlyMap<string, EntriesBefore>;
}

async function run(manager: EntityManager, runOptions: RunOptions): Promise<RunResult> {
  const { files, library = async () => undefined, env, folderPathOf, entriesBefore, events, ...options } = runOptions;
  const { context = {}, strict = false, sealer, flowVersionsKept } = options;
  const { draft, objects, secretBox } = await openDraft(manager, sealer);
  const record = async (event: CommandEvent) => events?.record(manager, event);
  const settings = { files, library, env, context, strict, ...(entriesBefore && { entriesBefore }) };
  const all = collectionsOf(draft, { manager, record, options });
  const blueprintRun = new BlueprintRun({ collections: all, ...settings });
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

interface CollectionOptions {
  readonly manager: EntityManager;
  readonly record: (event: CommandEvent) => Promise<void>;
  readonly options: Pick<RunOptions, 'scope' | 'externalStages' | 'syntax' | 'hash' | 'verify'>;
}

/** Returns the collections of the models that the run may change, by model name. */
function collectionsOf(draft: Draft, { manager, record, options }: CollectionOptions) {
  const { scope, externalStages, syntax, ...passwords } = options;
  const directory: DirectoryStore = new TypeormDirectoryStore(manager, { readsHashes: scope !== 'flows' });
  const invitations = new RecordedInvitationStore(new InvitationRepository(manager), record);
  const all = collections(builtInModels, { draft, directory, invitations, passwords, externalStages, syntax });
  return scope === 'flows' ? restrictToFlows(all, builtInModels) : all;
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
