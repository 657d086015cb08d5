import { TypeormDirectoryStore } from '@gatehouse/directory';
import type { Sealer } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { BlueprintError } from '../blueprint-error.js';
import { builtInContracts } from '../built-in-models.js';
import type { Draft } from '../draft.js';
import { flowModel } from '../flow.model.js';
import { PolicyBindings } from '../policy-bindings.js';
import { openDraft } from '../typeorm-draft.js';
import { EntryWriter, type ExportedEntry } from './entry-writer.js';
import { FlowClosure, type OrderedObject } from './flow-closure.js';
import { writeYaml } from './yaml-value.js';

interface ExportOptions {
  /** A data source that lists `directoryEntities`; flows and directory are in its database. */
  readonly source: DataSource;
  readonly slug: string;
  readonly sealer?: Sealer | undefined;
}

/**
 * Writes a flow, and everything that it is made of, as one blueprint: applied where nothing else is, it makes the same flow
 * again. Secrets are not in it, but the names of variables that `!Env` reads them from. Throws BlueprintError.
 */
export async function exportFlow({ source, slug, sealer }: ExportOptions): Promise<string> {
  return source.transaction('REPEATABLE READ', async (manager) => {
    const { draft } = await openDraft(manager, sealer);
    const flow = [...draft.of(flowModel.name)].find(({ values }) => values['slug'] === slug);
    if (!flow) throw new BlueprintError(`there is no flow ${slug}`);
    const parts = new FlowClosure(draft, new PolicyBindings(draft, builtInContracts.policies))
      .of(flow)
      .sort(comparing(draft));
    const writer = new EntryWriter(draft, new TypeormDirectoryStore(manager));
    const entries: ExportedEntry[] = [];
    for (const { object } of parts) entries.push(await writer.write(object));
    const all = [...writer.directory.values(), ...entries].map((entry) => ({ ...entry }));
    return writeYaml(
      { version: 1, metadata: { name: `Export of ${slug}` }, entries: all },
      headOf(slug, writer.secrets),
    );
  });
}

const names = new Intl.Collator('en', { numeric: true });

/** The same objects are always in the same order: what others stand on, then by model, order and name. */
const comparing = (draft: Draft) => (a: OrderedObject, b: OrderedObject) =>
  a.height - b.height ||
  names.compare(a.object.model, b.object.model) ||
  orderOf(a) - orderOf(b) ||
  names.compare(draft.readable(a.object), draft.readable(b.object)) ||
  names.compare(a.object.id, b.object.id);

const orderOf = ({ object }: OrderedObject) => Number(object.values['order'] ?? 0);

function headOf(slug: string, secrets: ReadonlySet<string>): string {
  const head = [` The flow ${slug}, and what it is made of.`];
  if (secrets.size > 0) head.push(' Its secrets are read from the environment, where it is applied:');
  return [...head, ...[...secrets].map((name) => `   ${name}`)].join('\n');
}
