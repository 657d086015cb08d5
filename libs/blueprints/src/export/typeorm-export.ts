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
  /** A data source whose database contains the flows and the directory. It must list `directoryEntities`. */
  readonly source: DataSource;
  readonly slug: string;
  readonly sealer?: Sealer | undefined;
}

/**
 * Finds the numbers of the published version of a held flow and of the version that its stored objects compile to. $1
 * id of the flow.
 */
const FIND_HOLD = `
  SELECT c.number AS current, s.number AS compiled FROM flow.flows f
  JOIN flow.flow_versions c ON c.id = f.version_id JOIN flow.flow_versions s ON s.id = f.compiled_id
  WHERE f.id = $1 AND f.compiled_id <> f.version_id`;

/** The numbers of the two versions that FIND_HOLD returns. */
interface Hold {
  readonly current: number;
  readonly compiled: number;
}

/** Thrown when no flow has the slug. */
export class UnknownFlowError extends BlueprintError {}

/**
 * Returns a blueprint of a flow and all objects that it depends on. Applying this blueprint to a database without
 * blueprint objects creates the same flow. Secrets are replaced by `!Env` tags. Throws BlueprintError.
 */
export async function exportFlow({ source, slug, sealer }: ExportOptions): Promise<string> {
  return source.transaction('REPEATABLE READ', async (manager) => {
    const { draft } = await openDraft(manager, sealer);
    const flow = [...draft.objectsOf(flowModel.name)].find(({ values }) => values['slug'] === slug);
    if (!flow) throw new UnknownFlowError(`there is no flow with the slug ${slug}`);
    const objects = new FlowClosure(draft, new PolicyBindings(draft, builtInContracts.policies))
      .objectsOf(flow)
      .sort(byDependencies(draft));
    const writer = new EntryWriter(draft, new TypeormDirectoryStore(manager, { readsHashes: false }));
    const entries: ExportedEntry[] = [];
    for (const { object } of objects) entries.push(await writer.write(object));
    const all = [...writer.directory.values(), ...entries].map((entry) => ({ ...entry }));
    const [hold]: Hold[] = await manager.query(FIND_HOLD, [flow.id]);
    return writeYaml(
      { version: 1, metadata: { name: `Export of ${slug}` }, entries: all },
      headerComment(slug, writer.secrets, hold),
    );
  });
}

const names = new Intl.Collator('en', { numeric: true });

/**
 * Sorts objects after those that they refer to, then by model, order and name, so that equal flows give equal exports.
 */
const byDependencies = (draft: Draft) => (a: OrderedObject, b: OrderedObject) =>
  a.dependencyDepth - b.dependencyDepth ||
  names.compare(a.object.model, b.object.model) ||
  orderOf(a) - orderOf(b) ||
  names.compare(draft.displayName(a.object), draft.displayName(b.object)) ||
  names.compare(a.object.id, b.object.id);

const orderOf = ({ object }: OrderedObject) => Number(object.values['order'] ?? 0);

function headerComment(slug: string, secrets: ReadonlySet<string>, hold: Hold | undefined): string {
  const lines = [` The flow ${slug} and all objects that it depends on.`];
  if (hold)
    lines.push(
      ` The flow is held: version ${hold.current} is published, and this file has the stored objects, which compile to version ${hold.compiled}.`,
    );
  if (secrets.size > 0) lines.push(' Set these environment variables to its secrets before you apply it:');
  return [...lines, ...[...secrets].map((name) => `   ${name}`)].join('\n');
}
