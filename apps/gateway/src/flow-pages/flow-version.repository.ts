import { FlowReleaseError, FlowReleases } from '@gatehouse/blueprints';
import { Sealer } from '@gatehouse/platform';
import type { FlowVersionsPageData, VersionChange } from '@gatehouse/web';
import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { presentChange } from './version-change.presenter.js';

type Versions = Pick<FlowVersionsPageData, 'isHeld' | 'versions'>;

/** Reads the versions of flows for the pages of administrators. It needs no service, and changes nothing. */
@Injectable()
export class FlowVersionRepository {
  readonly #releases: FlowReleases;

  constructor(@Inject(DataSource) source: DataSource, @Inject(Sealer) sealer: Sealer) {
    this.#releases = new FlowReleases({ source, sealer });
  }

  /** Returns the versions of a flow, the newest first; `undefined` for an unknown flow. */
  async versions(slug: string): Promise<Versions | undefined> {
    return unlessUnknown(this.#releases.versions(slug));
  }

  /** Returns what differs between two versions; `undefined` if the flow does not have both. */
  async changes(slug: string, from: number, to: number): Promise<readonly VersionChange[] | undefined> {
    return (await unlessUnknown(this.#releases.diff(slug, from, to)))?.map(presentChange);
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
