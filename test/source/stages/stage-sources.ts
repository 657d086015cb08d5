import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { StageContract } from '@gatehouse/contracts';
import { stages } from '@gatehouse/stages';
import type { DynamicModule } from '@nestjs/common';
import { ERROR_WORDS } from '../../../apps/web/src/challenges/error-words.js';
import { CHALLENGES } from '../../../apps/web/src/challenges/table.js';
import { EXAMPLES } from '../../../apps/web/src/examples/examples.js';
import type { Catalogues } from '../../../libs/texts/src/catalogue.js';
import { mails } from '../../../libs/texts/src/mails.catalogues.js';
import { messages } from '../../../libs/texts/src/messages.catalogues.js';
import { pages } from '../../../libs/texts/src/pages.catalogues.js';
import { panels } from '../../../libs/texts/src/panels.catalogues.js';
import { declared, type TranslatableText, textsIn } from '../../texts/translatable-texts.js';

/** A stage of the catalogue. */
export interface StageEntry {
  readonly contract: StageContract;
  readonly module: () => Promise<DynamicModule>;
}

/** What the check of the stages compares: the parts of all stages, as the code and the documents have them. */
export interface StageSources {
  readonly stages: Readonly<Record<string, StageEntry>>;
  /** The pages, by component. */
  readonly challenges: Readonly<Record<string, unknown>>;
  readonly examples: Readonly<Record<string, { readonly component: string }>>;
  readonly errorWords: Readonly<Record<string, unknown>>;
  /** The texts that the pages of challenges show. */
  readonly pageTexts: readonly TranslatableText[];
  /** The translations that browsers get, by language. */
  readonly pages: Catalogues;
  /** The other translations: by folder of `libs/texts/src`, then by language. */
  readonly others: Readonly<Record<'messages' | 'panels' | 'mails', Catalogues>>;
  /** All texts that the code translates. */
  readonly usedTexts: ReadonlySet<string>;
  /** The text of each file of the stages, and of the documents that list them, by path. */
  readonly files: ReadonlyMap<string, string>;
}

/** Folder of the stages. */
export const STAGES = 'libs/stages/src';
/** The table and the sections of the stages. */
export const SPEC = 'docs/spec/stages.md';
/** The permissions of the NATS users. */
export const NATS = 'deploy/nats/nats.conf';
/** The list of Gatehouse's own stages. */
export const DIFFERENCES = 'docs/reference/differences/stages.md';

/** Returns the parts of the stages of this working tree. */
export function stageSources(): StageSources {
  const found = [...textsIn('apps'), ...textsIn('libs')];
  const paths = [...filesIn(STAGES), ...filesIn('docs/spec'), ...filesIn('apps', /^\w+\/src\/main\.ts$/)];
  return {
    stages,
    challenges: CHALLENGES,
    examples: EXAMPLES as StageSources['examples'],
    errorWords: ERROR_WORDS,
    pageTexts: found.filter(({ place }) => /^apps\/web\/src\/(challenges|flow)\//.test(place)),
    pages,
    others: { messages, panels, mails },
    usedTexts: new Set([...found.flatMap(({ text }) => text ?? []), ...declared()]),
    files: new Map([...paths, NATS, DIFFERENCES].map((path) => [path, readFileSync(path, 'utf8')])),
  };
}

/** The languages besides English, whose texts are the keys of the catalogues. */
export const LOCALES = ['de', 'fr', 'es', 'ar'] as const;

const filesIn = (folder: string, name = /\.(ts|md)$/): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((path) => name.test(path))
    .map((path) => join(folder, path));
