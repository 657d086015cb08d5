import { type ApiVersion, DEFAULT_API_VERSION } from '@gatehouse/contracts';
import { type DirectoryStore, InvitationRepository } from '@gatehouse/directory';
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
import { RecordedDirectoryStore } from './recorded-directory-store.js';
import { RecordedInvitationStore } from './recorded-invitation-store.js';
import { type FileReport, isChanging, type Report } from './report.js';
import { compileSources } from './source.model.js';
import type { FileReader, ResolutionScope } from './tagged-value.js';
import { openDraft } from './typeorm-draft.js';
import type { FlowTransactionOptions } from './typeorm-flow-transaction.js';
import { TypeormPublisher } from './typeorm-publisher.js';
import type { PasswordHashing } from './user-collection.js';
import { type CompiledFlow, TypeormFlowPublisher } from './versions/typeorm-flow-publisher.js';

/** Files to apply, and what applying them needs. */
export interface ApplyOptions extends PasswordHashing, FlowTransactionOptions {
  /** A data source whose database contains the flows and the directory. It must list `directoryEntities`. */
  readonly source: DataSource;
  /** The files to apply, in this order. */
  readonly files: readonly BlueprintFile[];
  /** Finds required blueprints. By default none are found. */
  readonly library?: BlueprintLibrary;
  /** Environment variables for `!Env`. */
  readonly env: ResolutionScope['env'];
  /** Reads files for `!File`. By default the tag is refused. */
  readonly readFile?: FileReader | undefined;
  /** Seals the secrets of objects. Without a sealer, objects with secrets are refused. */
  readonly sealer?: Sealer | undefined;
  readonly externalStages: ExternalStages;
  readonly syntax: PythonSyntaxChecker;
  /** Values for `!Context`; they override those of each file. */
  readonly context?: JsonMap;
  /** Whether every unsupported model is an error. Otherwise entries of models that no login depends on are skipped. */
  readonly strict?: boolean;
  /** Whether unknown keys and fields are ignored with a warning. Otherwise they are errors. */
  readonly lenient?: boolean;
  /** The API line whose models, fields and values the files may have. Default: DEFAULT_API_VERSION. */
  readonly apiVersion?: ApiVersion;
  /** Versions to keep of each flow, in addition to the versions in use. By default all. */
  readonly flowVersionsKept?: number;
  /** Rows of the log of releases to keep of each flow. By default all. */
  readonly releasesKept?: number;
  /** The command or service that applies, for the log of releases. */
  readonly actor?: string | undefined;
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
}

/** Runs files, calls `read` with the result, and then undoes all changes. Writes no audit events. */
export async function rolledBack<T>(
  manager: EntityManager,
  options: RunOptions,
  read: (result: RunResult) => T | Promise<T>,
): Promise<T> {
  await manager.query('SAVEPOINT compared');
  const value = await read(await run(manager, { ...options, events: undefined }));
  await manager.query('ROLLBACK TO SAVEPOINT compared');
  return value;
}

/** Options of one run. */
export interface RunOptions extends ApplyOptions {
  readonly entriesBefore?: (file: string) => EntriesBefore | undefined;
}

/** The result of a run. */
export interface RunResult {
  readonly report: Report;
  /** The flows that were compiled, with their new documents. */
  readonly compiled: readonly CompiledFlow[];
  /** The applied entries of each file, by its name. */
  readonly entries: ReadonlyMap<string, EntriesBefore>;
}

/** Returns the settings of a run that concern how entries are read. */
function settingsOf(options: RunOptions) {
  const { files, library = async () => undefined, env, readFile, entriesBefore } = options;
  const { context = {}, strict = false, lenient = false, apiVersion = DEFAULT_API_VERSION } = options;
  return {
    files,
    library,
    env,
    readFile,
    context,
    strict,
    lenient,
    apiVersion,
    ...(entriesBefore && { entriesBefore }),
  };
}

/** Applies files, and compiles and publishes the affected flows. */
export async function run(manager: EntityManager, runOptions: RunOptions): Promise<RunResult> {
  const { files, folderPathOf, events, ...options } = runOptions;
  const { sealer, flowVersionsKept, releasesKept, actor } = options;
  const { draft, objects, secretBox } = await openDraft(manager, sealer);
  const record = async (event: CommandEvent) => events?.record(manager, event);
  const blueprintRun = new BlueprintRun({
    collections: collectionsOf(draft, { manager, record, options }),
    ...settingsOf(runOptions),
  });
  for (const file of files) await blueprintRun.apply(file);
  const { reports, applied } = blueprintRun;
  const { saved, removed } = draft.changes;
  await objects.remove(removed);
  await objects.save(saved);
  const origin = originOf(files);
  const flows = new TypeormFlowPublisher(manager, { sealer, releasesKept, actor, origin });
  const { compiled, published, held } = await publish(draft, { secretBox, manager, flows });
  if (published.length + held.length > 0 && flowVersionsKept !== undefined)
    await flows.deleteOldVersions(flowVersionsKept);
  const isChanged = draft.isChanged || published.length > 0 || reports.some(changesDirectory);
  const marked = await recorded(manager, reports, folderFiles(applied, folderPathOf));
  const report = { files: marked, published, held, isChanged };
  if (isChanged) await record(appliedEvent(report, applied));
  return { report, compiled, entries: blueprintRun.entries };
}

interface CollectionOptions {
  readonly manager: EntityManager;
  readonly record: (event: CommandEvent) => Promise<void>;
  readonly options: Pick<RunOptions, 'scope' | 'externalStages' | 'syntax' | 'hash' | 'verify' | 'isHash'>;
}

/** Returns the collections of the models that the run may change, by model name. */
function collectionsOf(draft: Draft, { manager, record, options }: CollectionOptions) {
  const { scope, externalStages, syntax, ...passwords } = options;
  const directory: DirectoryStore = new RecordedDirectoryStore(record, manager, { readsHashes: scope !== 'flows' });
  const invitations = new RecordedInvitationStore(new InvitationRepository(manager), record);
  const all = collections(builtInModels, { draft, directory, invitations, passwords, externalStages, syntax });
  return scope === 'flows' ? restrictToFlows(all, builtInModels) : all;
}

/** Returns the files that are in the folder of blueprints, with their paths in it. */
export const folderFiles = (files: readonly BlueprintFile[], pathOf: ApplyOptions['folderPathOf']): FolderFile[] =>
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

interface PublishTarget {
  readonly secretBox: SecretBox;
  readonly manager: EntityManager;
  readonly flows: TypeormFlowPublisher;
}

async function publish(draft: Draft, { secretBox, manager, flows }: PublishTarget) {
  const compiler = new FlowCompiler(draft, builtInContracts, secretBox);
  const documents = compiler.affectedFlows(draft.touched).map((flow) => compiler.compile(flow));
  const compiled = documents.map((document) => ({ document, digest: documentDigest(document) }));
  await flows.withdraw(draft.changes.removed);
  const { published, held } = await flows.publish(compiled);
  const publisher = new TypeormPublisher(manager);
  await publisher.publishBrands(compileBrands(draft));
  const { policies } = builtInContracts;
  await publisher.publishClients(compileOauthClients({ draft, policies, secretBox }));
  await publisher.publishProxyApplications(compileProxyApplications({ draft, policies }));
  await new PublishedSourceRepository(manager).replaceAll(compileSources(draft, secretBox));
  return { compiled, published, held };
}

/** Longest origin of a version. */
const MAX_ORIGIN_LENGTH = 200;
const SEPARATOR = ', ';

/** Returns the names of files as the origin of a version. Names that do not fit are left out as a whole. */
export function originOf(files: readonly BlueprintFile[]): string {
  const origin = files.map(({ name }) => name).join(SEPARATOR);
  if (origin.length <= MAX_ORIGIN_LENGTH) return origin;
  const start = origin.slice(0, MAX_ORIGIN_LENGTH - 1);
  const end = start.lastIndexOf(SEPARATOR);
  return `${end < 0 ? start : start.slice(0, end + SEPARATOR.length)}…`;
}
