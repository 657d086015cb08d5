import { findBindingNames } from '@gatehouse/executor-postgres';
import { flowChartOf, flowVersion } from '@gatehouse/plan';
import { runNamed } from '@gatehouse/platform';
import { findContract } from '@gatehouse/stages';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** Finds the current version of a flow. $1 slug. */
const FIND_CURRENT = {
  name: 'flow_current_document',
  text: `SELECT v.document FROM flow.flows f JOIN flow.flow_versions v ON v.id = f.version_id WHERE f.slug = $1`,
};

/** Draws published flows. Reads their stored documents, in which the secrets of stages are sealed. */
@Injectable()
export class FlowChartRepository {
  constructor(@Inject(DataSource) private readonly source: DataSource) {}

  /** Returns the current version of a flow as Mermaid text; `undefined` if there is none, or if its format is unknown. */
  async draw(slug: string): Promise<string | undefined> {
    const { rows } = await runNamed<{ document: unknown }>(this.source, FIND_CURRENT, [slug]);
    const version = flowVersion.safeParse(rows[0]?.document).data;
    if (!version) return undefined;
    const ends = (kind: string) => findContract(kind, version)?.ends ?? false;
    return flowChartOf(version, { names: await findBindingNames(this.source, version), ends });
  }
}
