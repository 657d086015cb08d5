import type { FlowVersion, PlannedStep } from '@gatehouse/plan';
import type { EntityManager } from 'typeorm';
import { FIND_STAGES } from './journey.statements.js';

/** The kind and the id of a step's stage. */
export interface StepStage {
  readonly kind?: string | undefined;
  readonly stage?: string | undefined;
}

type VersionStages = Pick<FlowVersion, 'steps' | 'attached'>;

/** Largest number of flow versions whose stages are kept in memory. */
const MAX_VERSIONS = 100;

/** Finds the stages of steps in flow versions, without decrypting secrets of stages. */
export class StageFinder {
  private readonly versions = new Map<string, VersionStages>();

  /** Loads flow versions into memory, so that `find` knows their stages. */
  async load(manager: EntityManager, ids: readonly string[]): Promise<void> {
    const unknown = [...new Set(ids)].filter((id) => !this.versions.has(id));
    if (unknown.length === 0) return;
    if (this.versions.size + unknown.length > MAX_VERSIONS) this.versions.clear();
    const rows = await manager.query<(VersionStages & { readonly id: string })[]>(FIND_STAGES, [unknown]);
    for (const { id, ...version } of rows) this.versions.set(id, version);
  }

  /** Returns the stage of a step. If the version was deleted, the result has no `kind`. */
  find(versionId: string, step: PlannedStep): StepStage {
    if ('kind' in step) return { kind: step.kind, stage: step.id };
    const version = this.versions.get(versionId);
    if ('attached' in step) return { kind: version?.attached[step.attached]?.kind, stage: step.attached };
    const bound = version?.steps.find(({ id }) => id === step.binding);
    return { kind: bound?.stage.kind, stage: bound?.stage.id };
  }
}
