import { LOCALES, type StageSources } from './stage-sources.js';

type Locale = (typeof LOCALES)[number];

/** Returns a message for each translation that is missing, misplaced, repeated, unused or without a placeholder. */
export function textProblems(sources: StageSources): string[] {
  return [...untranslated(sources), ...repeated(sources), ...unused(sources), ...withoutPlaceholders(sources)];
}

function untranslated({ stages, pageTexts, pages, others }: StageSources): string[] {
  const ofPages = { pages };
  const ofStages = { pages, messages: others.messages, panels: others.panels };
  const all = { pages, ...others };
  return [
    ...Object.values(stages).flatMap(({ contract: { kind, errors, texts } }) =>
      [...Object.values(errors).map(({ string }) => string), ...Object.values(texts).flat()].flatMap((text) =>
        problemsOf(kind, { text, expected: ofStages, all, folder: 'page-errors' }),
      ),
    ),
    ...pageTexts.flatMap(({ text, place }) =>
      text === undefined ? [] : problemsOf(place, { text, expected: ofPages, all, folder: 'pages' }),
    ),
  ];
}

type ByFolder = Readonly<Record<string, StageSources['pages']>>;

interface Expected {
  readonly text: string;
  /** For each language, one of these catalogues must contain the text. */
  readonly expected: ByFolder;
  readonly all: ByFolder;
  /** Folder for a text that is in none of the catalogues. */
  readonly folder: string;
}

function problemsOf(owner: string, { text, expected, all, folder }: Expected): string[] {
  const missing = LOCALES.filter((locale) => foldersOf(text, locale, expected).length === 0);
  if (missing.length === 0) return [];
  const elsewhere = missing.flatMap((locale) => foldersOf(text, locale, all).map((found) => file(found, locale)));
  const files = missing.map((locale) => file(folder, locale)).join(', ');
  return [
    elsewhere.length > 0
      ? `${owner} shows the text ${quoted(text)}, whose translation the page does not get: move it from ${elsewhere.join(', ')} to ${files}`
      : `${owner} has an untranslated text, ${quoted(text)}: add it to ${files}`,
  ];
}

/** Returns the folders whose catalogue of a language has a text. */
const foldersOf = (text: string, locale: Locale, catalogues: ByFolder): string[] =>
  Object.entries(catalogues).flatMap(([folder, byLocale]) => (Object.hasOwn(byLocale[locale], text) ? folder : []));

const file = (folder: string, locale: string) => `libs/texts/src/${folder}/${locale}.ts`;
const quoted = (text: string) => JSON.stringify(text);

/** Returns each translation with the files that have it. */
function translations({ pages, others }: StageSources) {
  const all: ByFolder = { pages, ...others };
  return LOCALES.flatMap((locale) => {
    const texts = new Set(Object.values(all).flatMap((byLocale) => Object.keys(byLocale[locale])));
    return [...texts].map((text) => {
      const folders = foldersOf(text, locale, all);
      const translation = all[folders[0]!]?.[locale][text] ?? '';
      return { text, translation, places: folders.map((folder) => file(folder, locale)) };
    });
  });
}

const repeated = (sources: StageSources): string[] =>
  translations(sources).flatMap(({ text, places: [first, ...others] }) =>
    others.length === 0 ? [] : [`the text ${quoted(text)} is in ${first} already: remove it from ${others.join(', ')}`],
  );

const unused = (sources: StageSources): string[] =>
  translations(sources).flatMap(({ text, places }) =>
    sources.usedTexts.has(text) ? [] : [`no code shows the text ${quoted(text)}: remove it from ${places.join(', ')}`],
  );

const withoutPlaceholders = (sources: StageSources): string[] =>
  translations(sources).flatMap(({ text, translation, places }) => {
    const names = [...text.matchAll(/\{(\w+)\}/g)].map(([, name]) => name!);
    const lost = names.filter((name) => !new RegExp(`\\{${name}[},]`).test(translation));
    return lost.length === 0
      ? []
      : [
          `the translation of ${quoted(text)} in ${places.join(', ')} lacks {${lost.join('}, {')}}: add each placeholder of the text`,
        ];
  });
