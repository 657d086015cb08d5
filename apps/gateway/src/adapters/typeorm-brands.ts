import { type Brand, brandFor, brandSet } from '@gatehouse/plan';
import { runNamed } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { Brands } from '../execution/brands.js';

const LOAD = { name: 'brands_load', text: 'SELECT revision, document FROM flow.brand_sets' };

interface Kept {
  /** Null where no blueprint was ever applied. */
  readonly revision: string | null;
  readonly brands: readonly Brand[];
}

/** Brands in Postgres, all of them in memory: a revision never changes, so what is kept of it is never stale. */
export class TypeormBrands extends Brands {
  private kept: Kept | undefined;

  /** `title` is that of a brand without one, and of hosts without a brand. */
  constructor(
    private readonly source: DataSource,
    private readonly title: string,
  ) {
    super();
  }

  async find(host: string, revision?: string | null): Promise<Brand> {
    const known = this.kept?.revision === revision ? this.kept : undefined;
    const { brands } = known ?? (this.kept = await this.read());
    const { title, ...brand } = brandFor(brands, host) ?? BUILT_IN;
    return { ...brand, title: title || this.title };
  }

  private async read(): Promise<Kept> {
    const { rows } = await runNamed<{ revision: string; document: unknown }>(this.source, LOAD, []);
    const { revision, document } = rows[0] ?? { revision: null, document: undefined };
    // A document of a later version is not understood here; what it is about is looks, so nobody is kept out for that.
    return { revision, brands: brandSet.safeParse(document).data?.brands ?? [] };
  }
}

/** For hosts that no brand is for, where none is the default. */
const BUILT_IN: Brand = {
  ...{ domain: 'fallback', default: true, title: '', logo: '', favicon: '', custom_css: '' },
  ...{ flows: {}, locale: '', theme: 'automatic', footer_links: [] },
};
