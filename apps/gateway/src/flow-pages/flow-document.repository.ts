import { findBindingNames } from '@gatehouse/executor-postgres';
import { type FlowVersion, flowVersion } from '@gatehouse/plan';
import { runNamed } from '@gatehouse/platform';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';

/** Finds a version of a flow. $1 slug, $2 number. */
const FIND = {
  name: 'flow_page_document',
  text: `
    SELECT v.document FROM flow.flows f JOIN flow.flow_versions v ON v.flow_id = f.id
    WHERE f.slug = $1 AND v.number = $2`,
};

/** A flow version with the names of the groups and users that it binds, by id. */
export interface FlowDocument {
  readonly version: FlowVersion;
  readonly names: ReadonlyMap<string, string>;
}

/** Reads the stored documents of flow versions, in which the secrets of stages are sealed. */
@Injectable()
export class FlowDocumentRepository {
  constructor(@Inject(DataSource) private readonly source: DataSource) {}

  /**
   * Returns a version of a flow: `unknown_version` if the flow has no such version, `unknown_format` if this version of
   * Gatehouse cannot read its document.
   */
  async find(slug: string, number: number): Promise<FlowDocument | 'unknown_version' | 'unknown_format'> {
    const { rows } = await runNamed<{ document: unknown }>(this.source, FIND, [slug, number]);
    if (!rows[0]) return 'unknown_version';
    const version = flowVersion.safeParse(rows[0].document).data;
    return version ? { version, names: await findBindingNames(this.source, version) } : 'unknown_format';
  }
}
