import { type ApiVersion, DEFAULT_API_VERSION, REPUTATION_LIMITS } from '@gatehouse/contracts';
import { BlueprintError } from '../blueprint-error.js';
import { BlueprintRun } from '../blueprint-run.js';
import { builtInContracts, builtInModels } from '../built-in-models.js';
import { externalStageModel, externalStageSchema } from '../external-stage.model.js';
import type { ExternalStages } from '../external-stage-collection.js';
import { bindingModel } from '../flow.model.js';
import type { BlueprintFile, BlueprintLibrary } from '../library.js';
import { collections } from '../models.js';
import { ObjectCollection } from '../object-collection.js';
import type { PythonSyntaxChecker } from '../python-collection.js';
import type { FileReader, ResolutionScope } from '../tagged-value.js';
import type { PasswordHashing } from '../user-collection.js';
import { brandRemarks, emptyLogouts } from './brand-rules.js';
import { ExternalReferences } from './external-references.js';
import { type Finding, finding } from './finding.js';
import { FindingCollector, locationOf } from './finding-collector.js';
import { flowRemarks, type LintRemark } from './flow-rules.js';
import { InMemoryDirectoryStore } from './in-memory-directory-store.js';
import { InMemoryInvitationStore } from './in-memory-invitation-store.js';
import { LintDraft } from './lint-draft.js';
import { lintedFlows } from './linted-flow.js';
import { policyRemarks } from './policy-rules.js';
import { walkedFlows, walkRemarks } from './walk-rules.js';

/** The blueprints to check. Without `isHash`, no password hash is refused. */
export interface CheckOptions extends Pick<PasswordHashing, 'isHash'> {
  readonly files: readonly BlueprintFile[];
  /** Finds required blueprints. */
  readonly library: BlueprintLibrary;
  readonly env: ResolutionScope['env'];
  /** Reads files for `!File`. By default the tag is refused. */
  readonly readFile?: FileReader | undefined;
  readonly syntax: PythonSyntaxChecker;
  /** Whether unknown keys and fields are warnings instead of errors. */
  readonly lenient?: boolean;
  /** The API line whose models, fields and values the files may have. Default: DEFAULT_API_VERSION. */
  readonly apiVersion?: ApiVersion;
}

/** Lints blueprint files by applying them to an in-memory store, without a database or message bus. */
export async function checkBlueprints(options: CheckOptions): Promise<Finding[]> {
  const { draft, collector, unreadable } = await applyInMemory(options);
  const checkedFiles = new Set(options.files.map(({ name }) => name));
  return [
    ...unreadable,
    ...collector.findings,
    ...locateRemarks(await remarksOf(draft, options), collector),
    ...duplicateBindings(draft, collector),
  ]
    .filter(({ file }) => checkedFiles.has(file))
    .sort(byPlace);
}

/** Applies blueprint files to an in-memory store, as far as possible, and collects the mistakes in their entries. */
export async function applyInMemory(options: CheckOptions) {
  const { files, library, env, readFile, syntax, isHash, lenient = false, apiVersion = DEFAULT_API_VERSION } = options;
  const externalReferences = new ExternalReferences();
  const collector = new FindingCollector(externalReferences);
  const draft = new LintDraft(builtInModels, externalReferences);
  const passwords = { hash: async () => 'a hash', ...(isHash && { isHash }) };
  const directory = new InMemoryDirectoryStore(externalReferences);
  const all = lintCollections({ draft, directory, passwords, syntax });
  const run = new BlueprintRun({
    collections: all,
    files,
    library,
    env,
    readFile,
    context: {},
    strict: false,
    lenient,
    apiVersion,
    observer: collector,
  });
  const unreadable: Finding[] = [];
  for (const file of files) await run.apply(file).catch((error: unknown) => unreadable.push(asFinding(error, file)));
  return { draft, collector, unreadable };
}

/**
 * Returns the lowest reputation score that a user name can have at one address: the setting of the gateway, otherwise
 * the default of the API line.
 */
function lowestScore({ env, apiVersion = DEFAULT_API_VERSION }: CheckOptions): number | undefined {
  const { REPUTATION_LOWER_LIMIT } = env;
  return REPUTATION_LOWER_LIMIT ? Number(REPUTATION_LOWER_LIMIT) : REPUTATION_LIMITS[apiVersion].lowest;
}

async function remarksOf(draft: LintDraft, options: CheckOptions): Promise<LintRemark[]> {
  const flows = lintedFlows(draft, builtInContracts);
  const walks = await walkedFlows(flows, draft, { line: options.apiVersion });
  return [
    ...flows.flatMap((flow) => {
      const remarks = flowRemarks(flow);
      const walk = walks.get(flow.flow.id);
      return walk ? [...remarks, ...walkRemarks(flow, walk, remarks)] : remarks;
    }),
    ...brandRemarks(draft, flows),
    ...emptyLogouts(draft, flows),
    ...policyRemarks(draft, builtInContracts.policies, lowestScore(options)),
  ];
}

type LintDependencies = Pick<Parameters<typeof collections>[1], 'draft' | 'directory' | 'passwords' | 'syntax'>;

function lintCollections(dependencies: LintDependencies) {
  const all = collections(builtInModels, {
    ...{ ...dependencies, externalStages: NO_EXTERNAL_STAGES },
    invitations: new InMemoryInvitationStore(),
  });
  // Without the bus the descriptor of an external stage is unknown, so its config cannot be checked.
  return all.set(
    externalStageModel.name,
    new ObjectCollection({ ...externalStageModel, schema: externalStageSchema }, dependencies.draft),
  );
}

const NO_EXTERNAL_STAGES: ExternalStages = {
  describe: () => Promise.reject(new Error('the linter does not query external stages')),
  trusts: () => false,
};

function asFinding(error: unknown, { name }: BlueprintFile): Finding {
  if (!(error instanceof BlueprintError)) throw error;
  const { file = name, line, entry, field } = error.location;
  return finding('unreadable', { file, line, entry }, field ? `${field}: ${error.reason}` : error.reason);
}

/** Returns a finding for each remark, at the last entry that wrote the object. */
const locateRemarks = (remarks: readonly LintRemark[], collector: FindingCollector): Finding[] =>
  remarks.flatMap(({ rule, objectId, text }) => {
    const origin = collector.originsOf(objectId).at(-1);
    return origin ? [finding(rule, locationOf(origin), text)] : [];
  });

/** Returns a finding for each flow stage binding that several entries of one file describe. */
function duplicateBindings(draft: LintDraft, collector: FindingCollector): Finding[] {
  return [...draft.objectsOf(bindingModel.name)].flatMap((binding) => {
    const origins = collector.originsOf(binding.id);
    const duplicates = origins.filter(({ file }, i) => origins.findIndex((other) => other.file === file) !== i);
    const text = `an earlier entry of this file binds the same stage at the same order: ${draft.displayName(binding)}`;
    return duplicates.map((origin) => finding('bound-twice', locationOf(origin), text));
  });
}

function byPlace(a: Finding, b: Finding): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return (a.line ?? 0) - (b.line ?? 0) || (a.entry?.number ?? 0) - (b.entry?.number ?? 0);
}
