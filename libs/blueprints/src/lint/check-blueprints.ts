import { BlueprintError } from '../blueprint-error.js';
import { bindingModel } from '../flow.model.js';
import { contracts, models } from '../installed.js';
import type { BlueprintFile, Library } from '../library.js';
import { collections } from '../models.js';
import { ObjectCollection } from '../object-collection.js';
import type { Syntax } from '../python-collection.js';
import { remoteStageModel, remoteStageSchema } from '../remote-stage.model.js';
import { Run } from '../run.js';
import type { Strangers } from '../strangers.js';
import type { Scope } from '../written.js';
import { Elsewhere } from './elsewhere.js';
import { type Finding, finding } from './finding.js';
import { flowsOf } from './flow-on-paper.js';
import { flowRemarks, type Remark } from './flow-rules.js';
import { Notebook, placeOf } from './notebook.js';
import { PaperDraft } from './paper-draft.js';
import { PaperInvitations } from './paper-invitations.js';
import { PaperRegister } from './paper-register.js';
import { policyRemarks } from './policy-rules.js';

interface Checked {
  readonly files: readonly BlueprintFile[];
  /** Where a blueprint finds another one that it requires. */
  readonly library: Library;
  readonly env: Scope['env'];
  readonly syntax: Syntax;
}

/** Finds what is wrong with blueprint files, or may be, by applying them on paper: no database, no bus, nothing is changed. */
export async function checkBlueprints({ files, library, env, syntax }: Checked): Promise<Finding[]> {
  const elsewhere = new Elsewhere();
  const notebook = new Notebook(elsewhere);
  const draft = new PaperDraft(models, elsewhere);
  const all = collectionsOn(draft, new PaperRegister(elsewhere), syntax);
  const run = new Run({ collections: all, files, library, env, context: {}, strict: false, observer: notebook });
  const unreadable: Finding[] = [];
  for (const file of files) await run.apply(file).catch((error: unknown) => unreadable.push(asFinding(error, file)));
  const remarks = [...flowsOf(draft, contracts).flatMap(flowRemarks), ...policyRemarks(draft, contracts.policies)];
  const named = new Set(files.map(({ name }) => name));
  return [...unreadable, ...notebook.findings, ...located(remarks, notebook), ...repeats(draft, notebook)]
    .filter(({ file }) => named.has(file))
    .sort(byPlace);
}

function collectionsOn(draft: PaperDraft, register: PaperRegister, syntax: Syntax) {
  const passwords = { hash: async () => 'a hash' };
  const all = collections(models, {
    ...{ draft, register, passwords, strangers: NOBODY, syntax },
    invitations: new PaperInvitations(),
  });
  // What a stage of somebody else's is, only the bus could tell.
  return all.set(
    remoteStageModel.name,
    new ObjectCollection({ ...remoteStageModel, schema: remoteStageSchema }, draft),
  );
}

const NOBODY: Strangers = { describe: () => Promise.reject(new Error('nobody is asked')), trusts: () => false };

function asFinding(error: unknown, { name }: BlueprintFile): Finding {
  if (!(error instanceof BlueprintError)) throw error;
  const { file = name, line, entry, field } = error.place;
  return finding('unreadable', { file, line, entry }, field ? `${field}: ${error.reason}` : error.reason);
}

/** Remarks, each at the entry that made what it is about. */
const located = (remarks: readonly Remark[], notebook: Notebook): Finding[] =>
  remarks.flatMap(({ rule, about, text }) => {
    const origin = notebook.originsOf(about).at(-1);
    return origin ? [finding(rule, placeOf(origin), text)] : [];
  });

/** A stage's place in a flow that two entries of one file describe. */
function repeats(draft: PaperDraft, notebook: Notebook): Finding[] {
  return [...draft.of(bindingModel.name)].flatMap((binding) => {
    const origins = notebook.originsOf(binding.id);
    const again = origins.filter(({ file }, i) => origins.findIndex((other) => other.file === file) !== i);
    const text = `an entry before this one binds the same stage at the same order: ${draft.readable(binding)}`;
    return again.map((origin) => finding('bound-twice', placeOf(origin), text));
  });
}

function byPlace(a: Finding, b: Finding): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return (a.line ?? 0) - (b.line ?? 0) || (a.entry?.number ?? 0) - (b.entry?.number ?? 0);
}
