import { BlueprintError } from '../blueprint-error.js';
import { BlueprintRun } from '../blueprint-run.js';
import { builtInContracts, builtInModels } from '../built-in-models.js';
import { externalStageModel, externalStageSchema } from '../external-stage.model.js';
import { bindingModel } from '../flow.model.js';
import type { BlueprintFile, BlueprintLibrary } from '../library.js';
import { collections } from '../models.js';
import { ObjectCollection } from '../object-collection.js';
import type { PythonSyntaxChecker } from '../python-collection.js';
import type { ExternalStages } from '../strangers.js';
import type { ResolutionScope } from '../tagged-value.js';
import { ExternalReferences } from './external-references.js';
import { type Finding, finding } from './finding.js';
import { FindingCollector, locationOf } from './finding-collector.js';
import { flowRemarks, type LintRemark } from './flow-rules.js';
import { InMemoryDirectoryStore } from './in-memory-directory-store.js';
import { InMemoryInvitationStore } from './in-memory-invitation-store.js';
import { LintDraft } from './lint-draft.js';
import { lintedFlows } from './linted-flow.js';
import { policyRemarks } from './policy-rules.js';

interface CheckOptions {
  readonly files: readonly BlueprintFile[];
  /** Where a blueprint finds another one that it requires. */
  readonly library: BlueprintLibrary;
  readonly env: ResolutionScope['env'];
  readonly syntax: PythonSyntaxChecker;
}

/** Finds what is wrong with blueprint files, or may be, by applying them on paper: no database, no bus, nothing is changed. */
export async function checkBlueprints({ files, library, env, syntax }: CheckOptions): Promise<Finding[]> {
  const elsewhere = new ExternalReferences();
  const notebook = new FindingCollector(elsewhere);
  const draft = new LintDraft(builtInModels, elsewhere);
  const all = lintCollections(draft, new InMemoryDirectoryStore(elsewhere), syntax);
  const run = new BlueprintRun({
    collections: all,
    files,
    library,
    env,
    context: {},
    strict: false,
    observer: notebook,
  });
  const unreadable: Finding[] = [];
  for (const file of files) await run.apply(file).catch((error: unknown) => unreadable.push(asFinding(error, file)));
  const remarks = [
    ...lintedFlows(draft, builtInContracts).flatMap(flowRemarks),
    ...policyRemarks(draft, builtInContracts.policies),
  ];
  const named = new Set(files.map(({ name }) => name));
  return [
    ...unreadable,
    ...notebook.findings,
    ...locateRemarks(remarks, notebook),
    ...duplicateBindings(draft, notebook),
  ]
    .filter(({ file }) => named.has(file))
    .sort(byPlace);
}

function lintCollections(draft: LintDraft, register: InMemoryDirectoryStore, syntax: PythonSyntaxChecker) {
  const passwords = { hash: async () => 'a hash' };
  const all = collections(builtInModels, {
    ...{ draft, register, passwords, strangers: NO_EXTERNAL_STAGES, syntax },
    invitations: new InMemoryInvitationStore(),
  });
  // What a stage of somebody else's is, only the bus could tell.
  return all.set(
    externalStageModel.name,
    new ObjectCollection({ ...externalStageModel, schema: externalStageSchema }, draft),
  );
}

const NO_EXTERNAL_STAGES: ExternalStages = {
  describe: () => Promise.reject(new Error('nobody is asked')),
  trusts: () => false,
};

function asFinding(error: unknown, { name }: BlueprintFile): Finding {
  if (!(error instanceof BlueprintError)) throw error;
  const { file = name, line, entry, field } = error.place;
  return finding('unreadable', { file, line, entry }, field ? `${field}: ${error.reason}` : error.reason);
}

/** Remarks, each at the entry that made what it is about. */
const locateRemarks = (remarks: readonly LintRemark[], notebook: FindingCollector): Finding[] =>
  remarks.flatMap(({ rule, about, text }) => {
    const origin = notebook.originsOf(about).at(-1);
    return origin ? [finding(rule, locationOf(origin), text)] : [];
  });

/** A stage's place in a flow that two entries of one file describe. */
function duplicateBindings(draft: LintDraft, notebook: FindingCollector): Finding[] {
  return [...draft.of(bindingModel.name)].flatMap((binding) => {
    const origins = notebook.originsOf(binding.id);
    const again = origins.filter(({ file }, i) => origins.findIndex((other) => other.file === file) !== i);
    const text = `an entry before this one binds the same stage at the same order: ${draft.readable(binding)}`;
    return again.map((origin) => finding('bound-twice', locationOf(origin), text));
  });
}

function byPlace(a: Finding, b: Finding): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return (a.line ?? 0) - (b.line ?? 0) || (a.entry?.number ?? 0) - (b.entry?.number ?? 0);
}
