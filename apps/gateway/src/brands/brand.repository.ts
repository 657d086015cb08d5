import { BrandStore, type HostBrand } from '@gatehouse/executor';
import { type Brand, type BrandSet, brandFor, brandSet } from '@gatehouse/plan';
import { runNamed } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';

const LOAD = { name: 'brands_load', text: 'SELECT revision, document FROM flow.brand_sets' };

interface CachedBrands {
  readonly revision: string | null;
  readonly set: BrandSet;
}

/** Brands in Postgres, all of them in memory: a revision never changes, so what is kept of it is never stale. */
export class BrandRepository extends BrandStore {
  private kept: CachedBrands | undefined;

  /** `title` is that of a brand without one, and of hosts without a brand. */
  constructor(
    private readonly source: DataSource,
    private readonly title: string,
  ) {
    super();
  }

  async find(host: string, revision?: string | null): Promise<HostBrand> {
    const known = this.kept?.revision === revision ? this.kept : undefined;
    return this.brandOf(host, (known ?? (this.kept = await this.read())).set);
  }

  lastKnown(host: string): HostBrand {
    return this.brandOf(host, this.kept?.set ?? NO_BRANDS);
  }

  private brandOf(host: string, { brands, first }: BrandSet): HostBrand {
    const brand = brandFor(brands, host) ?? FALLBACK_BRAND;
    return { ...brand, title: brand.title || this.title, serving: { ...first, ...brand.flows } };
  }

  private async read(): Promise<CachedBrands> {
    const { rows } = await runNamed<{ revision: string; document: unknown }>(this.source, LOAD, []);
    // A document of a later version is not understood here; flows have addresses of their own, so nobody is kept out for that.
    const set = brandSet.safeParse(rows[0]?.document).data ?? NO_BRANDS;
    return { revision: rows[0]?.revision ?? null, set };
  }
}

const NO_BRANDS: BrandSet = { v: 1, brands: [], first: {} };

/** For hosts that no brand is for, where none is the default. */
const FALLBACK_BRAND: Brand = {
  ...{ domain: 'fallback', default: true, title: '', logo: '', favicon: '', custom_css: '' },
  ...{ flows: {}, locale: '', theme: 'automatic', footer_links: [] },
};
