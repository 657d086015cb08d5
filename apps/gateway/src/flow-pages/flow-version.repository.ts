import { FlowReleaseError, FlowReleases } from '@gatehouse/blueprints';
import { Problem } from '@gatehouse/contracts';
import { runNamed, Sealer } from '@gatehouse/platform';
import type { FlowVersionsPageData, VersionChange } from '@gatehouse/web';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { presentChange } from './version-change.presenter.js';

/** Finds the id of a version. $1 slug of a published flow, $2 number of the version. */
const VERSION_ID = {
  name: 'flow_page_version_id',
  text: `SELECT v.id FROM flow.flows f JOIN flow.flow_versions v ON v.flow_id = f.id WHERE f.slug = $1 AND v.number = $2`,
};

type Versions = Pick<FlowVersionsPageData, 'isHeld' | 'versions'>;

/**
 * Reads the versions of flows for the pages of administrators. Reads Postgres directly, so that the pages work without
 * the service `blueprints`.
 */
@Injectable()
export class FlowVersionRepository {
  readonly #releases: FlowReleases;

  constructor(
    @Inject(DataSource) private readonly source: DataSource,
    @Inject(Sealer) sealer: Sealer,
  ) {
    this.#releases = new FlowReleases({ source, sealer });
  }

  /** Returns the versions of a flow, the newest first; `undefined` for an unknown flow. */
  async versions(slug: string): Promise<Versions | undefined> {
    return unlessUnknown(this.#releases.versions(slug));
  }

  /** Returns the differences between two versions; `undefined` if the flow does not have both. */
  async changes(slug: string, from: number, to: number): Promise<readonly VersionChange[] | undefined> {
    return (await unlessUnknown(this.#releases.diff(slug, from, to)))?.map(presentChange);
  }

  /** Returns the id of a version; `undefined` if the flow has no such version. */
  async findId(slug: string, number: number): Promise<string | undefined> {
    return (await runNamed<{ id: string }>(this.source, VERSION_ID, [slug, number])).rows[0]?.id;
  }

  /** Returns the number of the version that a rollback would make current. Throws `flow_version_unknown` for none. */
  async rollbackTarget(slug: string): Promise<number> {
    try {
      return await this.#releases.rollbackTarget(slug);
    } catch (error) {
      if (error instanceof FlowReleaseError) throw new Problem('flow_version_unknown', { detail: error.message });
      throw error;
    }
  }
}

async function unlessUnknown<T>(found: Promise<T>): Promise<T | undefined> {
  try {
    return await found;
  } catch (error) {
    if (error instanceof FlowReleaseError) return undefined;
    throw error;
  }
}
