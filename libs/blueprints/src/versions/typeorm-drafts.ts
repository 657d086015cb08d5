import type { EntityManager } from 'typeorm';
import { BlueprintError } from '../blueprint-error.js';
import { builtInModels } from '../built-in-models.js';
import { flowModel } from '../flow.model.js';
import { isFlowPart } from '../object-model.js';
import { type DraftedFlow, type EntryChange, isChanging, type Report } from '../report.js';
import { changeFlows } from '../typeorm-flow-transaction.js';
import { type ApplyOptions, originOf, rolledBack } from '../typeorm-run.js';
import { type CompiledFlow, TypeormFlowPublisher } from './typeorm-flow-publisher.js';
import { findReferredNames, rejectNewReferences } from './typeorm-new-references.js';

/** The result of drafting blueprints. */
export interface DraftReport {
  readonly files: Report['files'];
  readonly drafts: readonly DraftedFlow[];
  /** Changes of the files that no draft contains, such as changes of users. */
  readonly leftOut: readonly EntryChange[];
}

/**
 * Compiles the flows that the files affect into drafts, without publishing them, in one transaction. Stored objects and
 * everything else stay as they are. Throws BlueprintError, also for a flow that is not published yet, and for a flow
 * that refers to a group, user or source that does not exist yet.
 */
export async function draftBlueprints(options: ApplyOptions): Promise<DraftReport> {
  const { source, sealer, files, flowVersionsKept, events } = options;
  return changeFlows(source, options, async (manager) => {
    const { compiled, report, names } = await rolledBack(manager, options, async (result) => ({
      ...result,
      names: await findReferredNames(manager, result.compiled),
    }));
    await rejectNewFlows(manager, compiled);
    rejectNewReferences(names, await findReferredNames(manager, compiled));
    const publisher = new TypeormFlowPublisher(manager, { sealer, origin: originOf(files) });
    const drafts = await publisher.addDrafts(compiled);
    const added = drafts.filter(({ isNew }) => isNew);
    if (added.length > 0) {
      if (flowVersionsKept !== undefined) await publisher.deleteOldVersions(flowVersionsKept);
      const flows = added.map(({ slug, number }) => ({ slug, version: number }));
      await events?.record(manager, { action: 'flow_drafted', context: { flows } });
    }
    return { files: report.files, drafts, leftOut: report.files.flatMap(({ changes }) => changes.filter(isLeftOut)) };
  });
}

async function rejectNewFlows(manager: EntityManager, compiled: readonly CompiledFlow[]): Promise<void> {
  const ids = compiled.map(({ document }) => document.flow.id);
  const rows: { id: string }[] = await manager.query('SELECT id FROM flow.flows WHERE id = ANY ($1::uuid[])', [ids]);
  const known = new Set(rows.map(({ id }) => id));
  const created = compiled.find(({ document }) => !known.has(document.flow.id));
  if (!created) return;
  throw new BlueprintError(
    `a draft cannot create the flow ${created.document.flow.slug}. Apply a blueprint that creates it, then draft its changes`,
  );
}

const carried = new Set(builtInModels.filter(({ kind }) => isFlowPart(kind)).map(({ name }) => name));

/** Returns whether no draft contains a change. Of a flow, a draft contains only changes of its fields. */
const isLeftOut = (change: EntryChange): boolean =>
  isChanging(change) &&
  !carried.has(change.model) &&
  !(change.model === flowModel.name && change.outcome === 'changed');
