import { Problem } from '@gatehouse/contracts';
import { directoryEntities } from '@gatehouse/directory';
import type { FlowVersion } from '@gatehouse/plan';
import { openDataSource, type Sealer } from '@gatehouse/platform';
import { migratedDatabase } from '../../../test/support/postgres.js';
import {
  applyBlueprints,
  draftBlueprints,
  exportFlow,
  FLOW_SCHEMA,
  FlowReleases,
  FlowRollouts,
  findBlueprint,
  planBlueprints,
  type Report,
} from '../src/index.js';

/** Fake password hashing with hashes that a test can predict. */
const passwords = {
  hash: async (password: string) => `hash of ${password}`,
  verify: async (password: string, hash: string) => hash === `hash of ${password}`,
  isHash: (text: string) => /^(hash of |!)|\$/.test(text),
};

/** Returns a blueprint of these entries, one per line, so that entry n is on line n + 1. */
export const entries = (...lines: string[]): string => `entries:\n${lines.map((line) => `- ${line}\n`).join('')}`;

type ApplySettings = Pick<
  Parameters<typeof draftBlueprints>[0],
  | 'strict'
  | 'lenient'
  | 'apiVersion'
  | 'readFile'
  | 'flowVersionsKept'
  | 'releasesKept'
  | 'events'
  | 'actor'
  | 'scope'
  | 'ifBusy'
  | 'timeoutMs'
>;

/** A fresh database with the schemas that blueprints need, and methods that apply blueprints to it. */
export class BlueprintHarness {
  /** Texts of the blueprints that the applied blueprints can require, by path. */
  readonly libraryFiles = new Map<string, string>();

  /** Seals the secrets of objects. */
  sealer: Sealer | undefined;

  /** Descriptors of the running external stages, by kind. */
  readonly descriptors = new Map<string, unknown>();
  readonly trusted = new Set<string>();
  /** More environment variables for `!Env`. */
  env: Readonly<Record<string, string>> = {};
  private readonly externalStages = {
    describe: async (kind: string) => {
      if (!this.descriptors.has(kind)) throw new Problem('stage_away');
      return this.descriptors.get(kind);
    },
    trusts: (kind: string) => this.trusted.has(kind),
  };

  private constructor(
    readonly source: Awaited<ReturnType<typeof openDataSource>>,
    private readonly drop: () => Promise<void>,
  ) {}

  static async open(): Promise<BlueprintHarness> {
    const { url, drop } = await migratedDatabase();
    return new BlueprintHarness(
      await openDataSource({ url, schema: FLOW_SCHEMA, entities: directoryEntities, poolSize: 4 }),
      drop,
    );
  }

  async reset(): Promise<void> {
    this.libraryFiles.clear();
    this.descriptors.clear();
    this.trusted.clear();
    this.env = {};
    await this.source.query('TRUNCATE flow.objects, flow.flows, flow.flow_versions, flow.releases, flow.rollouts');
    await this.source.query('TRUNCATE directory.users, directory.groups CASCADE');
    await this.source.query('TRUNCATE identification.sources CASCADE');
  }

  async close(): Promise<void> {
    await this.source.destroy();
    await this.drop();
  }

  /** Applies texts as the files 1.yaml, 2.yaml, …; `!Env ORDER` is 30. */
  apply(...texts: string[]): Promise<Report> {
    return this.applyAs({}, ...texts);
  }

  applyAs(
    { mode = 'apply', ...options }: ApplySettings & Pick<Parameters<typeof applyBlueprints>[0], 'mode'>,
    ...texts: string[]
  ): Promise<Report> {
    return applyBlueprints({ ...this.#prepared(options, texts), mode });
  }

  /** Compiles drafts of the flows that the texts affect. */
  draft(...texts: string[]) {
    return this.draftAs({}, ...texts);
  }

  draftAs(options: ApplySettings, ...texts: string[]) {
    return draftBlueprints(this.#prepared(options, texts));
  }

  /** Returns what applying the texts would do. */
  plan(...texts: string[]) {
    return planBlueprints(this.#prepared({}, texts));
  }

  /** Returns the versions of flows. */
  releases(options: Omit<ConstructorParameters<typeof FlowReleases>[0], 'source'> = {}): FlowReleases {
    return new FlowReleases({ source: this.source, sealer: this.sealer, ...options });
  }

  rollouts(): FlowRollouts {
    return new FlowRollouts({ source: this.source, sealer: this.sealer });
  }

  #prepared(options: ApplySettings, texts: string[]): Parameters<typeof draftBlueprints>[0] {
    const files = texts.map((text, i) => ({ name: `${i + 1}.yaml`, text }));
    const libraryFiles = [...this.libraryFiles].map(([path, text]) => ({ name: path, path, text }));
    return {
      source: this.source,
      files,
      library: async (identifiers) => findBlueprint(libraryFiles, identifiers),
      env: { ORDER: '30', ...this.env },
      sealer: this.sealer,
      externalStages: this.externalStages,
      syntax: {
        check: async (source) => (source.includes('???') ? { line: 2, column: 5, message: 'odd' } : undefined),
      },
      ...passwords,
      ...options,
    };
  }

  export(slug: string): Promise<string> {
    return exportFlow({ source: this.source, slug, sealer: this.sealer });
  }

  /** Applies texts and returns the outcomes as `created <name>`. */
  async outcomes(...texts: string[]): Promise<string[]> {
    const { files } = await this.apply(...texts);
    return files.flatMap(({ changes }) => changes.map(({ outcome, name }) => `${outcome} ${name}`.trimEnd()));
  }

  query<R>(sql: string, parameters?: unknown[]): Promise<R[]> {
    return this.source.query(sql, parameters);
  }

  /** Returns the current version of a flow. */
  async currentVersion(slug: string) {
    const [version] = await this.query<{ number: number; designation: string; document: FlowVersion }>(
      `SELECT v.number, v.document, f.designation
       FROM flow.flows f JOIN flow.flow_versions v ON v.id = f.version_id WHERE f.slug = $1`,
      [slug],
    );
    return version;
  }

  async stepNames(slug: string): Promise<string[] | undefined> {
    return (await this.currentVersion(slug))?.document.steps.map(({ stage }) => stage.name);
  }
}
