import type { Sealer } from '@gatehouse/platform';
import type { EntityManager } from 'typeorm';
import type { Change } from './change.js';
import { flowDifference } from './flow-difference.js';
import { TypeormFlowVersions } from './typeorm-flow-versions.js';
import { findPrincipalNames } from './typeorm-principal-names.js';
import { VersionContents } from './version-content.js';

/** Compares stored versions of flows. */
export class TypeormVersionDifferences {
  readonly #contents: VersionContents;

  /** Without `sealer`, a difference states that secrets may have changed. */
  constructor(
    private readonly manager: EntityManager,
    sealer: Sealer | undefined,
  ) {
    this.#contents = new VersionContents(sealer);
  }

  /** Returns what differs between two versions of a flow. Throws `unknown_flow` or `unknown_version`. */
  async find(slug: string, from: number, to: number): Promise<Change[]> {
    const stored = new TypeormFlowVersions(this.manager);
    const flow = await stored.findFlow(slug);
    const before = (await stored.findVersion(flow, from)).document;
    const after = (await stored.findVersion(flow, to)).document;
    const principals = await findPrincipalNames(this.manager, [before, after]);
    return flowDifference(before, after, { contents: this.#contents, principals });
  }
}
